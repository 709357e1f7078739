local a = ngx.req.get_uri_args()
if a.sleep then ngx.sleep(tonumber(a.sleep)) end
ngx.header["X-Sub"] = { "1", "2" }
if a.ctx then ngx.ctx.n = (ngx.ctx.n or 0) + 1 end
if a.status then ngx.status = tonumber(a.status) end
if a.say then ngx.say(a.say) end
if a.flush then ngx.flush(true) end
if a.late then ngx.sleep(tonumber(a.late)) end
if a.err then error("on purpose") end
if a.exit then ngx.exit(tonumber(a.exit)) end
if a.redirect then ngx.redirect("/there") end
if a.spawn then
    local t = ngx.thread.spawn(function() ngx.sleep(0.01) ngx.say("thread") end)
    ngx.say("spawned")
    ngx.thread.wait(t)
end
if a.info then
    ngx.req.read_body()
    ngx.say(ngx.req.get_method(), " ", ngx.var.uri, " ", ngx.var.args, " ", ngx.var.request_uri, " ", ngx.is_subrequest, " ",
        ngx.req.is_internal(), " ", ngx.get_phase(), " ", tostring(ngx.req.get_body_data()), " ", tostring(ngx.req.get_headers()["content-length"]),
        " ", tostring(ngx.req.get_headers()["x-client"]), " ", tostring(ngx.ctx.n), " ", ngx.headers_sent)
end
