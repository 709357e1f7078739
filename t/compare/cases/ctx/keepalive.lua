-- A table for each request of a connection.
-- requests: 3
ngx.say(tostring(next(ngx.ctx)))
ngx.ctx.x = 1
