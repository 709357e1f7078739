-- Headers that have one value: the last wins.
local lines = {}
local function note(...)
    lines[#lines + 1] = table.concat({...})
end
local function text(v)
    if type(v) == "table" then
        return "{" .. table.concat(v, ", ") .. "}"
    end
    return tostring(v)
end
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = text((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        note(name, ": ", tostring(ok), " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local h = ngx.header
for _, n in ipairs{"Content-Type", "Content-Encoding", "ETag", "Expires",
    "Content-Range", "Refresh", "Last-Modified"} do
    try(n, function()
        h[n] = {"Thu, 18 Nov 2010 11:27:35 GMT", "Fri, 19 Nov 2010 11:27:35 GMT"}
        return h[n]
    end)
    h[n] = nil
    try(n .. " removed", function() return h[n] end)
end
ngx.say(table.concat(lines, "\n"))
