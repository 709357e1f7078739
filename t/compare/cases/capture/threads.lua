-- also: /sub content _sub.lua
-- order: trace
local function go(args)
    local res = ngx.location.capture("/sub?" .. args)
    ngx.say(args, ": ", res.status, " ", res.body)
    return args
end
local t = {}
for i, args in ipairs{ "say=a&late=0.06", "say=b", "say=c&sleep=0.02" } do
    t[i] = ngx.thread.spawn(go, args)
end
ngx.say("spawned")
for i = 1, 3 do ngx.say(ngx.thread.wait(t[i])) end
