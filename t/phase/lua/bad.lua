-- What a script should not do: ?do=WHAT, &park=1 to wait before it.
local what = ngx.var.arg_do
if ngx.var.arg_park then
    ngx.sleep(0.001)
end

local bad = {}
function bad.table() error({ code = 1 }) end
bad["nil"] = function () error(nil) end
function bad.number() error(42) end
function bad.bool() error(false) end
function bad.func() error(function () end) end
function bad.tostring_fails()
    error(setmetatable({}, { __tostring = function () error("again") end }))
end
function bad.deep()
    local function f() return 1 + f() end
    f()
end
function bad.deep_pattern() string.rep("(", 300):find(string.rep("(", 300)) end
function bad.c_deep()
    local t = setmetatable({}, {})
    getmetatable(t).__index = function (_, k) return t[k .. "x"] end
    return t.a
end
function bad.yield_gc()
    setmetatable({}, { __gc = function () coroutine.yield() end })
    collectgarbage()
    ngx.say("went on")
end
function bad.sleep_gc()
    setmetatable({}, { __gc = function () ngx.sleep(0.001) end })
    collectgarbage()
    ngx.say("went on")
end
function bad.yield_sort()
    table.sort({ 3, 2, 1 }, function (a, b)
        ngx.sleep(0.001)
        return a < b
    end)
    ngx.say("went on")
end
function bad.yield_gsub()
    ngx.say((string.gsub("ab", ".", function (c)
        ngx.sleep(0.001)
        return c:upper()
    end)))
end
function bad.yield_handler()
    xpcall(error, function () ngx.sleep(0.001) end)
    ngx.say("went on")
end
function bad.late_header()
    ngx.say("said")
    ngx.flush(true)
    ngx.header["X-Late"] = "yes"
    ngx.status = 404
end
function bad.error_after()
    ngx.say("said")
    ngx.flush(true)
    error("too late")
end
function bad.memory() return string.rep("x", 1 << 40) end
function bad.call_nil() undefined_function() end
function bad.syntax() assert(load("return return")) end
bad[what]()
