-- The Lua side of thread.t and coroutine.t: one function for each case.
local M = {}
local spawn, wait, kill = ngx.thread.spawn, ngx.thread.wait, ngx.thread.kill
local say, sleep = ngx.say, ngx.sleep

local function said(...)
    local t = table.pack(...)
    for i = 1, t.n do t[i] = tostring(t[i]) end
    say(table.concat(t, " "))
end

function M.at_once()
    local t = spawn(function(...) said("in", ...) return 1, nil, 3 end, "a", 2)
    said("out", coroutine.status(t))
    said(wait(t))
    said(wait(t))
end
function M.later()
    local t = spawn(function() sleep(0.002) said("in") return "r" end)
    said("out", coroutine.status(t))
    said(wait(t))
end
function M.any()
    local t, n = {}, 0
    for i = 1, 3 do
        t[i] = spawn(function() sleep(i == 2 and 0.001 or 0.2) return i end)
    end
    said(wait(t[1], t[2], t[3]))
    said(wait(t[1], t[3]))
    said(wait(t[1], t[2], t[3]))
end
function M.stale()
    local a = spawn(function() sleep(0.001) return "a" end)
    local b = spawn(function() sleep(0.01) return "b" end)
    said(wait(a, b))
    local begun = ngx.now()
    said("slept", sleep(0.05))
    said(ngx.now() - begun >= 0.045)
    said(wait(b))
end
function M.fails()
    local t = spawn(function() error("on purpose", 0) end)
    said(wait(t))
    t = spawn(function() sleep(0.001) error({}) end)
    local ok, why = wait(t)
    said(ok, type(why))
    said("goes on")
end
function M.zombie()
    spawn(function() said("in") return "nobody waits" end)
    said("out")
end
function M.kill()
    local t = spawn(function() sleep(1e6) said("never") end)
    said(kill(t))
    said(kill(t))
    said(wait(t))
    t = spawn(function() return 1 end)
    said(kill(t))
    said(kill(coroutine.create(function() end)))
    said(pcall(kill, 1))
    local inner
    t = spawn(function() inner = spawn(function() sleep(1e6) end) sleep(1e6) end)
    sleep(0.001) -- the thread is posted: it goes on when this one waits
    said(kill(inner))
    said(kill(t))
    ngx.exit(200)
end
function M.kill_hidden()
    local woke
    local t = spawn(function()
        coroutine.wrap(function() sleep(0.01) woke = true end)()
    end)
    said(kill(t))
    sleep(0.03)
    said(woke)
end
function M.errors()
    said(pcall(spawn))
    said(pcall(spawn, 1))
    said(pcall(spawn, print))
    said(pcall(wait))
    said(pcall(wait, 1))
    said(pcall(wait, coroutine.create(function() end)))
    local t = spawn(function() sleep(0.001) end)
    said(wait(spawn(function() return pcall(wait, t) end)))
end
function M.exit()
    spawn(function() sleep(0.001) said("in") ngx.exit(200) end)
    sleep(1e6)
end
function M.nested()
    local t = spawn(function()
        local u = spawn(function() sleep(0.001) return "u" end)
        local co = coroutine.create(function(a)
            local v = spawn(function() sleep(0.001) return "v" end)
            said(coroutine.yield(a))
            return select(2, wait(v))
        end)
        said(coroutine.resume(co, "first"))
        said(coroutine.resume(co, "second"))
        said(coroutine.status(co))
        return select(2, wait(u))
    end)
    said(wait(t))
end
function M.many()
    local t, sum = {}, 0
    for i = 1, 100 do
        t[i] = spawn(function() sleep(0.001) return i end)
    end
    for i = 1, 100 do sum = sum + select(2, wait(t[i])) end
    said(sum)
end

-- coroutines
function M.basics()
    local co = coroutine.create(function(a, b)
        said("in", a, b, coroutine.status(coroutine.running()))
        local c = coroutine.yield(a + b)
        said("again", c)
        sleep(0.001)
        return "end", nil
    end)
    said(coroutine.status(co), coroutine.resume(co, 1, 2))
    said(coroutine.status(co), coroutine.resume(co, "c"))
    said(coroutine.status(co), coroutine.resume(co))
    said(coroutine.isyieldable(), type(coroutine.running()))
end
function M.wrapped()
    local gen = coroutine.wrap(function()
        for i = 1, 3 do sleep(0.001) coroutine.yield(i) end
    end)
    for i in gen do said(i) end
    said(pcall(gen))
    said(pcall(coroutine.wrap(function() error("inside", 0) end)))
    said(pcall(coroutine.wrap(function() sleep(0.001) error("later", 0) end)))
end
function M.uncaught()
    coroutine.wrap(function() sleep(0.001) error("uncaught") end)()
end
function M.across()
    said(pcall(function() sleep(0.001) return "pcall" end))
    said(xpcall(function() sleep(0.001) error("x", 0) end,
        function(m) return "handled " .. m end))
    local t = setmetatable({}, {
        __index = function(_, k) sleep(0.001) return k end,
        __add = function(a, b) sleep(0.001) return "sum" end,
        __call = function(_, v) sleep(0.001) return v end,
        __lt = function() sleep(0.001) return true end,
        __concat = function() sleep(0.001) return "joined" end,
    })
    said(t.key, t + 1, t("called"), t < t, t .. "x")
    for i in function(_, i) sleep(0.001) return i < 2 and i + 1 or nil end, nil, 0 do
        said("iterator", i)
    end
end
function M.co_errors()
    said(pcall(coroutine.create))
    said(pcall(coroutine.create, print))
    said(pcall(coroutine.wrap, 1))
    said(pcall(coroutine.resume, 1))
    said(pcall(coroutine.status, 1))
    said(coroutine.resume(coroutine.running()))
    local co
    co = coroutine.create(function()
        said(coroutine.resume(co))
        local outer = co
        said(coroutine.resume(coroutine.create(function()
            return coroutine.status(outer), coroutine.resume(outer)
        end)))
        error("dies", 0)
    end)
    said(coroutine.resume(co))
    said(coroutine.resume(co))
end
function M.depth()
    local function f(n)
        if n == 0 then sleep(0.001) return "bottom" end
        return select(2, coroutine.resume(coroutine.create(f), n - 1))
    end
    said(f(500))
end
return M
