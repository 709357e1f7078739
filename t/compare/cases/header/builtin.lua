-- The headers that the server knows itself.
local lines = {}
local function note(...)
    lines[#lines + 1] = table.concat({...})
end
local function text(v)
    if type(v) == "table" then
        return "{" .. table.concat(v, ", ") .. "}"
    end
    return tostring(v)
end
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = text((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        note(name, ": ", tostring(ok), " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
local h = ngx.header
for _, n in ipairs{"content_type", "content_length", "last_modified", "etag",
    "connection", "date", "server", "location", "transfer_encoding"} do
    try("unset " .. n, function() return h[n] end)
end
try("type", function() h.content_type = "text/x-a; charset=utf-8" return h.content_type end)
try("type", function() h["Content-Type"] = "text/x-b" return h.CONTENT_TYPE, ngx.var.sent_http_content_type end)
try("length", function() h.content_length = 12 return h.content_length, ngx.var.sent_http_content_length end)
try("length", function() h.content_length = "13" return h.content_length end)
for _, v in ipairs{"-1", "1x", "x", " 1", "1.5", "99999999999999999999", 1.5, -3, true, "1e3"} do
    try("length " .. text(v), function() h.content_length = v end)
end
try("length nil", function() h.content_length = nil return h.content_length end)
try("modified", function() h.last_modified = "Thu, 18 Nov 2010 11:27:35 GMT" return h.last_modified end)
try("modified 850", function() h.last_modified = "Thursday, 18-Nov-10 11:27:35 GMT" return h.last_modified end)
try("modified wrong", function() h.last_modified = "nonsense" return h.last_modified end)
try("modified nil", function() h.last_modified = nil return h.last_modified end)
try("location", function() h.location = "http://localhost/x" return h.location, ngx.var.sent_http_location end)
ngx.say(table.concat(lines, "\n"))
