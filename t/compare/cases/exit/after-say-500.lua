-- ngx.exit(500) after the headers have gone.
ngx.say("before")
ngx.exit(500)
ngx.say("not reached")
