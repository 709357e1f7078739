-- phase: log
-- compare: log
ngx.log(ngx.WARN, ngx.get_phase(), " ", ngx.status, " ", ngx.var.status, " ",
    ngx.var.uri, " ", ngx.var.request_method, " ", ngx.var.body_bytes_sent, " ",
    tostring(ngx.var.request_completion), " ",
    tostring(ngx.header["Content-Type"]), " ", ngx.var.sent_http_content_length)
ngx.ctx.x = 1
ngx.log(ngx.WARN, ngx.ctx.x)
