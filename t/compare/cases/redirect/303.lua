-- ngx.redirect with 303: the status, the Location, nothing after it.
ngx.redirect("/other/path?a=b&c=d", 303)
ngx.say("not reached")
