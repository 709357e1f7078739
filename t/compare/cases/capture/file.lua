-- nginx: location = /f/t.txt { alias $DIR/t.txt; }
-- nginx: location = /f/none { alias $DIR/none; }
-- httpd: Alias /f $DIR
-- httpd: <Location /f>
-- httpd: LuaCoHandler None
-- httpd: LuaCoVirtual Off
-- httpd: Require all granted
-- httpd: </Location>
local function show(uri, opts)
    local res = ngx.location.capture(uri, opts)
    ngx.say(res.status, " ", res.truncated, " [", res.body, "] ", res.header["Content-Length"], " ", res.header["Last-Modified"] ~= nil)
end
show("/f/t.txt")
show("/f/t.txt", { method = ngx.HTTP_HEAD })
show("/f/none")
