-- ngx.flush: arguments, and what it says when.
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        ngx.say(name, ": ", ok, " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local r = {}
local function note(name, f, ...)
    local a, b = f(...)
    r[#r + 1] = name .. "=" .. tostring(a) .. "," .. tostring(b)
end
note("before all", ngx.flush)
note("before all, wait", ngx.flush, true)
note("before all, no wait", ngx.flush, false)
note("headers", ngx.send_headers)
note("no body", ngx.flush)
note("no body, no wait", ngx.flush, false)
note("no body, wait", ngx.flush, true)
note("body", ngx.say, "body")
note("after", ngx.flush)
note("after, wait", ngx.flush, true)
note("after, wait", ngx.flush, true)
for i = 1, #r do
    ngx.say(r[i])
end
local values = {{"nil", nil}, {"number", 1}, {"string", "true"}, {"table", {}},
    {"null", ngx.null}, {"function", print}, {"nan", 0/0}, {"big", 2^63}}
for i = 1, 8 do
    try(values[i][1], function() ngx.flush(values[i][2]) end)
end
try("two", function() ngx.flush(true, true) end)
try("three", function() ngx.flush(nil, nil, nil) end)
try("results", function() return select("#", ngx.flush(true)) end)
