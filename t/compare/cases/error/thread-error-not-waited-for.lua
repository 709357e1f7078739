-- order: trace
ngx.thread.spawn(function() error("nobody asks", 0) end)
ngx.say("fine")
