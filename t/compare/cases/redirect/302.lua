-- ngx.redirect with 302: the status, the Location, nothing after it.
ngx.redirect("/other/path?a=b&c=d", 302)
ngx.say("not reached")
