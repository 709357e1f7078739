-- ignore: Connection
local function dump(name, h, err)
    local k = {}
    for n, v in pairs(h) do
        k[#k + 1] = n .. "=" .. (type(v) == "table" and "{" .. table.concat(v, ",") .. "}" or v)
    end
    table.sort(k)
    ngx.print(name, ": ", table.concat(k, "; "), " ", tostring(err), " ",
        getmetatable(h) and "meta" or "plain", "\n")
end
ngx.header.x_a = {"1", "2"}
ngx.header["X-MixEd"] = "m"
ngx.header.set_cookie = {"a=1", "b=2", "c=3"}
ngx.header.content_type = "text/x-y"
ngx.header.content_length = nil
local h = ngx.resp.get_headers()
local sample = {}
for _, n in ipairs{"X-A", "x_a", "X_MIXED", "set_cookie", "CONTENT_TYPE", "x-mixed", "nosuch"} do
    local v = h[n]
    sample[#sample + 1] = n .. "=" .. (type(v) == "table" and "{" .. table.concat(v, ",") .. "}" or tostring(v))
end
dump("raw", ngx.resp.get_headers(0, true))
ngx.say("late: ", tostring(ngx.resp.get_headers().x_a[2]))
ngx.say(table.concat(sample, "; "))
