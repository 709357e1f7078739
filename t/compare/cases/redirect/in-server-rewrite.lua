-- phase: server_rewrite
-- order: trace
ngx.sleep(0.01)
coroutine.wrap(function () ngx.redirect("/from-server-rewrite") end)()
