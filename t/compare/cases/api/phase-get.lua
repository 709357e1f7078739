-- ngx.get_phase in the handler, wherever it is called.
ngx.say(ngx.get_phase(), " ", ngx.get_phase(1, 2))
coroutine.wrap(function() ngx.say(ngx.get_phase()) end)()
ngx.thread.wait(ngx.thread.spawn(function()
    ngx.sleep(0.001)
    ngx.say(ngx.get_phase())
end))
