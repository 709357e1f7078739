-- phase: body_filter
-- ignore: Content-Type
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
-- request: GET /nosuch
ngx.arg[1] = ngx.arg[2] and "status " .. ngx.status or ""
