-- What the modules of lua-resty-core have in them.
for _, name in ipairs{"errlog", "base64", "req", "resp", "re"} do
    local module, list = require("ngx." .. name), {}
    for k, v in pairs(module) do list[#list + 1] = k .. " " .. type(v) end
    table.sort(list)
    ngx.say(name, ": ", table.concat(list, ", "), "; ",
        module == package.loaded["ngx." .. name])
end
-- ngx.utils of newer ones is resty.core.utils of this one.
local list = {}
for k, v in pairs(require "resty.core.utils") do list[#list + 1] = k .. " " .. type(v) end
table.sort(list)
ngx.say(table.concat(list, ", "))
