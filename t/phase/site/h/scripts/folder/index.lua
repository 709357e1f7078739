ngx.say("out of a folder")
