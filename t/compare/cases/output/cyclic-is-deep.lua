-- Tables 900 deep.
local t = {"x"}
for i = 1, 900 do
    t = {t}
end
ngx.say(t)
