-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
ngx.arg[1] = ""
if ngx.arg[2] then ngx.arg[1] = "end" end
