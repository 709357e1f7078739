-- phase: rewrite
-- order: trace
-- compare: error
local ok, why = ngx.thread.wait(ngx.thread.spawn(function ()
    error({})
end))
ngx.header["X-Thread"] = tostring(ok) .. type(why)
