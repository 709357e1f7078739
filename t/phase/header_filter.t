# tags: prefork hardlua
# LuaCoHeaderFilter over the responses of any producer.

use LuaCo::Test;

sub seen {
    my ($status, $type, $length, $rest) = @_;
    return "$status $type $length header_filter false $rest";
}

requests(
    {   name    => 'a file',
        get     => '/hf/file/hello.txt',
        headers => {
            'X-Filter' => '+',
            'X-Seen'   => seen(200, 'text/plain', 6, 'nil GET /hf/file/hello.txt'),
            'Content-Length' => 6,
            'Accept-Ranges'  => 'bytes',
        },
        body => "hello\n",
    },
    {   name    => 'HEAD of a file',
        method  => 'HEAD',
        uri     => '/hf/file/hello.txt',
        headers => {
            'X-Seen' => seen(200, 'text/plain', 6, 'nil HEAD /hf/file/hello.txt'),
            'Content-Length' => 6,
        },
        body => '',
    },
    {   name    => 'a range of a file',
        get     => '/hf/file/hello.txt',
        send    => [Range => 'bytes=1-2'],
        status  => 206,
        headers => { 'X-Filter' => '+' },
        body    => 'el',
    },
    {   name    => 'a file that has not changed',
        get     => '/hf/file/hello.txt',
        send    => ['If-None-Match' => '*'],
        status  => 304,
        headers => { 'X-Filter' => '+', 'X-Seen' => qr/^304 / },
        body    => '',
    },
    {   name    => 'a file that is not there',
        get     => '/hf/file/nosuch',
        status  => 404,
        headers => { 'X-Filter' => '+', 'X-Seen' => qr{^404 text/html} },
        body    => qr/<h1>Not Found/,
    },
    {   name    => 'HEAD of one',
        method  => 'HEAD',
        uri     => '/hf/file/nosuch',
        status  => 404,
        headers => { 'X-Filter' => '+' },
        body    => '',
    },
    {   name    => 'CGI',
        get     => '/hf/cgi/say.cgi?length=1',
        headers => {
            'X-Cgi'          => 'cgi',
            'X-Seen'         => qr{^200 text/plain nil },
            'X-Filter'       => '+',
        },
        body => "cgi\n",
    },
    {   name    => 'a proxy',
        get     => '/hf/proxy?always=1',
        headers => {
            'X-Backend' => 'mine',
            'X-Seen'    => qr{^200 text/plain 8 header_filter false nil},
        },
        body => "backend\n",
    },
    (   map {
            {   name    => "Lua $_",
                get     => "/hf/lua?s=201&$_",
                status  => 201,
                headers => {
                    'X-Filter' => '+',
                    'X-Lua'    => 'lua',
                    'X-Seen'   => seen(201, 'text/plain', 'nil',
                        'lua GET /hf/lua'),
                },
                body => qr/^one\ntwo\nx*$/,
                log  => qr/after: 1 nil 1 nil true\./,
            }
        } '',
        'sleep=1',
        'flush=1',
        'flush=1&sleep=1&sleep2=1',
        'big=1&sleep=1',
    ),
    (   map {
            {   name    => "an answer of LuaCoAccess$_",
                get     => "/hf/access?$_",
                headers => {
                    'X-Filter'      => '+',
                    'X-Mod-Headers' => 'set',
                    'X-Seen' =>
                        qr{^200 text/plain nil header_filter false access},
                },
                body => "from access\n",
            }
        } '',
        'sleep=1'
    ),
    {   name    => 'server side includes: the subrequest has its own',
        get     => '/hf/ssi/page.shtml',
        headers => { 'X-Filter' => '+' },
        body    => "[inner]\n",
        log     => qr{sub: true /hf/ssi/inner\.},
    },
    {   name    => 'mod_headers comes later',
        get     => '/hf/modheaders',
        headers => { 'X-Filter' => 'by mod_headers' },
        body    => "ok\n",
    },
    {   name    => 'mod_deflate comes later',
        get     => '/hf/deflate',
        send    => ['Accept-Encoding' => 'gzip'],
        headers => { 'Content-Encoding' => 'gzip', 'X-Filter' => '+' },
    },
    {   name    => 'None',
        get     => '/hf/none',
        headers => { 'X-Filter' => undef },
        body    => "no filter\n",
    },
    {   name    => 'type, several values, removal',
        get     => '/hf/file/hello.txt?type=text/x-y&tags=1&etag=1',
        headers => {
            'Content-Type'  => 'text/x-y',
            'Vary'          => 'A,B',
            'ETag'          => undef,
            'Last-Modified' => undef,
        },
        body => "hello\n",
    },
    {   name    => 'a status: the body stays',
        get     => '/hf/file/hello.txt?status=404',
        status  => 404,
        body    => "hello\n",
    },
    {   name   => 'a status without a name',
        get    => '/hf/lua?status=299',
        status => 299,
        body   => "one\ntwo\n",
    },
    {   name   => 'a wrong status',
        get    => '/hf/lua?status=99',
        body   => "one\ntwo\n",
        log    => qr/invalid HTTP status code 99/,
    },
    {   name   => 'too late for HTTP/1.0 no more',
        get    => '/hf/lua?s=201',
        version => '1.0',
        status => 201,
        headers => { 'X-Seen' => qr/^201 /, 'Content-Length' => 8 },
        body   => "one\ntwo\n",
    },
    (   map {
            my $uri = $_;
            (   map {
                    {   name    => "$uri: exit $_",
                        get     => "$uri?exit=$_",
                        status  => $_,
                        headers => { 'X-Filter' => '+', 'X-Lua' => undef },
                        body    => qr/<h1>/,
                    }
                } 403, 404, 500
            ),
            {   name    => "$uri: exit 204",
                get     => "$uri?exit=204",
                status  => 204,
                headers => { 'X-Filter' => '+' },
                body    => '',
            },
            {   name    => "$uri: exit 418",
                get     => "$uri?exit=418",
                status  => 418,
                headers => { 'X-Filter' => '+' },
                body    => '',
            },
            {   name    => "$uri: a redirect",
                get     => "$uri?location=/elsewhere",
                status  => 302,
                headers => { 'Location' => '/elsewhere' },
            },
            {   name    => "$uri: exit 0",
                get     => "$uri?exit=0",
                headers => { 'X-Filter' => '+' },
            },
        } '/hf/file/hello.txt',
        '/hf/cgi/say.cgi',
        '/hf/proxy',
        '/hf/lua',
    ),
    (   map {
            {   name    => "exit while Lua is at work: $_",
                get     => "/hf/lua?exit=403&$_",
                status  => 403,
                headers => { 'X-Filter' => '+', 'X-Lua' => undef },
                body    => qr/<h1>/,
                log     => qr/after: /,
            }
        } 'sleep=1',
        'flush=1',
        'flush=1&sleep=1&sleep2=1',
        'big=1&sleep=1'
    ),
    (   map {
            {   name    => "an ErrorDocument in Lua for exit, $_",
                get     => "/hf/errordoc/$_?exit=404",
                status  => 404,
                headers => { 'X-Page' => '404', 'X-Filter' => undef },
                body    => "page for 404\n",
            },
            {   name    => "an ErrorDocument that is text for exit, $_",
                get     => "/hf/errordoc/$_?exit=403",
                status  => 403,
                headers => { 'X-Filter' => '+' },
                body    => 'short and plain',
            }
        } 'file',
        'lua'
    ),
    {   name   => 'the same status again',
        get    => '/hf/file/nosuch?exit=404',
        status => 404,
        body   => qr/<h1>/,
    },
    {   name   => 'another status than the error',
        get    => '/hf/file/nosuch?exit=410',
        status => 410,
        body   => qr/<h1>Gone/,
    },
    (   map {
            {   name    => "conditional: @$_[1, 2]",
                get     => "/hf/lua?cond=1&$_->[0]",
                send    => [@$_[1, 2]],
                status  => $_->[3],
                headers => { 'X-Filter' => '+', 'X-Seen' => qr/^$_->[3] / },
                body    => $_->[3] == 200 ? "one\ntwo\n"
                    : $_->[3] == 304      ? ''
                    : qr/<h1>/,
            }
        } ['',                'If-None-Match', '"abc"', 304],
        ['sleep=1',           'If-None-Match', '"abc"', 304],
        ['flush=1&sleep=1',   'If-None-Match', '"abc"', 304],
        ['',                  'If-None-Match', '"x"',   200],
        ['',                  'If-Match',      '"x"',   412],
        ['sleep=1',           'If-Match',      '"x"',   412],
        ['flush=1&sleep=1',   'If-Match',      '"x"',   412],
        ['flush=1&sleep2=1',  'If-Match',      '"x"',   412],
    ),
);

