# tags: prefork hardlua
# LuaCoBodyFilter over the bodies of any producer.

use LuaCo::Test;

use IO::Uncompress::Gunzip qw(gunzip);
use LuaCo::Backend;
use LuaCo::Util qw(seconds wait_until);

my $file = do {
    open my $fh, '<', 't/phase/site/filter/long.txt' or die "long.txt: $!";
    local $/;
    <$fh>;
};
my $length = length $file;

my %framed = ('Content-Length' => undef, 'Transfer-Encoding' => 'chunked');

requests(
    {   name    => 'a file',
        get     => '/bf/file/hello.txt?mode=upper',
        headers => { 'Content-Length' => 6 },
        body    => "HELLO\n",
        log     => qr{calls 1 bytes 6 /bf/file/hello\.txt},
    },
    {   name    => 'a file of several pieces',
        get     => '/bf/file/long.txt?mode=upper',
        headers => {%framed},
        body    => uc $file,
        log     => qr{calls 5 bytes $length /},
    },
    {   name    => 'the same to HTTP/1.0',
        get     => '/bf/file/long.txt?mode=upper',
        version => '1.0',
        headers => { 'Content-Length' => undef, 'Transfer-Encoding' => undef },
        body    => uc $file,
    },
    {   name    => 'more than there was',
        get     => '/bf/file/long.txt?mode=grow',
        headers => {%framed},
        body    => join('',
            map { substr($file, $_ * 32768, 32768) x 3 } 0 .. 4),
    },
    {   name    => 'less than there was',
        get     => '/bf/file/long.txt?mode=count',
        body    => "$length\n",
    },
    {   name => 'nothing',
        get  => '/bf/file/long.txt?mode=drop',
        body => '',
    },
    {   name => 'only looked at',
        get  => '/bf/file/long.txt',
        body => $file,
        log  => qr{bytes $length /},
    },
    {   name => 'the end comes early',
        get  => '/bf/file/long.txt?mode=early',
        body => 'early',
    },
    {   name => 'the end cannot be put off',
        get  => '/bf/file/long.txt?mode=noeof',
        body => $file,
    },
    {   name    => 'HEAD: no body, and no length of another one',
        method  => 'HEAD',
        uri     => '/bf/file/long.txt?mode=upper',
        headers => { 'Content-Length' => undef },
        body    => '',
        no_log  => qr/calls/,
    },
    {   name    => 'a file that has not changed',
        get     => '/bf/file/long.txt?mode=upper',
        send    => ['If-None-Match' => '*'],
        status  => 304,
        headers => { 'Content-Length' => undef },
        body    => '',
        no_log  => qr/calls/,
    },
    {   name   => 'a status without a body',
        get    => '/bf/lua/s204?mode=upper',
        status => 204,
        body   => '',
        no_log => qr/calls/,
    },
    {   name    => 'a range: of what the filter made',
        get     => '/bf/file/hello.txt?mode=brackets',
        send    => [Range => 'bytes=0-1'],
        status  => 206,
        headers => { 'Content-Length' => 2, 'Content-Range' => 'bytes 0-1/8' },
        body    => '[h',
    },
    {   name   => 'an error page',
        get    => '/bf/file/nosuch?mode=brackets',
        status => 404,
        body   => qr/^\[<.*>\n\]$/s,
    },
    {   name   => 'an ErrorDocument: once',
        get    => '/bf/errordoc?mode=brackets',
        status => 404,
        body   => 'page',
    },
    {   name => 'CGI',
        get  => '/bf/cgi/say.cgi?mode=brackets',
        body => "[cgi\n]",
    },
    {   name => 'a proxy',
        get  => '/bf/proxy?mode=brackets',
        body => "[backend\n]",
    },
    {   name => 'a proxy, much',
        get  => '/bf/proxy/long?mode=upper',
        body => 'Y' x 200_000,
        log  => qr/bytes 200000 /,
    },
    {   name => 'server side includes: after them',
        get  => '/bf/ssi/page.shtml?mode=upper',
        body => qr/^\[.*\]\n$/,
    },
    {   name => 'an answer of LuaCoAccess',
        get  => '/bf/access?mode=brackets',
        body => "[from access\n]",
    },
    (   map {
            my ($args, $body) = @$_;
            (   {   name => "Lua $args",
                    get  => "/bf/lua?mode=brackets&$args",
                    body => "[one\ntwo\n$body]",
                },
                {   name => "Lua $args: upper",
                    get  => "/bf/lua?mode=upper&$args",
                    body => uc "one\ntwo\n$body",
                },
                {   name => "Lua $args: early",
                    get  => "/bf/lua?mode=early&$args",
                    body => 'early',
                },
                {   name => "Lua $args: drop",
                    get  => "/bf/lua?mode=drop&$args",
                    body => '',
                },
            )
        } ['',         ''],
        ['sleep=1',    ''],
        ['flush=1',    ''],
        ['flush=1&sleep2=1',                 ''],
        ['big=1&sleep=1',                    'x' x 4194304],
        ['big=flush',                        'x' x 4194304],
        ['big=flush&sleep=1',                'x' x 4194304],
    ),
    {   name => 'Lua that writes nothing',
        get  => '/bf/lua/none?mode=brackets',
        body => '[]',
        log  => qr/calls 1 bytes 0 /,
    },
    {   name    => 'a length that Lua chose: kept',
        get     => '/bf-length/long.txt?n=' . $length,
        headers => { 'Content-Length' => $length },
        body    => uc $file,
    },
    {   name    => 'a length that is too short: the body is held to it',
        get     => '/bf-length/long.txt?n=40000',
        headers => { 'Content-Length' => 40000 },
        body    => uc substr($file, 0, 40000),
        log     => qr/LuaCoBodyFilter: the body is longer than the Content-Length/,
    },
    {   name    => 'a length of nothing',
        get     => '/bf-length/long.txt',
        headers => {%framed},
        body    => uc $file,
    },
    {   name => 'named, without code',
        get  => '/bf-named/long.txt',
        headers => { 'Content-Length' => $length },
        body => $file,
    },
    {   name    => 'all phases',
        get     => '/bf/all',
        headers => { 'X-N' => 3 },
        body    => "content\nthread\nend\n",
        log     => qr/log n true\./,
    },
);

