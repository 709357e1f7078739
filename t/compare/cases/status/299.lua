-- A body under status 299.
ngx.status = 299
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
