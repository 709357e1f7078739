-- nginx: lua_transform_underscores_in_response_headers off;
-- httpd: LuaCoTransformUnderscoresInResponseHeaders Off
ngx.header.x_a = "1"
ngx.header["x-a"] = "2"
ngx.header.content_type = "text/x-y"
ngx.say(ngx.header.x_a, " ", ngx.header["x-a"], " ", ngx.header.content_type, " ",
    tostring(ngx.header["content-type"]))
