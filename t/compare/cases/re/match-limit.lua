-- A pattern that backtracks without end.
-- nginx-global: lua_regex_match_limit 5000;
-- httpd-global: LuaCoRegexMatchLimit 5000
local s, p = ("a"):rep(40) .. "!", "^(a+)+$"
ngx.say(ngx.re.match(s, p))
ngx.say(ngx.re.match(s, p, "j"))
ngx.say(ngx.re.find(s, p, "jo"))
ngx.say(ngx.re.gsub(s, p, "x"))
ngx.say(ngx.re.gmatch(s, p)())
ngx.say(ngx.re.find("xxa", "a", "jo"))
