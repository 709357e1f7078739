-- Limits of ngx.req.get_headers.
-- header: X-H1: 1
-- header: X-H2: 2
-- header: X-H3: 3
-- header: X-H4: 4
-- header: X-H5: 5
-- header: X-H6: 6
-- header: X-H7: 7
-- header: X-H8: 8
-- header: X-H9: 9
-- header: X-H10: 10
-- header: X-H11: 11
-- header: X-H12: 12
-- header: X-H13: 13
-- header: X-H14: 14
-- header: X-H15: 15
-- header: X-H16: 16
-- header: X-H17: 17
-- header: X-H18: 18
-- header: X-H19: 19
-- header: X-H20: 20
-- header: X-H21: 21
-- header: X-H22: 22
-- header: X-H23: 23
-- header: X-H24: 24
-- header: X-H25: 25
-- header: X-H26: 26
-- header: X-H27: 27
-- header: X-H28: 28
-- header: X-H29: 29
-- header: X-H30: 30
-- header: X-H31: 31
-- header: X-H32: 32
-- header: X-H33: 33
-- header: X-H34: 34
-- header: X-H35: 35
-- header: X-H36: 36
-- header: X-H37: 37
-- header: X-H38: 38
-- header: X-H39: 39
-- header: X-H40: 40
-- header: X-H41: 41
-- header: X-H42: 42
-- header: X-H43: 43
-- header: X-H44: 44
-- header: X-H45: 45
-- header: X-H46: 46
-- header: X-H47: 47
-- header: X-H48: 48
-- header: X-H49: 49
-- header: X-H50: 50
-- header: X-H51: 51
-- header: X-H52: 52
-- header: X-H53: 53
-- header: X-H54: 54
-- header: X-H55: 55
-- header: X-H56: 56
-- header: X-H57: 57
-- header: X-H58: 58
-- header: X-H59: 59
-- header: X-H60: 60
local function count(...)
    local h, err = ngx.req.get_headers(...)
    local n = 0
    for k in pairs(h) do
        n = n + 1
    end
    return n .. " " .. tostring(err)
end
ngx.say(count())
ngx.say(count(0))
ngx.say(count(1))
ngx.say(count(10))
ngx.say(count(10.9))
ngx.say(count(62))
ngx.say(count(61))
ngx.say(count(100))
ngx.say(count(-1))
ngx.say(count(-100))
ngx.say(count(nil))
ngx.say(count(false))
ngx.say(count(true))
ngx.say(count(0/0))
ngx.say(count(1/0))
ngx.say(count(2^63))
ngx.say(count(5, true))
for _, v in ipairs{"x", "5", {}, print, ngx.null} do
    ngx.say(pcall(function() ngx.req.get_headers(v) end) == false)
end
