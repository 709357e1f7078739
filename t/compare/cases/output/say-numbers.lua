-- Numbers are written alike whatever Lua makes of them.
local numbers = {0, -0.5, 1, -1, 1.5, 0.1, 1/3, 100, 1e3, 1e14, 123456789012,
    1e15, 2^31, 2^32, 1e100, -1e100, 1e-5, 1e-10, 123.456, 60/2, 7/2, 3.0, 1/0, -1/0,
    0xff, 1e300 * 1e10, 12345.678901234567, 99999999999999}
for i = 1, #numbers do
    ngx.say(i, ": ", numbers[i])
end
ngx.say({1.0, 2.5, {10/5}})
