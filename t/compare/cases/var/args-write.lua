-- Writing args.
-- args: a=1
local function try(name, f)
    local function show(ok, ...)
        local t = {}
        for i = 1, select("#", ...) do
            t[i] = tostring((select(i, ...))):gsub("^[^ ]*:%d+: ", "")
        end
        ngx.say(name, ": ", ok, " ", table.concat(t, " | "))
    end
    show(pcall(f))
end
try("before", function() return ngx.var.args, ngx.var.arg_a, ngx.var.is_args end)
for _, v in ipairs{"b=2&c=3", "", 12, 1.5, true, "x y", "?"} do
    try("= " .. tostring(v), function()
        ngx.var.args = v
        return ngx.var.args, ngx.var.query_string, ngx.var.is_args, ngx.var.arg_b
    end)
end
ngx.var.args = "z=9"
try("uri args", function() return ngx.req.get_uri_args().z, ngx.var.request_uri end)
try("nil", function() ngx.var.args = nil return ngx.var.args, ngx.var.is_args end)
try("case", function() ngx.var.ARGS = "q" return ngx.var.args end)
