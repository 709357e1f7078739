-- also: /sub content _sub.lua
-- header: X-Client: yes
local function show(uri, opts)
    local res = ngx.location.capture(uri, opts)
    ngx.say(res.status, " ", res.truncated, " [", res.body, "] ", type(res.header), " ", getmetatable(res.header),
        " ", type(res.header["X-Sub"]), " ", res.header["X-Sub"] and #res.header["X-Sub"], " ", res.header["x-sub"])
    local n = 0
    for k in pairs(res) do n = n + 1 end
    ngx.say(n)
end
show("/sub?info=1")
show("/sub?info=1&sleep=0.01")
show("/sub", { args = { info = 1 } })
show("/sub?x=1", { args = "info=1" })
show("/sub?info=1", { method = ngx.HTTP_POST, body = "hello" })
show("/sub?info=1", { method = ngx.HTTP_PUT, body = 12 })
show("/sub?info=1", { method = ngx.HTTP_DELETE })
show("/%73ub?info=1")
show("/sub?spawn=1")
show("/sub?say=x&flush=1")
ngx.ctx.n = 5
show("/sub?info=1")
show("/sub?info=1&ctx=1", { ctx = ngx.ctx })
ngx.say(ngx.ctx.n)