# Compression comes after the Lua, or before it where SetOutputFilter says so.
{
    my $r = get('/bf/gz/long.txt?mode=upper',
        headers => ['Accept-Encoding' => 'gzip']);
    is $r->header('Content-Encoding'), 'gzip', 'compressed';
    my $body = $r->body;
    gunzip \$body => \my $plain;
    is $plain, uc $file, 'after the Lua';

    my $log = error_log();
    $r = get('/bf/zg/long.txt', headers => ['Accept-Encoding' => 'gzip']);
    $body = $r->body;
    gunzip \$body => \$plain;
    is $plain, $file, 'compressed before the Lua';
    ok $log->wait_for(qr/head \s*31 139\./), 'which sees that';
    is get('/bf/zg/long.txt')->body, $file, 'not asked for';
}

# What is too short for its length breaks off: the client can tell.
{
    my $log = error_log();
    my $c   = raw();
    $c->request('GET', '/bf-length/hello.txt?n=100');
    my $rest = $c->read_rest;
    like $rest, qr/\r\n\r\nHELLO\n$/, 'a body too short';
    ok $log->wait_for(qr/the body is shorter than the Content-Length/), 'logged';
}

# Errors: nothing sent yet, so nothing comes; else the body breaks off.
for my $uri ('/bf/file/long.txt', '/bf/file/nosuch', '/bf/cgi/say.cgi',
    '/bf/proxy', '/bf/lua', '/bf/lua?sleep=1', '/bf/access')
{
    my $q = $uri =~ /\?/ ? '&' : '?';
    for my $mode ('error', 'return') {
        my $log = error_log();
        my $c   = raw();
        $c->request('GET', "$uri${q}mode=$mode");
        is $c->read_rest, '', "$uri $mode: nothing comes";
        ok $log->wait_for(qr/failed to run LuaCoBodyFilter: .*body boom/), 'logged'
            if $mode eq 'error';
    }
}
for my $uri ('/bf/file/long.txt', '/bf/lua?flush=1', '/bf/lua?flush=1&sleep2=1',
    '/bf/proxy/long')
{
    my $q = $uri =~ /\?/ ? '&' : '?';
    my $c = raw();
    $c->request('GET', "$uri${q}mode=error_end");
    my $got = $c->read_rest;
    like $got,   qr/^HTTP.1\.1 200 /, "$uri: an error at the end";
    unlike $got, qr/\r\n0\r\n\r\n$/,  'no proper end';
}

