-- ngx.is_subrequest of a main request.
ngx.say(ngx.is_subrequest, " ", type(ngx.is_subrequest))
