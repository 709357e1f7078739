-- order: trace
ngx.say("some output")
ngx.flush()
error("too late")
