-- also: /sub content _sub.lua
for _, args in ipairs{ "exit=200", "exit=403", "exit=404", "exit=500", "exit=503", "exit=0", "status=403&say=no",
    "status=201&say=made", "say=x&exit=200", "say=x&exit=404", "err=1", "say=x&err=1", "redirect=1", "exit=-1", "say=x&flush=1&err=1" } do
    for _, sleep in ipairs{ "", "&sleep=0.001", "&late=0.001" } do
        local res = ngx.location.capture("/sub?" .. args .. sleep)
        ngx.say(args, sleep, ": ", res.status, " ", res.truncated, " [", res.body, "] ", res.header.Location)
    end
end
