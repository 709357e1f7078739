-- The body ends where the Lua says.
-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
ngx.arg[1] = "all"
ngx.arg[2] = true
