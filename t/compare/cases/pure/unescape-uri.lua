-- ngx.unescape_uri: all that can be wrong with a percent sign.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local show = lib.show
for _, s in ipairs{"", "%", "%4", "%41", "%zz", "%4z", "%z4", "%%41", "+", "a+b", "%2", "%00x", "%ff", "%C3%A9", "%c3%a9", "a%4", "%u0041", "%2B%20",
    "%4%41", "%%%41", "?%41", "a?%41+", "%@0", "%0@", "%G0", "%`0", "%\0000", "\0", "%+1", "% 1", "\255%FF"} do
    show(s, ngx.unescape_uri(s))
end
for _, s in ipairs(lib.strings("%0aAfFgG+?x", 200, 12)) do show(s, ngx.unescape_uri(s)) end
lib.try(ngx.unescape_uri)
