-- md5, md5_bin, sha1_bin, crc32, hmac_sha1
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
local names = {"md5", "md5_bin", "sha1_bin", "crc32_short", "crc32_long"}
local list = lib.strings(nil, 40, 200)
for n = 50, 70 do list[#list + 1] = ("x"):rep(n) end -- where a block ends
list[#list + 1] = ("abc"):rep(50000)
for i, s in ipairs(list) do
    local t = {}
    for j, name in ipairs(names) do t[j] = ngx[name](s) end
    show(#s, unpack(t))
    show(ngx.hmac_sha1(s, list[#list + 1 - i]), ngx.hmac_sha1("key", s))
end
for _, name in ipairs(names) do lib.try(ngx[name]) end
lib.try(ngx.hmac_sha1, "x")
lib.try(function(...) return ngx.hmac_sha1("x", ...) end)
show(pcall(ngx.hmac_sha1, "a")) show(pcall(ngx.hmac_sha1)) show(pcall(ngx.hmac_sha1, "a", "b", "c")) show(pcall(ngx.hmac_sha1, {}, "b"))
show(ngx.hmac_sha1("", ""), type(ngx.crc32_short("x")))
