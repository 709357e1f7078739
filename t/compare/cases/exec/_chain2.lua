ngx.exec("/sub", ngx.var.args)
