-- also: /sub content _sub.lua
-- method: POST
-- body: hello world
ngx.req.read_body()
local function show(opts)
    ngx.print(ngx.location.capture("/sub?info=1", opts).body)
end
show()
show{ method = ngx.HTTP_POST }
show{ method = ngx.HTTP_PUT }
show{ method = ngx.HTTP_DELETE }
show{ always_forward_body = true }
show{ method = ngx.HTTP_DELETE, always_forward_body = true }
show{ method = ngx.HTTP_POST, body = "" }
show{ method = ngx.HTTP_POST, body = "own", always_forward_body = true }
ngx.req.set_body_data("changed")
show{ method = ngx.HTTP_POST }
