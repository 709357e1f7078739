-- also: /sub content _close.lua
ngx.location.capture("/sub?exit=444")
ngx.say("not to be seen")
