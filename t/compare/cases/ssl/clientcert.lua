-- What setclientcert says to objects that are good and others, before any
-- handshake.
local cert = [[
-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUeEUfeII4Ux72o0D/f/nkkNUQiWEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJY2FzZS50ZXN0MB4XDTI2MTEyNDA0NDA1NVoXDTM2MTEyMTA0
NDA1NVowFDESMBAGA1UEAwwJY2FzZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEyDIVaE3gWH90jLwTLE46te1d/fYZBUzVPDdiQJXXrhNC+wg/QLBH568t
/DGbh+inhsCS4zQz3JGqeS12WoKoiqNTMFEwHQYDVR0OBBYEFPzfq7Rnnol1XIVH
DBdTqKyxw6/mMB8GA1UdIwQYMBaAFPzfq7Rnnol1XIVHDBdTqKyxw6/mMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgHQvO2QRRgQmt2o0yZXJe1v8d
7Rv4LFTk8O/u08r2wZsCIQCKvg3WvbNgeBiiQaKnY5lK+YYXq76pnBLnIhwBqo8N
Jg==
-----END CERTIFICATE-----
]]
local key = [[
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcK5+TQ/zYKp10tNq
AX5HJTiGEO5tD5yknBSQ0T16FamhRANCAATIMhVoTeBYf3SMvBMsTjq17V399hkF
TNU8N2JAldeuE0L7CD9AsEfnry38MZuH6KeGwJLjNDPckap5LXZagqiK
-----END PRIVATE KEY-----
]]
local ssl = require "ngx.ssl"
local chain = assert(ssl.parse_pem_cert(cert))
local pkey = assert(ssl.parse_pem_priv_key(key))
local sock = ngx.socket.tcp()

local function try(...)
    local r = {pcall(...)}
    for i = 1, 3 do
        r[i] = tostring(r[i]):gsub("^.-:%d+: ", ""):gsub("userdata", "cdata")
    end
    ngx.say(table.concat(r, " "))
end

try(sock.setclientcert, sock, chain, pkey)
try(sock.setclientcert, sock, nil, nil)
try(sock.setclientcert, sock)
try(sock.setclientcert, sock, chain)
try(sock.setclientcert, sock, nil, pkey)
try(sock.setclientcert, sock, "x", pkey)
try(sock.setclientcert, sock, chain, "x")
try(sock.setclientcert, sock, 1, 2)
try(sock.setclientcert, sock, false, false)
try(sock.sslhandshake, sock)
