ngx.log(ngx.ERR, "main chunk of a file")
local function f()
    print("function of a file")
end
f()
ngx.say("ok")
