-- Without a request: LuaCoInit.
-- phase: init
-- compare: log
for _, c in ipairs{
    {"say", function() ngx.say("x") end}, {"print", function() ngx.print("x") end},
    {"eof", function() ngx.eof() end}, {"send_headers", function() ngx.send_headers() end},
    {"sleep", function() ngx.sleep(0) end}, {"exit", function() ngx.exit(0) end},
    {"status", function() return ngx.status end}, {"status=", function() ngx.status = 200 end},
    {"headers_sent", function() return ngx.headers_sent end},
    {"is_subrequest", function() return ngx.is_subrequest end},
    {"header", function() return ngx.header.x end}, {"header=", function() ngx.header.x = 1 end},
    {"var", function() return ngx.var.uri end}, {"var=", function() ngx.var.x = 1 end},
    {"ctx", function() return ngx.ctx end}, {"ctx=", function() ngx.ctx = {} end},
    {"method", function() return ngx.req.get_method() end},
    {"start", function() return ngx.req.start_time() end},
    {"headers", function() return ngx.req.get_headers() end},
    {"args", function() return ngx.req.get_uri_args() end},
    {"phase", function() return ngx.get_phase() end},
    {"now", function() return type(ngx.now()) end},
} do
    local ok, r = pcall(c[2])
    ngx.log(ngx.ERR, c[1], ": ", ok, " ", (tostring(r):gsub("^[^ ]*:%d+: ", "")))
end
-- What needs no request.
ngx.log(ngx.ERR, ngx.escape_uri("a b"), " ", ngx.unescape_uri("a%20b"), " ", ngx.encode_base64("a"), " ", ngx.decode_base64("YQ"), " ",
    ngx.crc32_short("a"), " ", ngx.crc32_long("a"), " ", ngx.encode_base64(ngx.hmac_sha1("a", "b")), " ", ngx.md5("a"), " ",
    ngx.encode_base64(ngx.md5_bin("a")), " ", ngx.encode_base64(ngx.sha1_bin("a")), " ", ngx.quote_sql_str("a"), " ", #ngx.today(), " ",
    #ngx.localtime(), " ", #ngx.utctime(), " ", ngx.http_time(0), " ", ngx.cookie_time(0), " ",
    ngx.parse_http_time("Thu Nov 18 11:27:35 2010"), " ", require("ngx.base64").encode_base64url("a"))
