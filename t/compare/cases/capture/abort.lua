-- also: /sub content _sub.lua
local function go() return ngx.location.capture("/sub?say=x&late=0.05").body end
local t = ngx.thread.spawn(go)
ngx.say(ngx.thread.kill(t))
ngx.say(pcall(ngx.exit, 200))
ngx.say(pcall(ngx.exit, 404))
ngx.say(pcall(ngx.redirect, "/x"))
ngx.say(pcall(ngx.exec, "/x"))
ngx.say(ngx.thread.wait(t))
ngx.say(ngx.thread.kill(t))
ngx.exit(200)
