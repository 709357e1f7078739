-- phase: header_filter
return ngx.exit(ngx.ERROR)
