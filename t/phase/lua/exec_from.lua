-- What each phase of /from runs: ngx.exec as the arguments say.
return function ()
    local a = ngx.req.get_uri_args()
    if a.where ~= ngx.get_phase() or ngx.req.is_internal() then
        return
    end
    ngx.ctx.from = a.where
    ngx.header.x_from = a.where
    if a.body then ngx.req.read_body() end
    if a.park then ngx.sleep(0.001) end
    local function exec()
        if a.park then ngx.sleep(0.001) end
        ngx.exec(a.to, a.p and "park=1" or nil)
    end
    if a.thread then
        ngx.thread.spawn(function () ngx.sleep(3600) end)
        ngx.thread.spawn(exec)
        ngx.sleep(3600)
    elseif a.co then
        coroutine.wrap(function ()
            pcall(coroutine.wrap(exec))
        end)()
    else
        exec()
    end
    ngx.log(ngx.ERR, "exec returned")
end
