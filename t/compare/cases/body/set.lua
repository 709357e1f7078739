-- set_body_data: what can be seen of it.
-- method: POST
-- header: Content-Type: a/b
-- body: abc
ngx.req.read_body()
local function show()
    local h = ngx.req.get_headers()
    ngx.say(ngx.req.get_body_data(), " ", ngx.req.get_body_file(), " ",
        h.content_length, " ", h.content_type)
end
show()
ngx.req.set_body_data("longer than it was")
show()
ngx.req.set_body_data("x")
show()
ngx.req.set_body_data("")
show()
ngx.req.set_body_data(5)
show()
ngx.req.set_body_data(5.5)
show()
ngx.req.set_body_data("a\0b")
ngx.say(#ngx.req.get_body_data())
ngx.req.set_body_data(("x"):rep(100000))
ngx.say(#ngx.req.get_body_data(), " ", ngx.req.get_headers().content_length)
ngx.req.read_body()
ngx.say(#ngx.req.get_body_data())
