-- ngx.exit(0) after the headers have gone.
ngx.say("before")
ngx.exit(0)
ngx.say("not reached")
