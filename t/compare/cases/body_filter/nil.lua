-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
ngx.arg[1] = nil
if ngx.arg[1] ~= "" then error("not empty: " .. tostring(ngx.arg[1])) end
