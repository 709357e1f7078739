-- A body under status 600.
ngx.status = 600
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
