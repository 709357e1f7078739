-- ngx.exit(404) after the headers have gone.
ngx.say("before")
ngx.exit(404)
ngx.say("not reached")
