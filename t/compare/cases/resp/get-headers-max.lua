local function count(...)
    local h, err = ngx.resp.get_headers(...)
    local n, values = 0, 0
    for _, v in pairs(h) do
        n = n + 1
        values = values + (type(v) == "table" and #v or 1)
    end
    return n .. " " .. values .. " " .. tostring(err)
end
ngx.header.content_type = "text/x-y"
for i = 1, 120 do
    ngx.header["x-" .. i] = "v"
end
local t = {}
for _, n in ipairs{"none", 0, -1, 1, 2, 3, 4, 5, 100, 121, 122, 123, 2.7, "3"} do
    t[#t + 1] = tostring(n) .. ": " .. (n == "none" and count() or count(n))
end
t[#t + 1] = "nil: " .. count(nil)
local function try(...)
    local ok, err = pcall(ngx.resp.get_headers, ...)
    t[#t + 1] = tostring(ok) .. " " .. (ok and type(err) or err:gsub("'[^']*'", "f"))
end
try("x")
try({})
try(true)
try(print)
for i = 1, 120 do
    ngx.header["x-" .. i] = nil
end
ngx.say(table.concat(t, "\n"))
