-- cookie_NAME.
-- header: Cookie: a=1; b = 2 ; c; d=x=y;e=5;f="q r"; g=; aa=7; h=a,b; i=9
for _, n in ipairs{"a", "b", "c", "d", "e", "f", "g", "aa", "h", "i", "j", ""} do
    local v = ngx.var["cookie_" .. n]
    ngx.say(n, " = ", v == nil and "nil" or "[" .. v .. "]")
end
ngx.say(ngx.var.http_cookie)
