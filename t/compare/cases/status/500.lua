-- A body under status 500.
ngx.status = 500
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
