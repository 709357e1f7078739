# tags: prefork
# ngx.say, print, flush, eof, send_headers: what the compare cases cannot see.

use LuaCo::Test;

my $uri    = '/api/output/results';
my $all    = 'flush=nil,nothing to flush';
my $closed = 'eof=nil,seen eof';
my $body   = "$all say=1 say=1 flush=1 eof=1 $closed say=nil,seen eof "
    . 'headers=1';
(my $buffered = $body) =~ s/say=1 flush=1/say=1 flush=nil,buffering/;
my $head = "$all say=1 say=nil,header only flush=nil,header only "
    . "eof=nil,seen eof $closed say=nil,header only headers=1";

requests(
    {   name    => 'a plain request',
        get     => $uri,
        headers => { 'Content-Type' => 'text/plain' },
        body    => "one\ntwo\n",
        log     => qr/results: $body$/,
    },
    {   name    => 'HTTP/1.0',
        get     => $uri,
        version => '1.0',
        headers => { 'Transfer-Encoding' => undef, 'Content-Length' => 8 },
        body    => "one\ntwo\n",
        log     => qr/results: $buffered$/,
    },
    {   name    => 'HEAD',
        method  => 'HEAD',
        uri     => $uri,
        headers => { 'Content-Type' => 'text/plain' },
        body    => '',
        log     => qr/results: $head$/,
    },
    {   name => 'HEAD, headers first',
        method => 'HEAD',
        uri    => "$uri?first=headers",
        body   => '',
        log    => qr/results: $all headers=1 say=nil,header only .* eof=1 /,
    },
    {   name   => 'HEAD, an empty print first',
        method => 'HEAD',
        uri    => "$uri?first=empty",
        body   => '',
        log    => qr/results: $all empty=1 say=nil,header only .* eof=1 /,
    },
    {   name   => 'status 204',
        get    => "$uri?status=204",
        status => 204,
        body   => '',
        log    => qr/results: $head$/,
    },
    {   name   => 'status 304',
        get    => "$uri?status=304",
        status => 304,
        body   => '',
        log    => qr/results: $head$/,
    },
    {   name => 'a table that contains itself',
        get  => '/api/output/cyclic',
        body => qr/bad argument #1 to 'say' \(table nested too deeply\)/,
    },
    {   name => 'a thousand tables in tables',
        get  => '/api/output/deep?n=999',
        body => "x true nil\n",
    },
    {   name => 'more than that',
        get  => '/api/output/deep?n=100000',
        body => qr/^ false .*table nested too deeply/,
    },
    {   name => 'sparse and huge arrays',
        get  => '/api/output/sparse',
        body => qr/^(?:\S+: no memory\n){7}$/,
    },
    {   name => 'output of an access phase ends the request',
        get  => '/api/output/access',
        body => "from access\n1\n",
    },
    {   name => 'the same with ngx.eof',
        get  => '/api/output/access?eof=1',
        body => "from access\n1\n",
    },
);

subtest 'an error after output breaks the response off' => sub {
    my $log = error_log();
    my $c   = raw();
    $c->request('GET', '/api/output/error');
    my $r = eval { $c->response };
    is $r, undef, 'no whole response' or diag $r->body;
    like $@, qr/end|close/, 'it ends early';
    ok $log->wait_for(qr/broken off/), 'the error is logged';
};

subtest 'pieces as they were flushed' => sub {
    my $r = get('/api/output/stream');
    is $r->body, "piece 1\npiece 2\npiece 3\n", 'the body';
    is scalar @{ $r->{chunks} }, 3, 'three chunks' or diag explain $r->{chunks};
};

subtest 'long strings' => sub {
    my $all = join '', map {
        '<' . chr(65 + $_ % 26) x (2 * (20000 + $_)) . '>'
    } 1 .. 40;
    is get("/api/output/large?how=$_")->body, $all, $_
        for qw(print table sleep flush);
    is fetch('GET', '/api/output/large', tls => 1)->body, $all, 'TLS';
    is fetch('GET', '/api/output/large', version => '1.0')->body, $all, 'HTTP/1.0';
    is fetch('HEAD', '/api/output/large')->body, '', 'HEAD';
    is curl('--http2-prior-knowledge', '--compressed',
        'http://127.0.0.1:' . config('port') . '/api/output/large?how=sleep'),
        $all, 'HTTP/2'
        if mpm() ne 'prefork';
    for my $how (qw(print sleep flush)) {
        my $c = raw(rcvbuf => 4096);
        $c->request('GET', "/api/output/large?how=$how");
        $c->response_head;
        $c->reset;
    }
    is get('/api/output/large')->body, $all, 'after clients that went';
};

done_testing;
