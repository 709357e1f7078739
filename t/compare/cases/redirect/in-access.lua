-- phase: access
ngx.redirect("/from-access", 308)
