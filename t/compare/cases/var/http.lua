-- http_NAME.
-- header: X-A: 1
-- header: X-A-B: two words
-- header: X-Empty:
-- header: User-Agent: agent/1
-- header: Referer: http://x/
-- header: Content-Type: text/x-t; charset=x
for _, n in ipairs{"x_a", "x_a_b", "x-a", "x_empty", "user_agent", "referer",
    "content_type", "host", "connection", "cookie", "via", "x_forwarded_for"} do
    local v = ngx.var["http_" .. n]
    ngx.say(n, " = ", v == nil and "nil" or "[" .. v .. "]")
end
ngx.say(ngx.var.content_type)
