-- ngx.re.find: the argument nth, ctx, and how many values come back.
local function show(...)
    local t = {}
    for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
    ngx.say(#t, ": ", table.concat(t, " "))
end
local find = ngx.re.find
for nth = -1, 4 do
    show(find("hello, 1234", "([0-9])([0-9]+)|(x)", "jo", nil, nth))
end
show(find("hello, 1234", "([0-9])([0-9]+)", "jo", nil, 2.0))
show(find("hello, 1234", "([0-9])([0-9]+)", "jo", nil, false))
show(find("hello, 1234", "(x)?([0-9]+)", "", nil, 1))
show(find("hello, 1234", "([0-9]+)(x)?", "", nil, 2))
show(find("hello, 1234", "(a|b)", "d", nil, 1))
show(find("hello", "nothing"))
show(find("hello", "(nothing)", "", nil, 7))
show(find("hello", ""))
show(find("", ""))
local ctx = {}
repeat
    local from, to = find("a1b22c333", "[0-9]+", "jo", ctx)
    show(from, to, ctx.pos)
until not from
ctx = { pos = 3 }
show(find("a1b22c333", "nothing", "jo", ctx), ctx.pos)
show(find("a1b22c333", "(b)", "jo", ctx, 3), ctx.pos)
