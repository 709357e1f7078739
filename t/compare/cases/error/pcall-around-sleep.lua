-- order: trace
ngx.say(pcall(function()
    ngx.sleep(0.005)
    error("after sleep", 0)
end))
ngx.say(xpcall(function()
    ngx.sleep(0.005)
    error("again", 0)
end, function(e) return "handled " .. e end))
