-- ndk.set_var has no directives here.
ngx.say(type(ndk), " ", type(ndk.set_var))
local ok, e = pcall(function() return ndk.set_var.set_nosuch end)
ngx.say(ok, " ", (e:gsub("^.-:%d+: ", "")))
ok, e = pcall(function() ndk.set_var.x = 1 end)
ngx.say(ok, " ", (e:gsub("^.-:%d+: ", "")))
