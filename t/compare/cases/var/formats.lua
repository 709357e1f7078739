-- Variables that differ each time have their form.
for _, p in ipairs{{"msec", "^%d+%.%d%d%d$"}, {"request_time", "^%d+%.%d%d%d$"},
    {"time_local", "^%d%d/%a%a%a/%d%d%d%d:%d%d:%d%d:%d%d [+-]%d%d%d%d$"},
    {"time_iso8601", "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[+-]%d%d:%d%d$"},
    {"request_id", "^" .. string.rep("%x", 32) .. "$"}, {"pid", "^%d+$"},
    {"connection", "^%d+$"}, {"remote_port", "^%d+$"}, {"server_port", "^%d+$"},
    {"request_length", "^%d+$"}, {"nginx_version", "^%d+%.%d+%.%d+$"},
    {"document_root", "^/.*[^/]$"}} do
    local v = ngx.var[p[1]]
    ngx.say(p[1], " ", type(v), " ", string.find(v, p[2]) ~= nil)
end
ngx.say(#ngx.var.binary_remote_addr, " ", string.byte(ngx.var.binary_remote_addr))
ngx.say(ngx.var.connection == ngx.var.connection)
ngx.say(ngx.var.request_filename == ngx.var.document_root .. ngx.var.uri)
