-- phase: body_filter
ngx.arg[1] = ngx.arg[1]:upper()
