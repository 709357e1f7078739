-- also: /sub content _target.lua
return ngx.exec("/%73ub/a%20b%2fc#d?e#f")
