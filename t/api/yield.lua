-- The Lua of yield.t: run(WHERE, WHAT) waits inside one function of Lua and
-- gives "WHERE ok".
local M = {}
local serial = 0

-- What is done there.
local function act(what)
    if what == "long" then ngx.sleep(1e6) end
    ngx.sleep(0.001)
    if what == "error" then error("on purpose", 0) end
    if what == "exit" then ngx.exit(403) end
end

function M.gsub(what)
    return (("ok"):gsub(".", function(c) act(what) return c end))
end
function M.gsub_index(what)
    return (("ok"):gsub(".", setmetatable({}, {__index = function(_, c) act(what) return c end})))
end
function M.sort(what)
    local t = {"k", "o"}
    table.sort(t, function(a, b) act(what) return a > b end)
    return t[1] .. t[2]
end
function M.sort_lt(what)
    local mt = {__lt = function(a, b) act(what) return a.v > b.v end}
    local t = {setmetatable({v = "k"}, mt), setmetatable({v = "o"}, mt)}
    table.sort(t)
    return t[1].v .. t[2].v
end
function M.tostring(what)
    return tostring(setmetatable({}, {__tostring = function() act(what) return "ok" end}))
end
function M.pairs(what)
    for k in pairs(setmetatable({}, {__pairs = function() act(what) return next, {ok = 1} end})) do return k end
end
function M.load(what)
    local parts, i = {"return ", "'ok'"}, 0
    local f, err = load(function() act(what) i = i + 1 return parts[i] end)
    return f and f() or error(err, 0)
end
local function name()
    serial = serial + 1
    return "yield.test" .. serial .. "." .. tostring({}):match("0x%x+")
end
function M.require(what)
    local n = name()
    package.preload[n] = function() act(what) return "ok" end
    return require(n)
end
function M.searcher(what)
    local n = name()
    local mine = function(m) if m == n then act(what) return function() return "ok" end end end
    table.insert(package.searchers, 1, mine)
    local ok, r = pcall(require, n)
    for i = 1, #package.searchers do
        if package.searchers[i] == mine then table.remove(package.searchers, i) break end
    end
    return ok and r or error(r, 0)
end
function M.dofile(what)
    local path = os.tmpname()
    local f = io.open(path, "w")
    f:write("local act, what = ... ")
    f:write("require('yield.act')() return 'ok'")
    f:close()
    package.loaded["yield.act"] = function() act(what) end
    local ok, r = pcall(dofile, path)
    os.remove(path)
    return ok and r or error(r, 0)
end

return function(where, what)
    return where .. " " .. M[where](what)
end
