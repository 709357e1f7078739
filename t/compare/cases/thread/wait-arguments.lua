-- order: trace
ngx.say(pcall(ngx.thread.wait))
ngx.say((select(2, pcall(ngx.thread.wait, 1)):match("^bad argument #1 to .* (%(.*)")))
ngx.say(pcall(ngx.thread.wait, coroutine.create(function() end)))
