-- version: 1.0
ngx.say("one")
error("boom")
