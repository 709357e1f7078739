-- What ngx.say and ngx.print make of each type.
ngx.say("a", 1, 1.5, true, false, nil, ngx.null)
ngx.print("a", 1, 1.5, true, false, nil, ngx.null)
ngx.say()
ngx.say("")
ngx.print()
ngx.print("")
ngx.say(nil)
ngx.say({})
ngx.print({}, "", {})
ngx.say("results ", select("#", ngx.say("x")), " ", ngx.say("y"), " ",
    ngx.print("z"), " ", ngx.print())
