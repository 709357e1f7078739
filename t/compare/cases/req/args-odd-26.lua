-- Odd query strings.
-- args: &
local args = ngx.req.get_uri_args()
local names = {}
for k, v in pairs(args) do
    names[#names + 1] = #k .. "[" .. k .. "]=" .. type(v) .. "[" .. tostring(v) .. "]"
end
table.sort(names)
ngx.say(#names, " ", table.concat(names, " "))
ngx.say(tostring(ngx.var.args), " ", ngx.var.is_args, " ", ngx.var.request_uri:sub(-5))
