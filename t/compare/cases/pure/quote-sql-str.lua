-- ngx.quote_sql_str
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for c = 0, 255 do show(c, ngx.quote_sql_str(string.char(c))) end
for _, s in ipairs(lib.strings("ab'\"\\\0\n%$", 50, 12)) do show(ngx.quote_sql_str(s)) end
show(ngx.quote_sql_str(""), #ngx.quote_sql_str(("'"):rep(20000)))
lib.try(ngx.quote_sql_str)
show(pcall(ngx.quote_sql_str, 1, 2)) show(pcall(ngx.quote_sql_str, print))
