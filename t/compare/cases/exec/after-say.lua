-- compare: error
ngx.say("said")
ngx.flush(true)
ngx.exec("/t.txt")
