-- phase: server_rewrite
-- order: trace
-- compare: error
ngx.header["X-Before"] = "set"
ngx.sleep(0.01)
error("on purpose")
