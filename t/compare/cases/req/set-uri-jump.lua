-- ngx.req.set_uri with jump outside of the rewrite phases.
local ok, err = pcall(ngx.req.set_uri, "/foo", true)
ngx.say(tostring(ok), " ", (tostring(err):gsub("^[^ ]*:%d+: ", ""):gsub("context of .*", "context of X")))
ngx.say(ngx.var.uri)
