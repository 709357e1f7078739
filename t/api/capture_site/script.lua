ngx.sleep(0.001)
ngx.say("script ", ngx.var.args)
