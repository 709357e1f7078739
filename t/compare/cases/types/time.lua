-- Wrong arguments of the functions of time.  The present time is not shown.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local function none(f)
    return function(...) return type(f(...)) end
end
lib.say{
    {"today", none(ngx.today)},
    {"time", none(ngx.time)},
    {"now", none(ngx.now)},
    {"update_time", ngx.update_time},
    {"localtime", none(ngx.localtime)},
    {"utctime", none(ngx.utctime)},
    {"cookie_time", ngx.cookie_time, 1290079655},
    {"http_time", ngx.http_time, 1290079655},
    {"parse_http_time", ngx.parse_http_time, "Thu, 18 Nov 2010 11:27:35 GMT"},
}
