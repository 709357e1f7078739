-- ngx.exit in every way: ?code=N, how=plain|thread|child|coroutine|wrap|pcall,
-- before=say|flush|status|header, park=1, sibling=1 (another light thread that
-- still sleeps).
local args = ngx.req.get_uri_args()
local code = args.code == "error" and ngx.ERROR or tonumber(args.code)

if args.sibling then
    ngx.thread.spawn(function () ngx.sleep(3600) end)
end
if args.park then
    ngx.sleep(0.001)
end
if args.before == "say" then
    ngx.say("before")
elseif args.before == "flush" then
    ngx.say("before")
    ngx.flush(true)
elseif args.before == "status" then
    ngx.status = 202
elseif args.before == "header" then
    ngx.header["X-Before"] = "yes"
end

local function leave()
    ngx.exit(code)
    ngx.say("after exit")
end

local how = args.how
if how == "thread" then
    ngx.thread.wait(ngx.thread.spawn(leave))
elseif how == "child" then
    ngx.thread.wait(ngx.thread.spawn(function ()
        ngx.sleep(0.001)
        coroutine.wrap(leave)()
    end))
elseif how == "coroutine" then
    coroutine.resume(coroutine.create(leave))
elseif how == "wrap" then
    coroutine.wrap(function () coroutine.wrap(leave)() end)()
elseif how == "pcall" then
    pcall(leave)
else
    leave()
end
ngx.say("not reached")
