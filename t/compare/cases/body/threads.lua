-- A light thread reads.
-- method: POST
-- body: abc
-- order: trace
local t = ngx.thread.spawn(function()
    ngx.req.read_body()
    return ngx.req.get_body_data()
end)
ngx.say(ngx.thread.wait(t))
ngx.req.read_body()
ngx.say(ngx.req.get_body_data())
