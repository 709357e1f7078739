-- method: POST
-- body: abc
local function show(...)
    local t = {...}
    for i = 1, select("#", ...) do
        t[i] = tostring(t[i]):gsub("^.-:%d+: ", ""):gsub(" %(in .*%)", "")
    end
    ngx.say(table.concat(t, "|"))
end
ngx.req.read_body()
show(ngx.req.socket())
show(ngx.req.get_body_data())
