-- ngx.send_headers and ngx.headers_sent.
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
local before = ngx.headers_sent
ngx.header.x_case = "set"
local a, b = ngx.send_headers(1, 2, 3)
local after = ngx.headers_sent
local c = ngx.send_headers()
ngx.say(before, " ", a, " ", b, " ", after, " ", c)
ngx.say(ngx.header.x_case)
ngx.header.x_case = "late"
ngx.say(ngx.header.x_case)
