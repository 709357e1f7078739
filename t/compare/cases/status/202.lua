-- A body under status 202.
ngx.status = 202
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
