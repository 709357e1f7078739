-- Wrong arguments of set_uri and set_uri_args.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local r = ngx.req
local function uri(...)
    r.set_uri(...)
    return ngx.var.uri
end
local function args(...)
    r.set_uri_args(...)
    return ngx.var.args
end
lib.say{
    {"set_uri", uri, "/t", false, false},
    {"set_uri_args", args, "a=1"},
}
