-- The table ngx itself.
ngx.say(type(ngx), " ", package.loaded.ngx == ngx, " ", require("ngx") == ngx)
ngx.my_field = "x"
ngx.say(ngx.my_field, " ", tostring(ngx.nosuch), " ", tostring(ngx[1]), " ", tostring(ngx[true]))
ngx.my_field = nil
for _, n in ipairs{"say", "print", "flush", "eof", "send_headers", "exit",
    "sleep", "log", "get_phase", "now", "time", "update_time"} do
    ngx.say(n, " ", type(rawget(ngx, n)))
end
for _, n in ipairs{"ctx", "status", "headers_sent", "is_subrequest"} do
    ngx.say(n, " ", type(rawget(ngx, n)), " ", type(ngx[n]))
end
for _, n in ipairs{"var", "header", "req", "config", "thread"} do
    ngx.say(n, " ", type(rawget(ngx, n)))
end
ngx.say(type(getmetatable(ngx).__index), " ", type(getmetatable(ngx).__newindex))
