-- Each function with each kind of wrong argument in each place: what the cases
-- of this folder share.
local M = {}

-- Closed: what it was made for is over.
local closed = ngx.socket and ngx.get_phase() == "content" and ngx.socket.tcp()
if closed then closed:close() end

local function same() end
local written_with_address = {["{}"] = true, list = true, ["function"] = true,
    thread = true, closed = true}
local values = {
    {"nil", nil}, {"false", false}, {"true", true}, {"0", 0}, {"-1", -1},
    {"1.5", 1.5}, {"nan", 0 / 0}, {"inf", 1 / 0}, {"-inf", -1 / 0},
    {"2^31", 2 ^ 31}, {"2^53", 2 ^ 53}, {"2^63", 2 ^ 63}, {"-2^63", -2 ^ 63},
    {"1e300", 1e300}, {"empty", ""}, {"string", "x"}, {"digits", "12"},
    {"NUL", "a\0b"}, {"{}", {}}, {"list", {"p", "q"}}, {"function", same},
    {"thread", coroutine.create(same)}, {"null", ngx.null},
    {"closed", closed or nil},
    {"object", setmetatable({}, {__tostring = function() return "obj" end})},
}

local function text(v, depth)
    local kind = type(v)
    if kind == "table" and depth < 3 then
        local t = {}
        for k, x in pairs(v) do
            t[#t + 1] = text(k, 3) .. "=" .. text(x, depth + 1)
        end
        table.sort(t)
        return "{" .. table.concat(t, ",") .. "}"
    end
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean"
        and kind ~= "nil" then
        return kind
    end
    v = tostring(v)
    return (v:gsub("[^ -~]", function(c)
        return ("\\x%02x"):format(c:byte())
    end):gsub("0x%x+", "ADDR"))
end

local function outcome(loose, ok, ...)
    if not ok and loose then return "error" end
    local t = {ok and "ok" or "error"}
    for i = 1, select("#", ...) do
        t[i + 1] = text((select(i, ...)), 0)
    end
    if not ok then
        -- The place, and the name by which the function was called.
        t[2] = t[2]:gsub("^[^ ]*:%d+: ", ""):gsub("to '[^']*'", "to 'f'")
            :gsub("the context of .*", "the context")
    end
    return table.concat(t, " ")
end

-- Among the good arguments: a new table for each call.
M.fresh = {}

-- LIST: {name, function, good arguments..., skip = {["1 nan"] = true}}.  What
-- must not be tried is named there.  DIGEST: the result depends on every byte
-- of the argument, so values that are written with their address are left out.
-- LOOSE: an error is an error, whatever it
-- says: there a function in Lua stumbles somewhere over what it was given.
function M.run(list)
    local lines = {}
    local function try(what, f, args, n, loose)
        for i = 1, n do
            if args[i] == M.fresh then args[i] = {} end
        end
        lines[#lines + 1] = what .. ": "
            .. outcome(loose, pcall(f, unpack(args, 1, n)))
    end
    for _, entry in ipairs(list) do
        local name, f, n = entry[1], entry[2], #entry - 2
        local skip = entry.skip or {}
        assert(type(f) == "function", name)
        for count = 0, n + 1 do
            if not skip["count " .. count] then
                local args = {}
                for i = 1, count do args[i] = entry[2 + i] or "more" end
                try(name .. " of " .. count, f, args, count,
                    entry.loose)
            end
        end
        for place = 1, n do
            for _, value in ipairs(values) do
                if not skip[place .. " " .. value[1]]
                    and not (entry.digest and written_with_address[value[1]])
                then
                    local args = {}
                    for i = 1, n do args[i] = entry[2 + i] end
                    args[place] = value[2]
                    try(name .. " " .. place .. " " .. value[1], f, args, n,
                        entry.loose)
                end
            end
        end
    end
    return lines
end

function M.say(list)
    ngx.say(table.concat(M.run(list), "\n"))
end

return M
