-- What an access check may do, as the query says: ?do=WHAT, &park to wait
-- before it, &code=N for ngx.exit.
local args = ngx.req.get_uri_args()
local what = args["do"]

if args.park then
    ngx.sleep(0.001)
end
if what == "exit" then
    return ngx.exit(tonumber(args.code))
elseif what == "say" then
    ngx.header["X-Said"] = "yes"
    ngx.say("said by the check")
elseif what == "say_exit" then
    ngx.say("said by the check")
    ngx.exit(200)
elseif what == "status_say" then
    ngx.status = 202
    ngx.say("said by the check")
elseif what == "error" then
    error("on purpose")
elseif what == "ngx_error" then
    ngx.exit(ngx.ERROR)
end
