-- Nothing has been sent: the page takes the place of what was written.
-- version: 1.0
ngx.header.x_a = "a"
ngx.say("one")
ngx.exit(404)
