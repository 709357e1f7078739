-- Wrong arguments of ngx.req: the head.
-- request: POST /t?a=1&b=2
-- header: X-A: 1
-- body: a=1
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local r = ngx.req
local function method(...)
    local before = r.get_method()
    local function back(...) r.set_method(ngx.HTTP_POST) return ... end
    return back(r.set_method(...))
end
lib.say{
    {"get_method", r.get_method},
    {"http_version", r.http_version},
    {"is_internal", r.is_internal},
    {"start_time", function(...) return type(r.start_time(...)) end},
    {"raw_header", function(...) return type(r.raw_header(...)) end, true},
    {"set_method", method, ngx.HTTP_POST},
    {"get_uri_args", r.get_uri_args, 5, {}, loose = true},
    {"get_headers", function(...) return r.get_headers(...).x_a end, 50, true,
        loose = true},
    {"set_header", r.set_header, "X-W", "v"},
    {"clear_header", r.clear_header, "X-W"},
    {"add_header", require("ngx.req").add_header, "X-W", "v"},
}
