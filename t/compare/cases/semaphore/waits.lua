-- phase: content
local semaphore = require "ngx.semaphore"

local function show(...)
    local t = { ... }
    for i = 1, select("#", ...) do
        t[i] = type(t[i]) == "string" and t[i]:gsub("^[^:]*:%d+: ", "") or tostring(t[i])
    end
    ngx.say(table.concat(t, " "))
end

local s = semaphore.new(2)
show(s:count(), s:wait(0))
show(s:count(), s:wait(1))
show(s:count(), s:wait(0))
show(s:wait(0.01))
show(s:count())
show(s:post(), s:count())
show(s:post(3), s:count())
show(s:wait(1), s:count())

-- in the order of coming, those that time out leave the line
s = semaphore.new()
local threads = {}
for i = 1, 4 do
    threads[i] = ngx.thread.spawn(function()
        show(i, "waits", s:count())
        show(i, s:wait(i == 2 and 0.01 or 5))
    end)
end
show(s:count())
ngx.sleep(0.03)
show(s:count())
s:post()
show("posted", s:count())
ngx.sleep(0.01)
s:post(2)
ngx.sleep(0.01)
show(s:count())
for i = 1, 4 do show(ngx.thread.wait(threads[i])) end

-- killed in line
local t = ngx.thread.spawn(function() show("killed", s:wait(5)) end)
show(s:count())
show(ngx.thread.kill(t))
show(s:count())
show(s:post(), s:count())

for _, v in ipairs({ -1, "x", "3", 1.9, {} }) do
    local ok, made = pcall(semaphore.new, v)
    show(ok, ok and made:count() or made)
end
for _, v in ipairs({ 0, -1, "x", "2", 1.9, false }) do
    local ok, err = pcall(s.post, s, v)
    show(ok, err, s:count())
end
for _, v in ipairs({ -1, "0", 0.0001 }) do
    show(pcall(s.wait, s, v))
end
show(pcall(s.wait, s))
show(pcall(s.wait, s, "x"))
for _, self in ipairs({ false, 1, {}, { sem = 1 } }) do
    show(pcall(s.wait, self, 1))
    show(pcall(s.post, self))
    show(pcall(s.count, self))
end
