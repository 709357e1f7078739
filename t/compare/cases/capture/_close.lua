-- Without a header of its own: with one nginx forgets what it came to.
ngx.sleep(0.01)
ngx.exit(tonumber(ngx.var.arg_exit))
