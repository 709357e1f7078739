-- init_body, append_body, finish_body.
-- method: POST
-- body: abc
ngx.req.read_body()
local function show()
    local name, text = ngx.req.get_body_file(), nil
    if name then
        local f = io.open(name)
        text = f:read("*a")
        f:close()
    end
    ngx.say(ngx.req.get_body_data(), " ", name and "file" or nil, " ", text,
        " ", ngx.req.get_headers().content_length)
end
ngx.req.init_body()
ngx.req.append_body(("x"):rep(100))
ngx.req.finish_body()
show()
ngx.req.init_body()
ngx.req.finish_body()
show()
for _, size in ipairs{100, 10, 9, 4, 1, 0} do
    ngx.req.init_body(size)
    ngx.req.append_body("abc")
    ngx.req.append_body("")
    ngx.req.append_body("defgh")
    ngx.req.append_body(12)
    ngx.req.finish_body()
    ngx.print(size, ": ")
    show()
end
