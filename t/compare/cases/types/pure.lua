-- Wrong arguments of the functions of strings.
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
lib.say{
    {"escape_uri", ngx.escape_uri, "a b", digest = true,
        skip = {["count 2"] = true}},
    {"unescape_uri", ngx.unescape_uri, "a%20b"},
    {"encode_args", ngx.encode_args, {a = 1}},
    {"decode_args", ngx.decode_args, "a=1&b=2", 5},
    {"encode_base64", ngx.encode_base64, "abcd", true, digest = true},
    {"decode_base64", ngx.decode_base64, "YWJjZA=="},
    {"crc32_short", ngx.crc32_short, "a", digest = true},
    {"crc32_long", ngx.crc32_long, "a", digest = true},
    {"hmac_sha1", ngx.hmac_sha1, "k", "v"},
    {"md5", ngx.md5, "a", digest = true},
    {"md5_bin", ngx.md5_bin, "a", digest = true},
    {"sha1_bin", ngx.sha1_bin, "a", digest = true},
    {"quote_sql_str", ngx.quote_sql_str, "a'b"},
}
