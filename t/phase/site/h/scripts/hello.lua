#!/usr/bin/lua
ngx.say("hello ", ngx.var.uri, " ", ngx.req.get_method(), " ",
    tostring(ngx.var.path_info))
