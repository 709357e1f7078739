ngx.say("begins"
