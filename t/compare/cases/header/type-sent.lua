-- The default type can be read once it is sent.
ngx.send_headers()
ngx.say(ngx.header.content_type, " ", ngx.var.sent_http_content_type)
