-- A body under status 404.
ngx.status = 404
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
