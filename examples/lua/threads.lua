-- Ten light threads in one request.  They wait at the same time and end in the
-- order of their naps, so the request takes as long as the longest.
local naps = { 0.7, 0.2, 1.0, 0.5, 0.1, 0.9, 0.4, 0.8, 0.3, 0.6 }

local function nap(number, seconds)
    ngx.sleep(seconds)      -- stands for a question to a slow service
    ngx.say("thread ", number, " is back after ", seconds, " s")
    ngx.flush()
    return seconds
end

local start, threads, sum = ngx.now(), {}, 0

for number, seconds in ipairs(naps) do
    threads[number] = ngx.thread.spawn(nap, number, seconds)
end
for _, thread in ipairs(threads) do
    local ok, seconds = ngx.thread.wait(thread)
    sum = sum + seconds
end

ngx.update_time()
ngx.say(string.format("%.1f s of waiting in %.1f s", sum, ngx.now() - start))
