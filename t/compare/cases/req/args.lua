-- ngx.req.get_uri_args.
-- args: a=1&b=%20+x&c&=d&e=&a=2&f=x=y&a&g%20h=1&%=2&%zz=3&i=%4&&j=%41%61%&a=3
local function text(v)
    if type(v) == "table" then
        local t = {}
        for i = 1, #v do
            t[i] = tostring(v[i])
        end
        return "{" .. table.concat(t, ",") .. "}"
    end
    return type(v) .. "[" .. tostring(v) .. "]"
end
local args, err = ngx.req.get_uri_args()
local names = {}
for k, v in pairs(args) do
    names[#names + 1] = "[" .. k .. "]=" .. text(v)
end
table.sort(names)
ngx.say(table.concat(names, "\n"))
ngx.say(tostring(err), " ", tostring(getmetatable(args)))
