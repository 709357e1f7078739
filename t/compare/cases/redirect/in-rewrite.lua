-- phase: rewrite
-- order: trace
ngx.sleep(0.01)
ngx.redirect("/from-rewrite", 307)
