-- version: 1.0
-- also: /sub content _target.lua
ngx.say("dropped")
ngx.exec("/sub")
