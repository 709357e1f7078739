-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
-- request: HEAD /t.txt
ngx.arg[1] = ngx.arg[2] and "status " .. ngx.status or ""
