-- ngx.parse_http_time
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for _, s in ipairs{"Thu, 18 Nov 2010 11:27:35 GMT", "Thursday, 18-Nov-10 11:27:35 GMT", "Thu Nov 18 11:27:35 2010", "Thu Nov  8 11:27:35 2010", "", "x", ",", " ",
    "Thu,18 Nov 2010 11:27:35 GMT", "Thu, 18 Nov 2010 11:27:35", "Thu, 18 Nov 2010 11:27:3", "Thu, 18 Nov 2010 24:27:35 GMT", "Thu, 31 Nov 2010 11:27:35 GMT",
    "Thu, 29 Feb 2000 11:27:35 GMT", "Thu, 29 Feb 1900 11:27:35 GMT", "Wed, 31 Dec 1969 23:59:58 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 00 Nov 2010 11:27:35 GMT", "x, 18-Nov-69 11:27:35 GMT", "x, 18-Nov-70 11:27:35 GMT", ", 18 nov 2010 11:27:35 GMT", "Thu, 18 Nov 2010 11:27:60 GMT",
    "Thu Nov 8  11:27:35 2010", "Thu Nov 8 11:27:35 2010", "Thu, 18-Nov 2010 11:27:35 GMT", "Thu,    18 Nov 2010 11:27:35 +0500 and more",
    "1 Jan 0400 00:00:00 GMT, 01 Mar 0001 00:00:00", "Thu, 18 Nov 2010\t11:27:35 GMT", "Thu, 18 Nov 2010 11:27:35\0 GMT"} do
    show(s, ngx.parse_http_time(s))
end
for i = 1, 200 do
    local t = i * 16807 * 48271 % 4102444800
    if ngx.parse_http_time(ngx.http_time(t)) ~= t then show("differs", t) end
end
-- one character wrong at each place
for _, s in ipairs{"Thu, 18 Nov 2010 11:27:35 GMT", "Thu Nov 18 11:27:35 2010", "Thu, 18-Nov-10 11:27:35 GMT"} do
    for i = 5, #s do
        for _, c in ipairs{"x", " ", "-", "9", "\0"} do
            if not (c == "x" and s:sub(i, i):find("[ov]")) and not s:sub(i, i):find("[Nov]") then
                local t = s:sub(1, i - 1) .. c .. s:sub(i + 1)
                show(t, ngx.parse_http_time(t))
            end
        end
        show(ngx.parse_http_time(s:sub(1, i)))
    end
end
