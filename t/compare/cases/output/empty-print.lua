-- An empty print sends the headers.
ngx.status = 202
ngx.print("")
ngx.status = 203
