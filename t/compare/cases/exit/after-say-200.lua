-- ngx.exit(200) after the headers have gone.
ngx.say("before")
ngx.exit(200)
ngx.say("not reached")
