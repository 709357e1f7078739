-- phase: body_filter
-- nginx: header_filter_by_lua_block { ngx.header.content_length = nil }
local r = {}
local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    r[#r + 1] = name .. ": " .. tostring(ok) .. " " .. tostring(err):gsub("^[^ ]*:%d+: ", "")
        :gsub("'[^']*'", "f")
end
local eof = ngx.arg[2]
local function set(i, v)
    return function() ngx.arg[i] = v end
end
try("bool", set(1, true))
try("function", set(1, print))
try("hash", set(1, {a = 1}))
try("hash in array", set(1, {1, {a = 1}}))
try("function in array", set(1, {print}))
try("bool in array", set(1, {true}))
try("null in array", set(1, {ngx.null}))
try("hole", set(1, {nil, 2}))
try("null", set(1, ngx.null))
try("zero", set(1, {[0] = 1}))
try("third", set(3, 1))
try("zeroth", set(0, 1))
try("name", set("x", 1))
try("fraction", set(1.5, "f"))
try("table", set({}, 1))
for i, k in ipairs{0, 3, "1", 1.5, "x", {}, true, print} do
    try("get " .. i, function() return ngx.arg[k] end)
end
try("get nil", function() return ngx.arg[nil] end)
ngx.arg[2] = "x"
try("eof", function() return ngx.arg[2] end)
ngx.arg[2] = nil
try("eof", function() return ngx.arg[2] end)
ngx.arg[2] = eof
r[#r + 1] = tostring(next(ngx.arg))
ngx.arg[1] = eof and table.concat(r, "\n") or ""
