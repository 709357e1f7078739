-- phase: content
-- nginx: set_by_lua $one 'error("on purpose")';
-- httpd: <LuaCoSet one>
-- httpd: error("on purpose")
-- httpd: </LuaCoSet>
ngx.say("not reached")
