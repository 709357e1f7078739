-- File, line and function of a line of the error log.
-- compare: log
ngx.log(ngx.ERR, "main chunk")
local function f() ngx.log(ngx.ERR, "local function") end
f()
local t = {}
function t.g() ngx.log(ngx.ERR, "field") end
t.g()
function t:m()
    ngx.log(ngx.ERR, "method")
end
t:m();
(function() ngx.log(ngx.ERR, "nameless") end)()
coroutine.wrap(function() ngx.log(ngx.ERR, "wrapped") end)()
coroutine.resume(coroutine.create(f))
pcall(ngx.log, ngx.ERR, "by pcall")
pcall(f)
local mt = setmetatable({}, {
    __index = function() ngx.log(ngx.ERR, "index") end,
    __newindex = function() ngx.log(ngx.ERR, "newindex") end,
})
local x = mt.x
mt.x = 1
ngx.thread.wait(ngx.thread.spawn(f))
ngx.thread.wait(ngx.thread.spawn(function()
    ngx.sleep(0.001)
    ngx.log(ngx.ERR, "thread")
    f()
end))
print("printed")
ngx.log(ngx.ERR,
    "over",
    " lines")
ngx.say("ok")
