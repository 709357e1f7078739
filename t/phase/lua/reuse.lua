-- What a library may do to the function that calls it.
local _M = {}

function _M.nothing()
end

function _M.read()
    return getfenv(2).print
end

function _M.write()
    getfenv(2).seen = "written"
end

function _M.raw()
    rawset(getfenv(2), "seen", "raw")
end

function _M.swap()
    setfenv(2, setmetatable({seen = "swapped"}, {__index = _G}))
end

function _M.fail()
    error("on purpose")
end

-- The caller's function runs for the how manieth time?
local times = {}
function _M.count()
    local f = debug.getinfo(2, "f").func
    times[f] = (times[f] or 0) + 1
    return times[f]
end

return _M
