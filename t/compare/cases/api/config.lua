-- ngx.config.
local c = ngx.config
ngx.say(type(c.debug), " ", c.subsystem, " ", type(c.nginx_version), " ", type(c.ngx_lua_version))
ngx.say(type(c.prefix()), " ", c.prefix():sub(-1), " ", type(c.nginx_configure()))
ngx.say(c.nginx_version > 1000000, " ", c.ngx_lua_version >= 10023)
