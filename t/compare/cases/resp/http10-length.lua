-- A length that Lua knows: nothing is held back.
-- version: 1.0
-- compare: Content-Length
ngx.header.content_length = 4
ngx.say("one")
