-- Walks the table in the phase it runs in; what is not as there is logged.
-- Without what waits: nginx crashes in the request after one that has read its
-- body and then waited so, and the other cases have that anyway.
local here = debug.getinfo(1, "S").source:match("^@(.*/)")
local t = dofile(here .. "_apis.lua")
for i = #t.apis, 1, -1 do
    local name = t.apis[i][1]
    if name:find("^ngx%.thread") or name == "ngx.sleep"
        or name:find("^coroutine")
    then
        table.remove(t.apis, i)
    end
end
t.walk(ngx.get_phase(), 0, function (text)
    ngx.log(ngx.ERR, "TABLE: ", (text:gsub(": .*", "")))
end)
