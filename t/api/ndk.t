# tags: prefork hardlua
# ndk.set_var: what set-misc-nginx-module's documentation says of its
# directives (the oracle does not have that module).

use LuaCo::Test;

requests(
    {   name => 'the directives',
        get  => '/api/ndk/values',
        body => <<'END',
set_escape_uri hello%20world%2F%3F
set_unescape_uri hello world!
set_quote_sql_str 'hello\n\r\'\"\\\$'
set_quote_pgsql_str E'hello\n\r\'\"\\\$'
set_quote_json_str "hello\n\r'\"\\$"
set_quote_sql_str ''
set_quote_pgsql_str ''
set_quote_json_str null
set_encode_base64 YWJjZGU=
set_decode_base64 abcde
set_encode_base64url YWJjZGU
set_decode_base64url abcde
set_encode_hex 6162636465
set_decode_hex abcde
set_encode_base32 c5h66p35
set_decode_base32 abcde
set_decode_base32 
set_md5 5d41402abc4b2a76b9719d911017c592
set_sha1 aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d
set_md5 6512bd43d9caa6e02c990b0a82652dca
set_md5 852438d026c018c4307b916406f98c62
END
    },
    {   name => 'errors',
        get  => '/api/ndk/errors',
        body => <<'END',
calling directive set_decode_hex failed with code -1
calling directive set_decode_hex failed with code -1
calling directive set_decode_base64 failed with code -1
calling directive set_decode_base64url failed with code -1
calling directive set_secure_random_alphanum failed with code -1
calling directive set_secure_random_alphanum failed with code -1
calling directive set_secure_random_alphanum failed with code -1
calling directive set_secure_random_lcalpha failed with code -1
ndk.set_var: directive "set_hmac_sha1" not found or does not use ndk_set_var_value
ndk.set_var: directive "1" not found or does not use ndk_set_var_value
not allowed
END
    },
    {   name => 'times and random strings',
        get  => '/api/ndk/varying',
        body => "true true true\n[] [] 200\n64 64 1 true true true\n",
    },
    {   name => 'elsewhere',
        get  => '/api/ndk/phases',
        body => "access 61\nthread 61\nlater 61\n",
        log  => qr/late: 61$/,
    },
);

subtest 'in LuaCoInit' => sub {
    my $s = LuaCo::Server->new(conf => <<'CONF');
<LuaCoInit>
    local f = ndk.set_var.set_encode_hex
    ngx.log(ngx.ERR, "init: ", (select(2, pcall(f, "a"))))
</LuaCoInit>
<LuaCoInitWorker>
    ngx.log(ngx.ERR, "worker: ", ndk.set_var.set_encode_hex("a"))
</LuaCoInitWorker>
CONF
    $s->start;
    ok $s->wait_for_log(qr/init: no request found$/), 'no request';
    ok $s->wait_for_log(qr/worker: 61$/), 'LuaCoInitWorker';
};

done_testing;
