-- The target of the other cases: what it sees of the request.
if ngx.var.arg_park then ngx.sleep(0.001) end
ngx.say(ngx.get_phase(), " ", ngx.var.uri, " ", ngx.var.args, " ",
    ngx.req.get_method(), " ", tostring(ngx.req.is_internal()))
ngx.say("status ", ngx.status, " x ", ngx.header.x_before)
