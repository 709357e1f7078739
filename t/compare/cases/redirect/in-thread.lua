-- From a light thread, with the entry thread asleep.
-- order: trace
ngx.thread.spawn(function ()
    ngx.sleep(0.01)
    ngx.redirect("/from-thread", 303)
end)
ngx.sleep(10)
