-- Built-in variables cannot be written.
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        ngx.say(name, ": ", ok, " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
for _, n in ipairs{"uri", "document_uri", "query_string", "is_args",
    "request_uri", "request", "request_method", "remote_addr", "host",
    "server_name", "scheme", "https", "server_protocol", "content_length",
    "content_type", "remote_user", "server_addr", "server_port", "remote_port",
    "body_bytes_sent", "bytes_sent", "connection", "connection_requests",
    "status", "hostname", "nginx_version", "pid", "msec", "request_id",
    "request_time", "request_length", "request_filename", "document_root",
    "time_local", "time_iso8601", "binary_remote_addr", "request_completion",
    "http_host", "http_user_agent", "http_referer", "http_via",
    "http_x_forwarded_for", "http_cookie", "sent_http_content_type",
    "sent_http_content_length", "sent_http_location",
    "sent_http_last_modified", "sent_http_connection", "sent_http_keep_alive",
    "sent_http_transfer_encoding", "sent_http_cache_control", "sent_http_link",
    "http_x", "arg_x", "cookie_x", "sent_http_x", ""} do
    try(n, function() ngx.var[n] = "x" end)
    try(n .. " nil", function() ngx.var[n] = nil end)
end
