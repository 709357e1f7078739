-- Limits where pairs have no name.
-- args: &&a=1&&=x&b=2&&c=3&d
for max = 0, 9 do
    local args, err = ngx.req.get_uri_args(max)
    local names = {}
    for k, v in pairs(args) do
        names[#names + 1] = k .. "=" .. tostring(v)
    end
    table.sort(names)
    ngx.say(max, ": ", table.concat(names, " "), " ", tostring(err))
end
