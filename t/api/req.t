# tags: prefork hardlua
# ngx.req: large requests, repeated headers, versions.

use LuaCo::Test;

my @large = (port => port('large'));

requests(
    {   name => 'repeated headers are a table',
        get  => '/api/req/headers',
        send => ['X-Twice' => 'a', 'x-twice' => 'b'],
        body => "3 nil {a,b} 0\n",
    },
    {   name    => 'HTTP/1.0',
        get     => '/api/req/version',
        version => '1.0',
        body    => "1 GET\n",
    },
    { name => 'HTTP/1.1', get => '/api/req/version', body => "1.1 GET\n" },
    {   name   => 'a method of the client',
        method => 'FROB',
        uri    => '/api/req/version',
        body   => "1.1 FROB\n",
    },
);
like curl('--http2-prior-knowledge',
    'http://127.0.0.1:' . config('port') . '/api/req/version'), qr/^2 GET$/,
    'HTTP/2'
    if mpm() ne 'prefork';

subtest 'many headers' => sub {
    my @many = map { ("X-H$_" => $_) } 1 .. 250;
    my $ask  = sub {
        my ($max) = @_;
        my $r = get("/api/req/headers?max=$max", @large, headers => [@many]);
        return $r->body;
    };
    is $ask->(''),   "100 truncated nil 0\n", 'the default';
    is $ask->(0),    "252 nil nil 0\n",       'no limit';
    is $ask->(252),  "252 nil nil 0\n",       'the exact number';
    is $ask->(251),  "251 truncated nil 0\n", 'one less';
    is $ask->(1),    "1 truncated nil 0\n",   'one';
    is $ask->(1e15), "100 truncated nil 0\n", 'no int';
};

is get(
    '/api/req/headers', @large,
    headers => ['X-Long' => 'x' x 100_000]
)->body, "3 nil nil 100000\n", 'a header of 100 KB';

subtest 'ten thousand arguments' => sub {
    my $query = join '&', map {"k$_=v"} 1 .. 10_000;
    my $ask   = sub {
        my ($max) = @_;
        my $r = get("/api/req/args?$query", @large,
            headers => ['X-Max' => $max]);
        return $r->body;
    };
    is $ask->(''),     "100 truncated\n",  'the default';
    is $ask->(0),      "10000 nil\n",      'no limit';
    is $ask->(10_000), "10000 nil\n",      'the exact number';
    is $ask->(9_999),  "9999 truncated\n", 'one less';
};

done_testing;
