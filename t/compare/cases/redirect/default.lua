-- Without a status it is 302; what ngx.status said before does not count.
ngx.status = 404
ngx.header["X-Before"] = "kept"
ngx.redirect("http://elsewhere.test/x y?q=\"z\"")
