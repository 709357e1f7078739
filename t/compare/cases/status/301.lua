-- A body under status 301.
ngx.status = 301
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
