-- The body's variables.
-- method: POST
-- body: abc
local function show(what)
    local v = ngx.var
    ngx.say(what, ": ", v.request_body, " ", v.request_body_file)
end
show("before")
ngx.req.read_body()
show("read")
ngx.req.set_body_data("longer")
show("set")
ngx.req.set_body_data("")
show("empty")
ngx.req.init_body(2)
ngx.req.append_body("abcdef")
ngx.req.finish_body()
ngx.say(ngx.var.request_body, " ", ngx.var.request_body_file ~= nil)
ngx.say(pcall(function() ngx.var.request_body = "x" end))
ngx.say(pcall(function() ngx.var.request_body_file = "x" end))
