ngx.say("again from a file")
