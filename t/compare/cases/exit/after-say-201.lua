-- ngx.exit(201) after the headers have gone.
ngx.say("before")
ngx.exit(201)
ngx.say("not reached")
