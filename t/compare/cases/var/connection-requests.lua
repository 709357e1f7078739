-- Requests of a connection are counted.
-- requests: 3
ngx.say(ngx.var.connection_requests)
