-- Sleeping inside what string.gsub, table.sort, tostring, pairs and load call.
local function try(name, f)
    local ok, r = pcall(f)
    ngx.say(name, " ", ok, " ", (tostring(r):gsub("^.-:%d+: ", "")))
end
try("gsub", function() return (("ab"):gsub(".", function(c) ngx.sleep(0.001) return c .. c end)) end)
try("sort", function() local t = {2, 1} table.sort(t, function(a, b) ngx.sleep(0.001) return a < b end) return t[1] end)
try("tostring", function() return tostring(setmetatable({}, {__tostring = function() ngx.sleep(0.001) return "text" end})) end)
try("load", function() local s = "return 1" return load(function() ngx.sleep(0.001) local r = s s = nil return r end)() end)
try("require", function() package.preload["in.lua.calls"] = function() ngx.sleep(0.001) return 5 end return require "in.lua.calls" end)
