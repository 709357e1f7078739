-- Every byte goes through.
local t = {}
for i = 0, 255 do
    t[#t + 1] = string.char(i)
end
ngx.print(table.concat(t))
ngx.print(t)
ngx.say("a\0b\0")
ngx.print("\r\n\r\n")
