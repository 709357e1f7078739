-- http_time, cookie_time, and what the present time looks like.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for _, t in ipairs{0, 1, 1.9, -1, -1e9, 951782400, 1547040359, 2145916799, 2145916800, 2^31 - 1, 2^31, 2^32, 4102444800, 253402300799, 253402300800, 1e12, 2^53, 1e300, -1/0} do
    show(t, ngx.http_time(t), ngx.cookie_time(t))
end
for i = 1, 100 do show(ngx.http_time(i * 98765432), ngx.cookie_time(i * 23456789)) end
for _, name in ipairs{"http_time", "cookie_time", "parse_http_time"} do
    show(pcall(ngx[name]))
    for _, v in ipairs{"1", true, {}, false, ngx.null} do show(type(v), pcall(ngx[name], v)) end
end
show(pcall(ngx.parse_http_time, 1))
show((ngx.today():gsub("%d", "9")), (ngx.localtime():gsub("%d", "9")), (ngx.utctime():gsub("%d", "9")))
show(ngx.today() == os.date("%Y-%m-%d"), ngx.localtime():sub(1, 13) == os.date("%Y-%m-%d %H"), ngx.utctime():sub(1, 13) == os.date("!%Y-%m-%d %H"))
show(ngx.today(1):len(), ngx.localtime("x"):len(), ngx.utctime({}):len())
show(select("#", ngx.update_time(1)))
