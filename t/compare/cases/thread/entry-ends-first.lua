-- order: trace
ngx.thread.spawn(function()
    ngx.sleep(0.01)
    ngx.say("late thread")
end)
ngx.say("entry done")
