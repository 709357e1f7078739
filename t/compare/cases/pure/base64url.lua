-- require "ngx.base64"
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
local b = require "ngx.base64"
for _, s in ipairs(lib.strings(nil, 40, 30)) do
    local e = b.encode_base64url(s)
    show(s, e, b.decode_base64url(e) == s)
end
for _, s in ipairs{"", "=", "YQ==", "YQ", "Y", "YW-_", "+/+/", "YQ=x", "_-_-", "YWI\n", "Y Q"} do show(s, b.decode_base64url(s)) end
lib.try(b.encode_base64url)
lib.try(b.decode_base64url)
