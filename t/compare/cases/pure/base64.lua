-- ngx.encode_base64, ngx.decode_base64.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for n = 0, 20 do
    local s = lib.strings(nil, n + 1, 30)[n + 1]
    local e = ngx.encode_base64(s)
    show(s, e, ngx.encode_base64(s, true), ngx.decode_base64(e) == s, ngx.decode_base64(ngx.encode_base64(s, true)) == s)
end
for _, s in ipairs{"", "=", "==", "====", "YQ==", "YQ=", "YQ", "Y", "YWI", "YWI=", "YWJj", "YQ==xx", "Y=Q", "YWJj=", "YWJj\n", "Y\0", "YQ\0=", "YW-_", "+/+/", "YR==",
    "YWJjZ", "YWJjZ===", " YQ==", "YQ= =", "\233Q=="} do
    show(s, ngx.decode_base64(s))
end
for _, s in ipairs(lib.strings("AYWbz09+/=-", 200, 12)) do show(s, ngx.decode_base64(s)) end
lib.try(ngx.encode_base64)
lib.try(ngx.encode_base64, true)
lib.try(ngx.decode_base64)
for _, v in ipairs{1, "x", {}, 0, ngx.null} do show(type(v), pcall(ngx.encode_base64, "a", v)) end
show(pcall(ngx.encode_base64, "a", false))
show(#ngx.encode_base64(("x"):rep(100000)), #ngx.decode_base64(("YWJj"):rep(30000)))
