-- The body is read before Lua runs.
-- method: POST
-- body: a=1
-- nginx: lua_need_request_body on;
-- httpd: LuaCoNeedRequestBody On
ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_post_args().a)
