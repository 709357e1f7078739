-- ngx.req.raw_header
-- args: a=1
-- header: X-One: 1
-- header: x-two:   2
-- header: X-One: 3
local function show(s)
    ngx.say((s:gsub("\r", "\\r"):gsub("Host: [^\\]*", "Host: H")))
end
show(ngx.req.raw_header())
show(ngx.req.raw_header(true))
show(ngx.req.raw_header(false))
show(ngx.req.raw_header(nil))
ngx.req.set_header("X-One", "changed")
ngx.req.set_uri("/other")
show(ngx.req.raw_header("yes"))
