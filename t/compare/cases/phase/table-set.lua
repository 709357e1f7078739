-- nginx: set_by_lua_file $table $DIR/cases/phase/_table.lua;
-- httpd: LuaCoSet table $DIR/cases/phase/_table.lua
-- compare: log
ngx.say("done")
