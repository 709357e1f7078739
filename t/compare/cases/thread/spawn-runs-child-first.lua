-- order: trace
for i = 1, 3 do
    ngx.thread.spawn(function(n)
        ngx.say("thread ", n, " of ", i)
    end, i * 10)
    ngx.say("spawned ", i)
end
ngx.say("end of entry thread")
