-- require "ngx.ssl" on a connection without TLS: certificates and keys can be
-- read, and there is no handshake to be changed.
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
local locked = [[
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,FA78636610C8E10029C6CE36F2451E38

xQIVkPnUinxwz6lkjrEfyn0T2+gILwPYoQ0sf40s+WKx87GicNYzB1R1bPRy7Rub
fLOS5EqvSTiqztdelbZN0XlHKtIsMosCJCQVuKDpVJPcJaNTFHALHjtmFRpHo62t
tdwB288PMhoiVB+o/VR2nOmkRPnDQ1lXupZfLM5g+ZE=
-----END EC PRIVATE KEY-----
]]
local ssl = require "ngx.ssl"

local function say(name, ok, ...)
    local t = {name, tostring(ok)}
    for i = 1, select("#", ...) do
        local v = select(i, ...)
        if type(v) == "string" and #v > 100 then
            v = #v .. " bytes, " .. ngx.crc32_long(v)
        elseif type(v) == "cdata" or type(v) == "userdata" then
            v = "object"
        end
        t[#t + 1] = tostring(v)
    end
    -- what raises does so in words of its own
    ngx.say(table.concat(t, " ", 1, ok and #t or 2))
end
local function try(name, ...)
    say(name, pcall(ssl[name], ...))
end

try("parse_pem_cert", cert)
try("parse_pem_cert", cert .. cert)
try("parse_pem_cert", "garbage\n" .. cert .. "garbage\n")
try("parse_pem_cert", cert .. cert:sub(1, 200))
try("parse_pem_cert", key)
try("parse_pem_cert", "")
try("parse_pem_cert", "x")
try("parse_pem_cert", nil)
try("parse_pem_cert", {})
try("parse_pem_cert", 12)
try("parse_pem_priv_key", key)
try("parse_pem_priv_key", cert)
try("parse_pem_priv_key", "")
try("parse_pem_priv_key", nil)
try("cert_pem_to_der", cert)
try("cert_pem_to_der", cert .. cert)
try("cert_pem_to_der", "x")
try("cert_pem_to_der", nil)
try("priv_key_pem_to_der", key)
try("priv_key_pem_to_der", key, "whatever")
try("priv_key_pem_to_der", locked, "pass")
try("priv_key_pem_to_der", locked, "wrong")
try("priv_key_pem_to_der", locked, {})
try("priv_key_pem_to_der", cert)
try("priv_key_pem_to_der", nil)

for _, name in ipairs{"clear_certs", "get_tls1_version",
    "get_tls1_version_str", "raw_client_addr", "raw_server_addr",
    "server_name", "server_port"} do
    try(name)
end
try("set_der_cert", "x")
try("set_der_cert", nil)
try("set_der_priv_key", "x")
try("set_der_priv_key", nil)
try("set_cert", ssl.parse_pem_cert(cert))
try("set_cert", nil)
try("set_cert", "x")
try("set_priv_key", ssl.parse_pem_priv_key(key))
try("set_priv_key", nil)
try("set_priv_key", "x")
try("verify_client", ssl.parse_pem_cert(cert), 1)
try("verify_client")
try("verify_client", "x")

for _, name in ipairs{"SSL3_VERSION", "TLS1_VERSION", "TLS1_1_VERSION",
    "TLS1_2_VERSION", "TLS1_3_VERSION"} do
    ngx.say(name, " ", ssl[name])
end
