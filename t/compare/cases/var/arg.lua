-- arg_NAME: the first one, undecoded.
-- args: a=1&a=2&b=%20+x&c&=d&e=&ab=3&f=x=y&g=a%26b&&h=1
for _, n in ipairs{"a", "b", "c", "d", "e", "ab", "f", "g", "h", "i", ""} do
    local v = ngx.var["arg_" .. n]
    ngx.say(n, " = ", v == nil and "nil" or "[" .. v .. "]")
end
