-- also: /sub content _target.lua
return ngx.exec("/sub?x=y", { a = "b c&d" })
