-- pcall does not catch ngx.exit.
ngx.say("before")
pcall(function()
    pcall(ngx.exit, 0)
    ngx.say("not reached")
end)
ngx.say("not reached either")
