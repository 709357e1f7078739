-- Variables of a plain request.
-- args: a=%20x&B=2&c&d=
for _, n in ipairs{"uri", "document_uri", "args", "query_string", "is_args",
    "request_uri", "request", "request_method", "remote_addr", "host",
    "server_name", "scheme", "https", "server_protocol", "content_length",
    "content_type", "remote_user", "server_addr", "request_completion",
    "body_bytes_sent", "bytes_sent", "connection_requests", "status", "http_host",
    "hostname", "nosuch", "http_nosuch", "arg_nosuch", "cookie_nosuch",
    "sent_http_nosuch", "http_", "arg_", "cookie_", "sent_http_", "http"} do
    local v = ngx.var[n]
    ngx.say(n, " = ", v == nil and "nil" or "[" .. v .. "]")
end
