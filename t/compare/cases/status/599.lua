-- A body under status 599.
ngx.status = 599
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
