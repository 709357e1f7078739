-- phase: content
-- nginx: set_by_lua $one 'return ngx.arg[1] .. tostring(ngx.arg[2]) .. tostring(ngx.arg[3]) .. select("#", ...) .. ngx.get_phase()' $request_method "";
-- httpd: <LuaCoSet one "%{REQUEST_METHOD}" "">
-- httpd: return ngx.arg[1] .. tostring(ngx.arg[2]) .. tostring(ngx.arg[3]) .. select("#", ...) .. ngx.get_phase()
-- httpd: </LuaCoSet>
-- nginx: set_by_lua $two 'return 5 / 2, 7';
-- httpd: <LuaCoSet two>
-- httpd: return 5 / 2, 7
-- httpd: </LuaCoSet>
-- nginx: set_by_lua $three 'return nil';
-- httpd: <LuaCoSet three>
-- httpd: return nil
-- httpd: </LuaCoSet>
-- nginx: set_by_lua $four 'ngx.ctx.f = ngx.var.one .. "!" return true';
-- httpd: <LuaCoSet four>
-- httpd: ngx.ctx.f = ngx.var.one .. "!" return true
-- httpd: </LuaCoSet>
ngx.say("[", ngx.var.one, "][", ngx.var.two, "][", ngx.var.three, "][",
    ngx.var.four, "][", ngx.ctx.f, "]")
local ok, why = pcall(function () return ngx.arg[1] end)
ngx.say((why:gsub("^.-:%d+: ", "")))
