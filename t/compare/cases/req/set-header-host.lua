-- ngx.req.set_header for Host and Content-Length: bad values are errors.
local function set(name, value)
    local ok, err = pcall(ngx.req.set_header, name, value)
    ngx.say(name, " ", tostring(value), ": ", tostring(ok), " ",
        ok and "" or (tostring(err):gsub("^[^ ]*:%d+: ", "")))
end
local function host(value)
    set("Host", value)
    ngx.say(tostring(ngx.var.host), " ", tostring(ngx.var.http_host), " ",
        tostring(ngx.req.get_headers().host))
end
host("Example.COM:8080")
host("a.b.")
host("[::1]:80")
host("")
host("x")
for _, v in ipairs{"a..b", "a/b", ".", ":80"} do
    set("Host", v)
end
host("last")
for _, v in ipairs{"5", "0", "12345678901", "x", "-1", "5x", "", "99999999999999999999"} do
    set("Content-Length", v)
end
set("Content-Length", nil)
ngx.say(tostring(ngx.var.http_content_length))
