-- Wrong arguments of ngx.re.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local function iterate(...)
    local it = assert(ngx.re.gmatch(...))
    return it()
end
lib.say{
    {"match", ngx.re.match, "hello", "l", "j", lib.fresh, lib.fresh, loose = true},
    {"find", ngx.re.find, "hello", "l", "j", lib.fresh, 0, loose = true,
        skip = {["5 nan"] = true}},
    {"gmatch", iterate, "hello", "l", "j", loose = true},
    {"sub", ngx.re.sub, "hello", "l", "L", "j", loose = true},
    {"gsub", ngx.re.gsub, "hello", "l", "L", "j", loose = true},
}
