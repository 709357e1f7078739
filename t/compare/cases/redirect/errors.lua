-- Wrong arguments, each with its message.
local function try(...)
    local ok, why = pcall(ngx.redirect, ...)
    -- LuaJIT does not know the name of what pcall calls.
    return (tostring(why):gsub("to '[a-z.?]+'", "to F"))
end
local out = {
    try(), try("/a", 301, 1), try(nil), try({}), try(true), try("/x", 200),
    try("/x", 304), try("/x", 306), try("/x", "3o2"), try("/x", nil),
    try("/x", {}), try("/x", 0 / 0), try("/x", 2 ^ 63), try("/a\nb\"\\\200"),
    try("/a\0"), try("/\127"), try("\r"),
}
for _, why in ipairs(out) do
    ngx.say(why)
end
ngx.say(try("/x"))
