-- Headers after they have gone.
ngx.header.x_one = "early"
ngx.say("sent")
ngx.header.x_one = "late"
ngx.header.x_two = "late"
ngx.header.x_one = nil
ngx.header.content_type = "late/late"
ngx.say(ngx.header.x_one, " ", ngx.header.x_two, " ", ngx.header.content_type)
