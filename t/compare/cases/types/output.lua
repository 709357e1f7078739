-- Wrong arguments of what writes.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
-- 0/0 is "-nan" there, and a level that is no int whatever the compiler makes
-- of it.
local no_nan = {["1 NUL"] = true, ["1 nan"] = true}
local ints = {}
for _, v in ipairs{"nan", "inf", "-inf", "2^31", "2^53", "2^63", "-2^63",
    "1e300"} do
    ints["1 " .. v] = true
end
lib.say{
    {"say", ngx.say, "x", skip = no_nan},
    {"print", ngx.print, "x", skip = no_nan},
    {"flush", ngx.flush, true},
    {"send_headers", ngx.send_headers},
    {"log", ngx.log, ngx.DEBUG, "x", skip = ints},
    {"sleep", ngx.sleep, skip = {["count 1"] = true}},
}
