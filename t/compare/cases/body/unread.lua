-- Arguments of a body that was not read.
-- method: POST
-- body: abc
local ok, err = pcall(ngx.req.get_post_args)
ngx.say(ok, " ", (err:gsub(";.*", "")))
