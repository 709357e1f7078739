-- args: a=hello
-- nginx: location @bar { content_by_lua_file $DIR/cases/exec/_target.lua; }
-- httpd: <Location "/@bar">
-- httpd: LuaCoHandler $DIR/cases/exec/_target.lua
-- httpd: </Location>
ngx.sleep(0.001)
ngx.exec("@bar", "a=goodbye")
