-- ngx.redirect with 308: the status, the Location, nothing after it.
ngx.redirect("/other/path?a=b&c=d", 308)
ngx.say("not reached")
