-- A body under status 418.
ngx.status = 418
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
