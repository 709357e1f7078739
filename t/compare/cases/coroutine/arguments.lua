-- order: trace
for _, f in ipairs {"create", "wrap"} do
    ngx.say((select(2, pcall(coroutine[f], 1)):match("^bad argument #1 to .* (%(.*)")))
end
ngx.say((pcall(coroutine.resume, 1)))
ngx.say((pcall(coroutine.status, 1)))
