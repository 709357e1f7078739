-- A NUL byte in the pattern, empty matches in UTF-8.
ngx.say(ngx.re.find("xa", "x\0b"))
ngx.say(ngx.re.gsub("你好", "", "-", "u"))
ngx.say(ngx.re.find("\xff", ".", "u"))
ngx.say(ngx.re.find("abc", "c", "", { pos = 9 }))
ngx.say(ngx.re.match("a", "(a"))
