-- ngx.status after the headers have gone.
ngx.status = 202
ngx.say(ngx.status)
ngx.status = 500
ngx.say(ngx.status, " ", ngx.var.status)
