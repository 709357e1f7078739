-- phase: server_rewrite
-- order: trace
-- A light thread that outlives the entry thread holds the phase.
ngx.thread.spawn(function ()
    ngx.sleep(0.01)
    ngx.header["X-Late"] = "thread"
end)
