-- A body under status 201.
ngx.status = 201
ngx.header.content_type = "text/x-case"
ngx.say("body of ", ngx.status)
