-- order: trace
ngx.say("before")
ngx.exit(ngx.OK)
ngx.say("not reached")
