-- A phase that notes that it ran and does what the query asks of it:
-- PHASE=WHAT (rewrite=exit&code=403); park=PHASE or park=all to wait first.
local phase = ngx.get_phase()
local args = ngx.req.get_uri_args()

ngx.ctx.steps = ngx.ctx.steps or {}
table.insert(ngx.ctx.steps, phase)
if args.park == phase or args.park == "all" then
    ngx.sleep(0.001)
end
local code = args.code == "error" and ngx.ERROR or tonumber(args.code)
local what = args[phase]

if what == "exit" then
    ngx.exit(code)
elseif what == "say" then
    ngx.say("said in ", phase)
elseif what == "say_exit" then
    ngx.say("said in ", phase)
    ngx.exit(code)
elseif what == "header" then
    ngx.header["X-Phase"] = phase
elseif what == "status" then
    ngx.status = 202
elseif what == "redirect" then
    ngx.redirect("/elsewhere?a=b c", code)
elseif what == "error" then
    error("on purpose in " .. phase)
elseif what == "thread" then
    local t = ngx.thread.spawn(function ()
        ngx.sleep(0.001)
        table.insert(ngx.ctx.steps, "thread")
    end)
    ngx.thread.wait(t)
elseif what == "thread_exit" then
    ngx.thread.spawn(function ()
        ngx.sleep(0.001)
        ngx.exit(code)
    end)
    ngx.sleep(3600)
elseif what == "sleep" then
    ngx.log(ngx.NOTICE, "sleeps in ", phase)
    ngx.sleep(3600)
end
