-- require "resty.core", and what its parts have of their own.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
require "resty.core"
for _, name in ipairs{"base64", "ctx", "exit", "hash", "misc", "ndk", "phase", "regex", "request", "response", "shdict", "time", "uri", "var", "worker", "base"} do
    show(name, type(require("resty.core." .. name)))
end
local replace = require("resty.core.utils").str_replace_char
for _, c in ipairs{{"a-b-c", "-", "_"}, {"abc", "-", "_"}, {"", "-", "_"}, {"a.b", ".", "%"}, {"a-+-b-", "-+", "_x"}, {"a\0b", "\0", "-"}, {"---", "-", ""}} do
    show(c[1], pcall(replace, c[1], c[2], c[3] ~= "" and c[3] or "\0"))
end
local time = require "resty.core.time"
local a, b = time.monotonic_msec(), time.monotonic_time()
ngx.sleep(0.02)
show(a % 1, time.monotonic_msec() - a >= 15, time.monotonic_time() - b >= 0.015, math.abs(a / 1000 - b) < 5)
local base = require "resty.core.base"
show(type(base.new_tab(1, 1)), pcall(base.allows_subsystem, "http", "stream"))
local t = {1, 2, x = 1}
base.clear_tab(t)
show(next(t))
