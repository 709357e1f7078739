-- In the log phase.
-- phase: log
-- body: abc
-- compare: log
local function short(f, ...)
    local ok, err = pcall(f, ...)
    return tostring(ok) .. " " .. tostring(err):gsub(" context of .*", "")
end
ngx.log(ngx.ERR, short(ngx.req.read_body))
ngx.log(ngx.ERR, short(ngx.req.get_body_data))
ngx.log(ngx.ERR, short(ngx.req.set_body_data, "x"))
ngx.log(ngx.ERR, short(ngx.req.append_body, "x"))
ngx.log(ngx.ERR, short(ngx.req.get_body_file))
