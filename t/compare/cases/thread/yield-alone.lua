-- order: trace
ngx.say(select("#", coroutine.yield(1, 2, 3)))
ngx.say("on")
coroutine.yield()
ngx.say("end")
