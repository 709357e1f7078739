-- What ngx.status takes.
local lines = {}
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        lines[#lines + 1] = name .. ": " .. tostring(ok) .. " "
            .. table.concat(t, " | ")
    end
    show(pcall(f))
end
try("unset", function() return ngx.status end)
for _, v in ipairs{"201", 201.7, 299, 404, 500, 200, 503, 100, 999} do
    try("= " .. v, function() ngx.status = v return ngx.status end)
end
for _, v in ipairs{"abc", {}, true, print, ngx.null} do
    local ok = pcall(function() ngx.status = v end)
    ngx.log(ngx.INFO, "x")
end
ngx.status = 200
ngx.say(table.concat(lines, "\n"))
ngx.say(ngx.status, " ", ngx.var.status)
ngx.status = 500
ngx.say(ngx.status, " ", ngx.var.status)
