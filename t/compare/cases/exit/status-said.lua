-- A text, then ngx.exit with the status it has.
ngx.status = 404
ngx.say("my own page")
ngx.exit(404)
