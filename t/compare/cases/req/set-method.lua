-- ngx.req.set_method
local function try(v)
    local ok, err = pcall(ngx.req.set_method, v)
    ngx.say(tostring(ok), " ", (tostring(err):gsub("^[^ ]*:%d+: ", "")), " ",
        ngx.req.get_method(), " ", ngx.var.request_method, " ", ngx.var.request)
end
for _, m in ipairs{"GET", "POST", "PUT", "DELETE", "OPTIONS", "MKCOL", "COPY", "MOVE",
    "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK", "PATCH", "TRACE"} do
    try(ngx["HTTP_" .. m])
end
for _, v in ipairs{0, 1, 3, 65536, -1, 2.5, 0/0, "2", "GET", {}, print, true, ngx.null} do
    try(v)
end
try(nil)
try(ngx.HTTP_GET)
