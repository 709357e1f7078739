local add = require "ngx.resp".add_header
local function try(...)
    local ok, err = pcall(add, ...)
    ngx.print(tostring(ok), " ", (tostring(err):gsub("^[^ ]*:%d+: ", "")), "\n")
end
ngx.header.x_one = "1"
try()
try("x")
try("x", nil)
try(nil, "x")
try("Content-Length", "abc")
try("Content-Length", {"1", "x"})
try("x-one", {})
try("x-late", "late")
