-- phase: server_rewrite
-- order: trace
ngx.sleep(0.01)
ngx.status = 202
ngx.say("said in the phase")
ngx.sleep(0.01)
ngx.exit(404)
