-- Wrong arguments where response headers are set and read.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local function set(name, ...)
    ngx.header[name] = ...
    local v = ngx.header[name]
    ngx.header[name] = nil
    return v
end
local function get(name) return ngx.header[name] end
local function status(v)
    ngx.status = v
    return ngx.status
end
local meta = getmetatable(ngx.header)
local function add(...)
    require("ngx.resp").add_header(...)
    local v = ngx.header["X-W"]
    ngx.header["X-W"] = nil
    return v
end
local function all(...)
    return ngx.resp.get_headers(...)["x-none"]
end
local lines = lib.run{
    {"header set", set, "X-W", "v", skip = {["1 empty"] = true}},
    {"header get", get, "X-W"},
    {"header self", function(s, k) return (meta.__index(s, k)) end, {}, "X-W"},
    {"add_header", add, "X-W", "v", skip = {["1 empty"] = true}},
    {"get_headers", all, 10, true},
}
ngx.say(table.concat(lines, "\n"))
