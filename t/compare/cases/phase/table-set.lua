-- nginx: set_by_lua_file $x $DIR/cases/phase/_table.lua;
-- httpd: LuaCoSet x $DIR/cases/phase/_table.lua
-- compare: log
ngx.say("done")
