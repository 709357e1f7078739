-- phase: rewrite
ngx.header["X-Sent"] = "yes"
ngx.send_headers()
