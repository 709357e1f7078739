-- phase: header_filter
-- compare: log
-- ignore: body, end, status, Content-Type, Last-Modified, X-A
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_table.lua")
