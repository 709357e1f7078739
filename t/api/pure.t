# tags: prefork hardlua
# The functions that need no request: the same answers in every phase, after a
# yield and in threads. What they answer to which bytes is compared with nginx
# in t/compare/cases/pure.

use LuaCo::Test;

my $functions = <<'LUA';
local function all()
    local b64 = require "ngx.base64"
    local t = {
        ngx.escape_uri("a b/\195\169"), ngx.escape_uri("a b/?", 0), ngx.unescape_uri("%41%zz+"),
        ngx.encode_base64("a\0b"), ngx.encode_base64("a", true), ngx.decode_base64("YQ=="), tostring(ngx.decode_base64("Y")),
        ngx.decode_base64mime(" Y\r\nQ"), ngx.crc32_short("123456789"), ngx.crc32_long("123456789"),
        ngx.encode_base64(ngx.hmac_sha1("key", "text")), ngx.md5("a"), ngx.encode_base64(ngx.md5_bin("a")),
        ngx.encode_base64(ngx.sha1_bin("a")), ngx.quote_sql_str("a'b"),
        #ngx.today(), #ngx.localtime(), #ngx.utctime(), ngx.time() > 1e9 and ngx.now() > 1e9, ngx.update_time() or "none",
        ngx.http_time(784111777), ngx.cookie_time(784111777), ngx.parse_http_time("Sun, 06 Nov 1994 08:49:37 GMT"),
        b64.encode_base64url("\255\254"), b64.decode_base64url("__4") == "\255\254",
        select(2, pcall(ngx.decode_base64, 1)), select(2, pcall(ngx.quote_sql_str, nil)),
    }
    for i = 1, #t do t[i] = tostring(t[i]) end
    return table.concat(t, "|")
end
LUA

my $expected = join '|', 'a%20b%2F%C3%A9', 'a%20b/%3F', 'A%zz ', 'YQBi',
    'YQ', 'a', 'nil', 'a', 3421780262, 3421780262,
    'Np4pWetJRQM4shJ0j3fY3tdIR7s=', '0cc175b9c0f1b6a831c399e269772661',
    'DMF1ucDxtqgxw5niaXcmYQ==', 'hvfkN/qlp/zhXR3cuerq6jd2Z7g=', "'a\\'b'",
    10, 19, 19, 'true', 'none', 'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT', 784111777, '__4', 'true',
    'string argument only',
    "bad argument #1 to 'ngx.quote_sql_str' (string expected, got nil)";

subtest 'every phase' => sub {
    my $s = LuaCo::Server->new(conf => <<"CONF");
LuaCoVMs 1
<LuaCoInit>
$functions
    ngx.log(ngx.ERR, "init: ", (all():gsub("\\\\", "B")))
</LuaCoInit>
<LuaCoInitWorker>
$functions
    ngx.log(ngx.ERR, "init_worker: ", (all():gsub("\\\\", "B")))
</LuaCoInitWorker>
<LuaCoExitWorker>
$functions
    ngx.log(ngx.ERR, "exit_worker: ", (all():gsub("\\\\", "B")))
</LuaCoExitWorker>
<LuaCoServerRewrite>
$functions
    ngx.ctx.server_rewrite = all()
</LuaCoServerRewrite>
<Location /x>
    LuaCoVirtual On
    <LuaCoSet from_set>
$functions
        return all()
    </LuaCoSet>
    <LuaCoRewrite>
$functions
        ngx.ctx.rewrite = all()
    </LuaCoRewrite>
    <LuaCoPreContent>
$functions
        ngx.ctx.precontent = all()
    </LuaCoPreContent>
    <LuaCoHeaderFilter>
$functions
        ngx.ctx.header_filter = all()
    </LuaCoHeaderFilter>
    <LuaCoBodyFilter>
$functions
        if ngx.arg[2] then ngx.arg[1] = ngx.arg[1] .. ngx.ctx.header_filter .. "\\n" .. all() .. "\\n" end
    </LuaCoBodyFilter>
    <LuaCoAccess>
$functions
        ngx.ctx.access = all()
    </LuaCoAccess>
    <LuaCoHandler>
$functions
        ngx.say(ngx.ctx.server_rewrite)
        ngx.say(ngx.var.from_set)
        ngx.say(ngx.ctx.rewrite)
        ngx.say(ngx.ctx.access)
        ngx.say(ngx.ctx.precontent)
        ngx.say(all())
        ngx.sleep(0.001)
        ngx.say(all())
        ngx.say(select(2, ngx.thread.wait(ngx.thread.spawn(function()
            ngx.sleep(0.001)
            return all()
        end))))
        ngx.say(coroutine.wrap(all)())
    </LuaCoHandler>
    <LuaCoLog>
$functions
        ngx.log(ngx.ERR, "log: ", (all():gsub("\\\\", "B")))
    </LuaCoLog>
</Location>
CONF
    $s->start;
    is $s->raw->get('/x')->body, "$expected\n" x 11,
        'rewrite, set, access, precontent, content (at once, later, in a '
        . 'thread, in a coroutine), filters';
    (my $logged = $expected) =~ tr/\\/B/;
    ok $s->wait_for_log(qr/\Q$_: $logged\E$/), $_
        for qw(init init_worker log);
    $s->graceful_stop;
    ok $s->wait_for_log(qr/\Qexit_worker: $logged\E$/), 'exit_worker';
};

# What the oracle does not have.
requests(
    {   name => 'decode_base64mime',
        get  => '/api/pure/mime',
        body => "abcd abcd nil nil a  a\n"
            . "false string argument only\n" x 4,
    },
    {   name => 'large',
        get  => '/api/pure/large',
        body => "24000000 8000000 10666668 8000000 true\n",
    },
    {   name => 'kinds that are no numbers of a kind',
        get  => '/api/pure/kinds',
        body => qq{false "type" nan out of range\n}
            . qq{false "type" 9.2233720368548e+18 out of range\n}
            . qq{false "type" 9223372036854775807 out of range\n}
            . qq{false "type" is not a number\n},
    },
    {   name => 'ngx.utils',
        get  => '/api/pure/utils',
        body => "true a_b\n"
            . "false bad argument #1 to 'f' (string expected, got nil)\n"
            . "false bad argument #2 to 'f' (character expected)\n"
            . "false bad argument #3 to 'f' (string expected, got table)\n"
            . "false bad argument #3 to 'f' (character expected)\n",
    },
    {   name => 'other values',
        get  => '/api/pure/values',
        body => "30 1e+100 userdata: NULL an object\n"
            . "false '__tostring' must return a string\n"
            . "false on purpose\n"
            . "false attempt to yield across a C-call boundary\n"
            . "Thu, 01 Jan 1970 00:00:00 GMT|Thu, 01-Jan-70 00:00:00 GMT\n" x 3
            . "Fri, 31 Dec 9999 23:59:59 GMT|Fri, 31-Dec-9999 23:59:59 GMT\n",
    },
);

done_testing;
