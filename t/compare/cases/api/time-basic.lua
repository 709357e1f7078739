-- ngx.now, ngx.time, ngx.update_time, ngx.req.start_time.
local a, b = ngx.now(), os.time()
ngx.say(type(a), " ", math.abs(a - b) < 3, " ", a < 1e10)
ngx.say(type(ngx.time()), " ", math.abs(ngx.time() - b) < 3, " ", ngx.time() % 1)
ngx.say(select("#", ngx.update_time()))
local ms = a * 1000
ngx.say(math.abs(ms - math.floor(ms + 0.5)) < 0.01)
ngx.sleep(0.05)
local passed = ngx.now() - a
ngx.say(passed > 0.04, " ", passed < 5)
local start = ngx.req.start_time()
ngx.say(type(start), " ", start <= ngx.now(), " ", ngx.now() - start >= 0.04,
    " ", ngx.now() - start < 5, " ", start == ngx.req.start_time())
ngx.say(ngx.now(1, 2) > 0, " ", ngx.time("x") > 0)
