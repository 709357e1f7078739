-- ngx.req.set_uri_args
-- args: a=1
local function try(...)
    local ok, err = pcall(ngx.req.set_uri_args, ...)
    local names = {}
    for k, v in pairs(ngx.req.get_uri_args()) do
        names[#names + 1] = k .. "=" .. (type(v) == "table" and table.concat(v, "|") or tostring(v))
    end
    table.sort(names)
    ngx.say(tostring(ok), " ", (tostring(err):gsub("^[^ ]*:%d+: ", ""):gsub("'[%w_.?]*' %(", "'f' (")), " ",
        tostring(ngx.var.args), " ", ngx.var.is_args, " ", table.concat(names, ","), " ", ngx.var.request_uri)
end
try("b=2&c=3")
try("a b\0\n\127%20+")
try("?x#y")
try({})
try({k = "v w"})
try({k = {1, 2, 3}})
try(5)
try("")
try("z=1")
try()
try(nil)
try(true)
try(print)
try(ngx.null)
try("a", "b")
try({1})
try({a = print})
