-- order: trace
ngx.thread.spawn(function()
    ngx.sleep(0.01)
    ngx.say("last word")
    ngx.exit(ngx.OK)
end)
ngx.say("entry done")
