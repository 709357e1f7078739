-- Wrong arguments of ngx.var and ngx.ctx.
-- nginx: set $known "";
-- httpd: SetEnvIf Request_URI .* known=
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local function get(name) return ngx.var[name] end
local function set(value)
    ngx.var.known = value
    return ngx.var.known
end
local function write(name) ngx.var[name] = "x" end
local function ctx(v)
    ngx.ctx = v
    return type(ngx.ctx)
end
local meta = getmetatable(ngx.var)
local names = {["1 string"] = true, ["1 digits"] = true, ["1 object"] = true,
    ["1 NUL"] = true}
lib.say{
    {"get", get, "uri"},
    {"set", set, "x", skip = {["1 NUL"] = true}},
    {"write", write, "uri", skip = names},
    {"self", function(s, k) return (meta.__index(s, k)) end, {}, "request_method"},
}