# An error ends the response and with it the connection.
for my $uri ('/hf/file/hello.txt', '/hf/file/nosuch', '/hf/cgi/say.cgi',
    '/hf/proxy', '/hf/lua', '/hf/access', '/hf/lua?sleep=1&x=1')
{
    for my $how ('error=1', 'exit=-1') {
        my $log = error_log();
        my $c   = raw();
        $c->request('GET', $uri . ($uri =~ /\?/ ? '&' : '?') . $how);
        ok $c->closed, "$uri $how: the connection closes";
        is $c->read_rest, '', 'nothing was sent';
        ok $log->wait_for(qr/failed to run LuaCoHeaderFilter: .*header boom/),
            'the error is logged'
            if $how eq 'error=1';
    }
}
for my $how ('error_nil', 'error_table') {
    my $log = error_log();
    my $c   = raw();
    $c->request('GET', "/hf/file/hello.txt?$how=1");
    ok $c->closed, "$how: the connection closes";
    ok $log->wait_for(qr/failed to run LuaCoHeaderFilter: /), 'logged';
}

# A pipeline: what was answered before goes out.
{
    my $c = raw();
    $c->send("GET /hf/none HTTP/1.1\r\nHost: a\r\n\r\n"
            . "GET /hf/lua?error=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    is $c->response->body, "no filter\n", 'the answer before an error';
    is $c->read_rest, '', 'and then the end';
}

# By HTTP/2, where requests hold their threads.
if (mpm() ne 'prefork') {
    my $url = 'http://127.0.0.1:' . config('port');
    like curl('-i', '--http2-prior-knowledge', "$url/hf/lua?sleep=1"),
        qr{^HTTP/2 200.*x-filter: \+\r.*\r\n\r\none\ntwo\n$}s, 'HTTP/2';
    like curl('-i', '--http2-prior-knowledge', "$url/hf/file/hello.txt?exit=403"),
        qr{^HTTP/2 403.*x-filter: \+\r.*<h1>}s, 'HTTP/2, exit';
}

done_testing;
