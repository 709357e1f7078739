-- Lines, sizes, everything, and what is left when the peer closes.
local function try(name, orders, ...)
    local sock = ngx.socket.tcp()
    sock:settimeout(3000)
    assert(sock:connect("127.0.0.1", @PEER@))
    ngx.say(name, ": sent ", sock:send(orders .. "\n") == #orders + 1)
    for i = 1, select("#", ...) do
        local how = select(i, ...)
        local function show(...)
            local t = {}
            for k = 1, select("#", ...) do
                local v = select(k, ...)
                t[k] = type(v) == "string" and ("%q"):format(v) or tostring(v)
            end
            ngx.say("  ", tostring(how), ": ", table.concat(t, ", "))
        end
        if type(how) == "table" then
            show(sock:receiveany(how[1]))
        elseif how == "" then
            show(sock:receive())
        else
            show(sock:receive(how))
        end
    end
    ngx.say("  close: ", sock:close())
end

try("lines", "S:one%0Atwo%0D%0Ath%0Dree%0A%0A C", "", "*l", "*l", "*l", "*l", "*l")
try("line by byte", "D:hello%20world%0Aagain%0A C", "", "*l", "*l")
try("no end", "S:half C", "*l", "*l")
try("no end, CR", "S:half%0D C", "*l", "*l")
try("sizes", "S:0123456789 C", 3, "4", 0, 5, 5)
try("size by byte", "D:0123456789 C", 3, 4, 3, 1)
try("all", "S:0123456789 W:0.01 S:abc C", "*a", "*a", "*l", "*a")
try("all of nothing", "C", "*a", "*a", 1)
try("line then all", "S:one%0Atwo%0Athree C", "*l", "*a", "*a")
try("any", "S:0123456789 W:0.05 S:abc C", {4}, {100}, {100}, {100})
try("any of nothing", "C", {4}, {4})
try("size 0", "S:x C", 0, 1.9, 1)
