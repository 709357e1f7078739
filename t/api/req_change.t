# tags: prefork
# ngx.req: the head as it was sent, and what others see of what Lua changes.
# What the functions give to Lua is in t/compare/cases/req.

use LuaCo::Test;
use LuaCo::Backend;

my $site = '/api/req_change/site';
my $lua  = '/api/req_change/lua';

subtest 'the head byte for byte' => sub {
    for my $row (
        [ 'usual', "GET $lua/raw HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-twice:  2 \r\n\r\n", '1|2' ],
        [ 'LF alone', "GET $lua/raw HTTP/1.1\nHost: a\n\n", 'nil' ],
        [ 'a fold', "GET $lua/raw HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\n  more\r\nX-Twice: 2\r\n\r\n", '1 more|2' ],
        [ 'HTTP/1.0', "GET $lua/raw HTTP/1.0\r\nX-Twice: 1\r\n\r\n", '1' ],
        )
    {
        my ($name, $head, $values) = @$row;
        my $c = raw();
        $c->send($head);
        my $r = $c->response;
        next if $name eq 'LF alone' && $r->status == 400;    # strict
        is $r->body, "$values\n$head", $name;
        $c->close;
    }
    my $long = "GET $lua/raw?sleep HTTP/1.1\r\nHost: a\r\n"
        . join('', map { "X-$_: " . ('v' x 500) . "\r\n" } 1 .. 60)
        . "X-Long: " . ('y' x 8000) . "\r\n\r\n";
    for my $tls (0, 1) {
        my $c = raw(tls => $tls);
        $c->send("\r\n");
        $c->send($_) for $long =~ /(.{1,777})/gs;
        is $c->response->body, "nil\n$long", "split over packets, tls $tls";
        my ($a, $b) = map {"GET $lua/raw?$_ HTTP/1.1\r\nHost: a\r\nX-N: $_\r\n\r\n"} 'first', 'sleep';
        my $post = "POST $lua/raw?noline=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            . "3\r\nabc\r\n0\r\n\r\n";
        $c->send($a . $b . $post . $a);
        is $c->response->body, "nil\n$a", 'pipelined: the first';
        is $c->response->body, "nil\n$b", 'the second';
        is $c->response->body, "nil\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 'one with a body';
        is $c->response->body, "nil\n$a", 'the one after it';
        $c->close;
    }
};

subtest 'the log phase' => sub {
    my $log  = error_log();
    my @heads = map {"GET $lua/raw?$_ HTTP/1.1\r\nHost: a\r\n\r\n"} 'x', 'xxxx', 'xxxxxxx';
    my $c = raw();
    $c->send(join '', @heads);
    $c->response for @heads;
    for (@heads) {
        my $n = length;
        ok $log->wait_for(qr/head of $n bytes, $n\./), "$n bytes";
    }
};

subtest 'a head that is refused' => sub {
    my $c = raw(port => port('reqbad'));
    $c->send("GET /x HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n");
    is $c->response->body, "bad [GET /x HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n] true", 'what was read of it';
};

like curl('--http2-prior-knowledge', '-H', 'X-A: 1',
    'http://127.0.0.1:' . config('port') . "$lua/h2"),
    qr/^http2 requests not supported yet 1$/, 'HTTP/2'
    if mpm() ne 'prefork';

requests(
    map({
            my $more = $_;
            {   name    => "another file, $more",
                get     => "$site/from?to=$site/a/two.txt&$more",
                body    => "file two\n",
                headers => { 'X-Place' => 'from', 'Content-Type' => qr{^text/plain} },
            },
            {   name   => "a directory that is closed, $more",
                get    => "$site/from?to=$site/closed/secret.txt&$more",
                status => 403,
            },
            {   name   => "with dots, $more",
                get    => "$site/from?to=$site/a/../closed/secret.txt&$more",
                status => 403,
            },
        } 'stay', 'park', 'thread'),
    { name => 'dots that stay inside', get => "$site/from?to=$site/closed/../a/./one.txt", body => "file one\n" },
    {   name   => 'above the root', get => "$site/from?to=/../etc/passwd",
        status => 400, log => qr{no path of this server: "/../etc/passwd"},
    },
    { name => 'no path', get => "$site/from?to=x", status => 400 },
    { name => 'no file', get => "$site/from?to=$site/none", status => 404 },
    { name => 'Range', get => "$lua/range", status => 206, body => 'one' },
    { name => 'Host', get => "$lua/host", body => qr/^other\.example Other\.Example:99\n\S+ nil\n$/ },
    { name => 'late phases', get => "$lua/late", body => "x\n", log => qr/late 2 false true\./ },
);

subtest 'a backend' => sub {
    my $b = LuaCo::Backend->start(
        port   => port('reqback'),
        answer => sub {
            my ($request) = @_;
            return LuaCo::Backend::http($request, 'X-Back' => 'yes');
        },
    );
    for my $more ('stay', 'park') {
        my $body = get("/api/req_change/proxy?$more",
            headers => [ 'X-Gone' => 1, 'X-Kept' => 2, Cookie => 'old' ])->body;
        like $body, qr{^PUT /new%20path\?q=a%20b&r=%20 HTTP/1\.1\r\n}, "request line, $more";
        like $body, qr{^X-Many: 1, 2\r$}m, 'several values';
        like $body, qr{^X-Bad: a%0D%0AX-Injected: 1\r$}m, 'escaped';
        like $body, qr{^Cookie: a=1; b=2\r$}m, 'cookies';
        like $body, qr{^X-Kept: 2\r$}m, 'the others';
        unlike $body, qr{X-Gone}, 'cleared';
    }
    my $c = raw();
    $c->send("HEAD /api/req_change/head HTTP/1.1\r\nHost: a\r\n\r\n"
            . "GET $lua/host HTTP/1.1\r\nHost: a\r\n\r\n");
    my $r = $c->response('HEAD');
    is $r->header('X-Back'), 'yes', 'HEAD that Lua made a GET';
    like $c->response->body, qr/^other/, 'no body came with it';
    $b->stop;
};

subtest 'GET that Lua made a HEAD' => sub {
    my $c = raw();
    $c->send("GET $lua/tohead HTTP/1.1\r\nHost: a\r\n\r\n");
    my $r = $c->response('HEAD');
    is $r->status, 200, 'its headers';
    ok $c->closed, 'the connection ends';
};

subtest 'lengths that lie do not shift requests' => sub {
    my $next = "GET $lua/host HTTP/1.1\r\nHost: a\r\n\r\n";
    for my $row (
        [ 'shorter',  '?length=2' ],
        [ 'longer',   '?length=200' ],
        [ 'cleared',  '?length=2&clear' ],
        )
    {
        my ($name, $args) = @$row;
        for my $body ("Content-Length: 10\r\n\r\n0123456789", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") {
            my $c = raw();
            $c->send("POST $lua/lengths$args HTTP/1.1\r\nHost: a\r\n$body$next");
            is $c->response->status, 200, $name;
            like $c->response->body, qr/^other\.example/, 'the next request';
            $c->close;
        }
    }
};

done_testing;
