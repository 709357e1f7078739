-- ngx.redirect with 301: the status, the Location, nothing after it.
ngx.redirect("/other/path?a=b&c=d", 301)
ngx.say("not reached")
