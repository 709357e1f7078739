-- request: HEAD /t
-- version: 1.0
ngx.header.x_a = "a"
ngx.say("one")
ngx.header.x_b = "b"
