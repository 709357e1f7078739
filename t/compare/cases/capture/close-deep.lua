-- also: /sub content _close.lua
if ngx.is_subrequest then
    ngx.location.capture("/sub?exit=499")
else
    ngx.location.capture_multi{ { "/t" }, { "/sub?exit=200" } }
end
ngx.say("not to be seen")
