-- A requirement: ?code=N for ngx.exit, park=1 to wait before it, do=WHAT.
local args = ngx.req.get_uri_args()

ngx.log(ngx.NOTICE, "requires, user ", ngx.var.remote_user, ", ",
    ngx.get_phase())
if args.park then
    ngx.thread.wait(ngx.thread.spawn(function () ngx.sleep(0.001) end))
end
if args["do"] == "error" then
    error("on purpose")
elseif args["do"] == "say" then
    ngx.say("no")
elseif args["do"] == "redirect" then
    ngx.redirect("/x")
elseif args["do"] == "header" then
    ngx.header["X-Required"] = "yes"
end
if args.code then
    ngx.exit(args.code == "error" and ngx.ERROR or tonumber(args.code))
end
