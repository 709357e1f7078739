-- sent_http_NAME before and after the headers go.
local before = tostring(ngx.var.sent_http_content_type) .. tostring(ngx.var.sent_http_x_a)
ngx.header.x_a = "1"
ngx.header.content_type = "text/x-sent"
ngx.header.location = "/there"
ngx.header.cache_control = "private"
ngx.send_headers()
ngx.say(before, " ", ngx.var.sent_http_x_a, " ", ngx.var.sent_http_content_type,
    " ", ngx.var.sent_http_location, " ", ngx.var.sent_http_cache_control,
    " ", ngx.var.status)
