-- phase: server_rewrite
-- order: trace
-- compare: log
ngx.header["X-Phase"] = ngx.get_phase()
ngx.sleep(0.01)
ngx.log(ngx.WARN, ngx.get_phase(), " ", ngx.var.uri, " ", ngx.headers_sent)
