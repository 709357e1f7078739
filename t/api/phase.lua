-- Calls every function of the API; returns "NAME: RESULT OR ERROR" lines.
local calls = {
    {"say", function() ngx.say("x") end},
    {"print", function() ngx.print("x") end},
    {"flush", function() ngx.flush() end},
    {"eof", function() ngx.eof() end},
    {"send_headers", function() ngx.send_headers() end},
    {"sleep", function() ngx.sleep(0) end},
    {"exit", function() ngx.exit(0) end},
    {"log", function() ngx.log(ngx.DEBUG, "x") end},
    {"get_phase", function() return ngx.get_phase() end},
    {"now", function() return type(ngx.now()) end},
    {"status", function() return type(ngx.status) end},
    {"status=", function() ngx.status = 200 end},
    {"headers_sent", function() return type(ngx.headers_sent) end},
    {"is_subrequest", function() return ngx.is_subrequest end},
    {"header", function() return ngx.header.x_none end},
    {"header=", function() ngx.header.x_none = nil end},
    {"var", function() return ngx.var.x_none end},
    {"var=", function() ngx.var.x_none = nil end},
    {"ctx", function() return type(ngx.ctx) end},
    {"get_method", function() return type(ngx.req.get_method()) end},
    {"http_version", function() return type(ngx.req.http_version()) end},
    {"start_time", function() return type(ngx.req.start_time()) end},
    {"get_headers", function() return type(ngx.req.get_headers()) end},
    {"get_uri_args", function() return type(ngx.req.get_uri_args()) end},
    {"prefix", function() return type(ngx.config.prefix()) end},
}

return function(skip)
    for _, call in ipairs(calls) do
        if not (skip and string.find(" " .. skip .. " ", " " .. call[1] .. " ", 1, true)) then
            local ok, r = pcall(call[2])
            r = tostring(r):gsub("^[^ ]*:%d+: ", "")
            ngx.log(ngx.ERR, ngx.get_phase(), " ", call[1], ": ", ok, " ", r, ".")
        end
    end
end
