-- What a header filter sees of a static file, and changes.
-- phase: header_filter
local h = ngx.header
h.x_seen = table.concat({ngx.status, tostring(ngx.headers_sent), ngx.get_phase(),
    tostring(h.content_type), tostring(h.content_length), ngx.var.uri,
    ngx.req.get_method(), tostring(h.last_modified ~= nil), tostring(h.etag ~= nil),
    tostring(ngx.is_subrequest)}, " ")
h.content_type = "text/x-lua"
h.set_cookie = {"a=1", "b=2"}
h.cache_control = "private"
h.last_modified = nil
ngx.ctx.seen = true
