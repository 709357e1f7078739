-- ngx.escape_uri: each kind on each byte, then strings, then odd arguments.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for kind = 0, 6 do
    local t = {}
    for c = 0, 255 do t[#t + 1] = ngx.escape_uri(string.char(c), kind) end
    show(kind, table.concat(t, " "))
end
for _, s in ipairs(lib.strings(nil, 40, 40)) do show(ngx.escape_uri(s), ngx.escape_uri(s, 0)) end
show(ngx.escape_uri(""), #ngx.escape_uri(("%"):rep(10000)))
lib.try(ngx.escape_uri)
lib.try(ngx.escape_uri, 0)
local function f(...) return ngx.escape_uri(...) end
for _, kind in ipairs{1.9, 6, 6.5, 7, -1, -0.5, 1e300, "2", true, {}, false} do show(tostring(kind):sub(1, 5), pcall(f, "a b%", kind)) end
