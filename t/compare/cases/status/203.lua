-- A body under status 203.
ngx.status = 203
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
