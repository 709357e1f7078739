-- phase: access
-- order: trace
ngx.status = 202
ngx.say("from access")
ngx.exit(ngx.OK)
