-- More values of a header; where only one may stand the last wins.
local add = require "ngx.resp".add_header
ngx.header.x_a = "1"
add("x-a", "2")
add("X_A", {"3", "4"})
add("x-new", "n")
add("Content-Type", "text/x-a")
add("Content-Type", "text/x-b")
add("Cache-Control", "private")
add("Cache-Control", "no-store")
add("Refresh", "1")
add("Refresh", "2")
add("Set-Cookie", "a=1")
add("Set-Cookie", {"b=2", "c=3"})
add("Link", "<a>")
add("Link", "<b>")
add(12, 13)
add("x-t", true)
add("x-f", 1.5)
add("x-crlf", "a\r\nX-Evil: 1")
add("x-empty", "")
add("x-none", {})
add("Last-Modified", "Thu, 18 Nov 2010 11:27:35 GMT")
add("Last-Modified", "Fri, 19 Nov 2010 11:27:35 GMT")
local function text(v)
    return type(v) == "table" and "{" .. table.concat(v, ",") .. "}" or tostring(v)
end
for _, n in ipairs{"x-a", "x-new", "content-type", "cache-control", "refresh",
    "set-cookie", "link", "12", "x-t", "x-f", "x-crlf", "x-empty", "x-none",
    "last-modified"} do
    ngx.print(n, "=", text(ngx.header[n]), "\n")
end
