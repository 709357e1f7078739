-- Walks the table of t/compare/cases/phase/_apis.lua in the phase it runs in;
-- ?n=2 ends by the second of the functions that do not return.
local dir = TABLE_DIR
local phase = table_phase or ngx.get_phase()
local ok, n = pcall(function () return tonumber(ngx.var.arg_n) end)

dofile(dir .. "/_apis.lua").walk(phase, ok and n or 0, function (text)
    ngx.log(ngx.ERR, "TABLE wrong: ", text)
end)
ngx.log(ngx.NOTICE, "TABLE walked: ", phase, " to its end.")
