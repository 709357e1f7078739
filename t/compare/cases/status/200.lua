-- A body under status 200.
ngx.status = 200
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