# What a slow producer has made reaches the client; the VM is free meanwhile.
{
    my $there = config('t_logs') . "/body_filter.$$";
    my $c = raw();
    $c->request('GET', "/bf/cgi/slow.cgi?$there");
    $c->response_head;
    is $c->read_chunk, "one\n", 'the first line of a slow script';
    is get('/bf/lua?mode=upper')->body, "ONE\nTWO\n", 'others meanwhile';
    open my $fh, '>', $there or die "$there: $!";
    CORE::close $fh;
    is $c->read_chunk, "two\n", 'the second';
    is $c->read_chunk, '', 'the end';
    unlink $there;
}

# The client does not read; then it goes.
for my $uri ('/bf/lua?mode=upper&big=flush', '/bf/lua?mode=upper&big=1&sleep=1',
    '/bf/file/long.txt?mode=grow')
{
    my $c = raw(rcvbuf => 4096);
    $c->request('GET', $uri);
    $c->response_head;
    is get('/bf/lua?mode=upper')->body, "ONE\nTWO\n", "$uri: a client that does not read";
    $c->reset;
}

# 100 MB pass through little memory.
{
    my $dir = config('t_logs') . '/body_filter';
    my $size = 100 * 1024 * 1024;
    mkdir $dir;
    open my $fh, '>', "$dir/big.bin" or die "$dir: $!";
    truncate $fh, $size;
    CORE::close $fh;
    # New connections: each VM is asked.
    my $before;
    $before = raw()->get('/bf/rss')->body for 1 .. 16;
    for my $mode ('upper', 'grow') {
        my $c = raw();
        $c->request('GET', "/bf/big/big.bin?mode=$mode", version => '1.0',
            headers => [Connection => 'close']);
        $c->response_head;
        my ($bytes, $wrong) = (0, 0);
        while (1) {
            my $some = $c->read_some // '';
            last if !length $some;
            $bytes += length $some;
            $wrong++ if $some =~ /[^\0]/;
        }
        is $bytes, $size * ($mode eq 'grow' ? 3 : 1), "100 MB, $mode";
        is $wrong, 0, 'all of it right';
    }
    cmp_ok get('/bf/rss')->body - $before, '<', 24 * 1024, 'in little memory'
        if mpm() ne 'prefork' && ($ENV{LUACO_VARIANT} // 'plain') eq 'plain';
    unlink "$dir/big.bin";
    rmdir $dir;
}

# On the loop, where the request was parked: a worker is needed at the end
# alone (ExtendedStatus and no slot to count in), not for the filters.
for my $args ('', 'flush=1') {
    my $log = error_log();
    my $c   = raw();
    my $r   = $c->get("/bf/loop?$args");
    is $r->body, "LOOP\nEND\n", "on the loop, $args";
    is $r->header('X-Co'), 'co', 'coroutines are Lua\'s own';
    ok $log->wait_for(qr/luaco: park/), 'parked' if mpm() eq 'event';
    get('/bf/lua');
    is $log->count(qr/luaco: unpark/), mpm() eq 'event' ? 1 : 0,
        'and taken up once';
}

# Many at once, on all VMs, subrequests and error pages among them.
{
    my @ask = (
        ['/bf/lua?mode=upper&sleep=1&flush=1', "ONE\nTWO\n"],
        ['/bf/file/hello.txt?mode=upper',      "HELLO\n"],
        ['/bf/file/nosuch?mode=drop',          ''],
        ['/bf/proxy?mode=upper',               "BACKEND\n"],
        ['/bf/ssi/page.shtml?mode=upper',      undef],
        ['/bf/all',                            "content\nthread\nend\n"],
        ['/bf/errordoc?mode=upper',            'page'],
    );
    my $wrong = 0;
    for my $round (0 .. 5) {
        my @c = map { raw() } 1 .. (mpm() eq 'prefork' ? 8 : 24);
        my $i = $round;
        $_->request('GET', $ask[$i++ % @ask][0],
            headers => [Connection => 'close'])
            for @c;
        $i = $round;
        for my $c (@c) {
            my $body = $ask[$i++ % @ask][1];
            my $got = $c->response->body;
            next if !defined $body || $got eq $body;
            $wrong++;
            diag "wanted $body, got $got";
        }
    }
    is $wrong, 0, 'many at once';
}

# By HTTP/2.
if (mpm() ne 'prefork') {
    my $url = 'http://127.0.0.1:' . config('port');
    is curl('--http2-prior-knowledge', "$url/bf/file/long.txt?mode=upper"),
        uc $file, 'HTTP/2';
    is curl('--http2-prior-knowledge', "$url/bf/lua?mode=brackets&sleep=1&flush=1"),
        "[one\ntwo\n]", 'HTTP/2, Lua';
}

done_testing;
