# tags: prefork
# The raw client: pieces, pipelines, slow reading, aborts, resets, TLS, HTTP/2.

use LuaCo::Test;
use LuaCo::Backend;

my $big = 'x' x 99 . "\n";
$big x= 30_000;
LuaCo::Util::spew(config('t_logs') . '/big.txt', $big);

subtest 'pipelined requests' => sub {
    my $c = raw();
    $c->send(
        join '',
        map { LuaCo::Raw::request_text('GET', "/$_") }
            qw(hello.txt nothing hello.txt)
    );
    is join(' ', map { $c->response->status } 1 .. 3), '200 404 200',
        'three answers in order';
    ok !$c->readable(0), 'and nothing more';
};

subtest 'half a request' => sub {
    my $c = raw();
    $c->send("GET /hello.txt HT");
    ok !$c->readable(0.2), 'no answer yet';
    $c->send_slowly("TP/1.1\r\nHost: a\r\n\r\n", 3, 0.01);
    is $c->response->body, "hello\n", 'the other half brings it';
};

subtest 'the parts of a response' => sub {
    my $c = raw();
    my $r = $c->get('/hello.txt');
    is $r->version, '1.1',  'version';
    is $r->reason,  'OK',   'reason';
    is $r->header('content-length'), 6, 'a header';
    is scalar(grep { $_->[0] eq 'Content-Length' } $r->headers), 1,
        'headers as a list';
    $c->request('HEAD', '/hello.txt');
    is $c->response('HEAD')->body, '', 'HEAD';
    $c->request('GET', '/hello.txt', headers => [Connection => 'close']);
    is $c->response->body, "hello\n", 'the last one';
    ok $c->closed, 'closed as asked';
};

subtest 'how a body may end' => sub {
    my %answer = (
        chunked => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            . "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
        interim => "HTTP/1.1 100 Continue\r\n\r\n"
            . "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
            . "HTTP/1.1 204 None\r\nX: a\r\nx: b\r\n\r\n",
        ended => "HTTP/1.0 200 OK\r\n\r\nup to the end",
        short => "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
    );
    my $b = LuaCo::Backend->start(
        answer => sub {
            my ($kind) = $_[0] =~ m{^GET /(\w+)};
            my $last = $kind =~ /ended|short/;
            return ($answer{$kind}, $last ? { close => 1 } : ());
        }
    );
    my $c = LuaCo::Raw->connect(port => $b->port);
    my $r = $c->get('/chunked');
    is $r->body, 'abc0123456789', 'chunked';
    is "@{ $r->{chunks} }", 'abc 0123456789', 'in two chunks';
    $r = $c->get('/interim');
    is $r->status, 204, 'a final status';
    is scalar @{ $r->{interim} }, 2, 'after two others';
    is $r->header('X'), 'a, b', 'a header twice';
    $c->close;
    $c = LuaCo::Raw->connect(port => $b->port);
    $r = $c->get('/ended');
    is $r->body, 'up to the end', 'up to the end of the connection';
    ok $r->{to_close}, 'which it tells';
    $c = LuaCo::Raw->connect(port => $b->port);
    eval { $c->get('/short') };
    like $@, qr/server closed before 9 bytes had come; there was "short"/,
        'less than promised';
};

subtest 'slow reading' => sub {
    my $c = raw(rcvbuf => 4096);
    $c->request('GET', '/bed/big.txt', version => '1.0');
    is $c->response_head->status, 200, 'headers';
    my $first = $c->read_slowly(100, 0.001, 5_000);
    is length $first, 5_000, 'fifty small pieces';
    my $rest = $c->read_rest;
    ok $first . $rest eq $big, 'and the rest, unharmed';
};

subtest 'a reader that goes away' => sub {
    for my $way (qw(close reset)) {
        my $c = raw(rcvbuf => 4096);
        $c->request('GET', '/bed/big.txt');
        $c->read_bytes(1000);
        $c->$way;
        is eval { $c->read_some(1); 1 }, undef, "$way: no more reading";
        is get('/hello.txt')->status, 200, "$way: the server goes on";
    }
};

subtest 'half close' => sub {
    my $c = raw();
    $c->request('GET', '/hello.txt');
    $c->half_close;
    is $c->response->status, 200, 'the answer still comes';
    ok $c->closed, 'then the server closes';
};

subtest 'what does not come' => sub {
    my $c = raw(timeout => 0.1);
    $c->send('GET /');
    eval { $c->response };
    like $@, qr/within .* seconds; there was ""/, 'dies with the reason';
    eval { LuaCo::Raw->connect(port => LuaCo::Util::free_port()) };
    like $@, qr/connect to port/, 'nobody listens';
};

subtest 'a signal while it waits' => sub {
    my $signals = 0;
    local $SIG{ALRM} = sub { $signals++ };
    my $b = LuaCo::Backend->start(
        # Not before the client has had its signals.
        answer => sub { return ({ sleep => 0.3 }, LuaCo::Backend::http('a')) }
    );
    my $c = LuaCo::Raw->connect(port => $b->port);
    $c->request('GET', '/');
    Time::HiRes::setitimer(Time::HiRes::ITIMER_REAL(), 0.05, 0.05);
    my $body = eval { $c->response->body };
    Time::HiRes::setitimer(Time::HiRes::ITIMER_REAL(), 0);
    is $body, 'a', 'the answer' or diag $@;
    cmp_ok $signals, '>', 0, 'there was one';
};

subtest 'TLS' => sub {
    my $c = raw(tls => 1);
    $c->request('GET', '/hello.txt');
    is $c->response->body, "hello\n", 'one';
    $c->request('GET', '/bed/big.txt');
    ok $c->response->body eq $big, 'large';
    ok !$c->readable(0), 'nothing more';
    $c->close;
    my $r = raw(tls => 1, rcvbuf => 4096);
    $r->request('GET', '/bed/big.txt');
    $r->read_slowly(10, 0, 200);
    $r->reset;
    is get('/hello.txt', tls => 1)->status, 200, 'after a reset';
};

SKIP: {
    # mod_http2 does not serve under prefork.
    last SKIP if mpm() eq 'prefork';
    my $port = config('port');
    like curl('--http2-prior-knowledge', '-i',
        "http://127.0.0.1:$port/hello.txt"),
        qr{^HTTP/2 200.*hello$}s, 'HTTP/2 by curl';
    my $ssl = config('sslport');
    my $out = nghttp('-nv', map {"https://127.0.0.1:$ssl/hello.txt?$_"} 1, 2);
    is scalar(() = $out =~ /:status: 200/g), 2, 'two streams by nghttp';
}

done_testing;
