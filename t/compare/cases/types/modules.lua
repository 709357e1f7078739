-- Wrong arguments of the modules of lua-resty-core.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local b64, re = require "ngx.base64", require "ngx.re"
lib.say{
    {"encode_base64url", b64.encode_base64url, "abc?"},
    {"decode_base64url", b64.decode_base64url, "YWJjPw"},
    {"split", re.split, "a,b,c", ",", "j", lib.fresh, 2, lib.fresh,
        loose = true, -- a NUL in a pattern: re/nul-pattern
        skip = {["2 NUL"] = true}},
    {"opt", re.opt, "nosuch", 1},
}
