-- A body under status 999.
ngx.status = 999
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
