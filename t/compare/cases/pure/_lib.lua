-- What the cases of this folder share: loadfile'd by path, since both servers
-- know where the case lies.
local M = {}
-- Printable, so that any byte shows.
function M.show(...)
    local t = {}
    for i = 1, select("#", ...) do
        local v = select(i, ...)
        if type(v) == "string" then
            v = v:gsub("^[^\n]-:%d+: ", ""):gsub("'%?'", "'f'"):gsub("to '[%w_.]+'", "to 'f'")
            v = v:gsub("[^ -~]", function(c) return ("\\x%02x"):format(c:byte()) end)
            t[i] = v
        else
            t[i] = tostring(v)
        end
    end
    ngx.say(table.concat(t, " | "))
end
-- The same strings in both: all short ones of some letters, then random ones.
function M.strings(alphabet, n, max)
    local x, list = 7, {}
    local function rnd(m)
        x = x * 16807 % 2147483647
        return x % m
    end
    for i = 1, n do
        local t = {}
        for j = 1, rnd(max + 1) do
            if alphabet then
                local k = rnd(#alphabet) + 1
                t[j] = alphabet:sub(k, k)
            else
                t[j] = string.char(rnd(256))
            end
        end
        list[i] = table.concat(t)
    end
    return list
end
-- Values of all types, for functions that take strings.
M.odd = {
    {"nil", nil}, {"false", false}, {"true", true}, {"1.5", 1.5}, {"60/2", 60/2}, {"1e100", 1e100}, {"2^53", 2^53},
    {"-0.1", -0.1}, {"inf", 1/0}, {"0", 0}, {"null", ngx.null},
    {"object", setmetatable({}, {__tostring = function() return "an object" end})},
}
-- f with each of them, and with nothing at all.
function M.try(f, ...)
    M.show("none", pcall(f))
    for _, v in ipairs(M.odd) do
        M.show(v[1], pcall(f, v[2], ...))
    end
end
return M
