-- A response without a type.
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
ngx.header.content_type = nil
ngx.say(table.concat(lines, "\n"))
