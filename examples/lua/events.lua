-- Server-sent events for a minute.  Between two of them, and while a slow
-- client takes its time, the request holds no thread.
ngx.header["Content-Type"] = "text/event-stream"
ngx.header["Cache-Control"] = "no-cache"

for i = 1, 60 do
    if i > 1 then
        ngx.sleep(1)
    end
    ngx.say("id: ", i)
    ngx.say("data: event ", i, " of 60 at ", os.date("%H:%M:%S"))
    ngx.say("")
    if not ngx.flush(true) then
        return          -- the client is gone
    end
end
ngx.say("event: end\ndata: that was it\n")
