-- ngx.redirect with 307: the status, the Location, nothing after it.
ngx.redirect("/other/path?a=b&c=d", 307)
ngx.say("not reached")
