-- A body under status 206.
ngx.status = 206
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
