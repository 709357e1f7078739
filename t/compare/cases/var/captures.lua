-- Captures of the location's pattern, by number.
-- request: GET /c/a-b/y?x=1
-- nginx: location ~ "^/c/(?<one>[^/]+)/((x)|([^/]+))(z)?" { content_by_lua_file $DIR/cases/var/captures.lua; }
-- httpd: <LocationMatch "^/c/(?<one>[^/]+)/((x)|([^/]+))(z)?">
-- httpd: LuaCoHandler $DIR/cases/var/captures.lua
-- httpd: </LocationMatch>
for _, n in ipairs{1, 2, 3, 4, 5, 6, 0, -1, 1.5, 100, 2^31, 2^40, 1/0} do ngx.say(n, " ", tostring(ngx.var[n])) end
for _, f in ipairs{function() ngx.var[1] = "x" end, function() return ngx.var["1"] end} do
    local ok, err = pcall(f)
    ngx.say(ok, " ", (tostring(err):gsub("^[^ ]*:%d+: ", "")))
end
