-- also: /sub content _target.lua
return ngx.exec("/sub?a=1", "b=%20")
