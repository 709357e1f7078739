-- phase: server_rewrite
ngx.header["X-Sent"] = "yes"
ngx.send_headers()
