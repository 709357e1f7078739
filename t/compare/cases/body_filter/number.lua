-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
ngx.arg[1] = 12.5
ngx.arg[1] = ngx.arg[1] .. "|"
ngx.arg["1"] = ngx.arg[1] .. "s"
