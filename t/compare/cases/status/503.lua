-- A body under status 503.
ngx.status = 503
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
