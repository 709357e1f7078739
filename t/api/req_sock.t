# tags: prefork hardlua
# ngx.req.socket(): the request body as a socket.

use Digest::MD5 qw(md5_hex);
use LuaCo::Test;
use LuaCo::Util qw(wait_until);

my $base    = '/api/req_sock';
my $chunked = ['Transfer-Encoding' => 'chunked'];

sub chunks {
    return join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @_) . "0\r\n\r\n";
}

sub post {
    my ($what, $body, @headers) = @_;
    return fetch('POST', "$base/$what", body => $body, headers => [@headers])
        ->body;
}

sub text {
    my ($what, $body, @more) = @_;
    return LuaCo::Raw::request_text('POST', "$base/$what", body => $body,
        @more);
}

# ---- what is read ----

my $large = join('', map { sprintf '%05d', $_ * 5 % 100_000 } 0 .. 60_000);
my %cases = (
    line => ["one\r\ntwo\nthree", "one\ntwo\nnil|closed|three\nnil|closed\n"],
    size => ['abcdefgh', "abc\n\nnil|closed|defgh\nnil|closed\n"],
    all  => ['abcdefgh', "abcdefgh\n\n"],
    any  => ['x' x 10_000, "10000|closed|\n"],
    until => [
        "a--e--end12345678\r\n\r\nrest",
        "a--e--end\n1234\n5678\n\nnil|nil|nil\nrest\n"
    ],
    count => [$large, '300005|' . md5_hex($large) . "|closed\n"],
);

for my $tls (0, 1) {
    for my $name (sort keys %cases) {
        my ($body, $want) = @{ $cases{$name} };
        my $n = length($body) > 100 ? 4000 : 1;
        for my $more ('', '&sleep=1') {
            my $uri = "read?do=$name$more";
            my $c   = raw(tls => $tls);
            $c->send(text($uri, $body));
            is $c->response('POST')->body, $want, "$uri, TLS $tls";
            $c->send(text($uri, chunks($body =~ /(.{1,$n})/gs),
                headers => [@$chunked]));
            is $c->response('POST')->body, $want, '... in chunks';
            $c->send_slowly(text($uri, $body), $n, 0.001);
            is $c->response('POST')->body, $want, '... slowly';
            $c->send(text($uri, $body) x 2);
            is $c->response('POST')->body, $want, "... pipelined $_"
                for 1, 2;
        }
    }
}

is post('read?do=all', chunks(), @$chunked), "\n\n", 'chunked and empty';
is post('read?do=all', ''), "no body\n", 'empty';
is get("$base/read?do=all")->body, "no body\n", 'none';
is get("$base/read?do=all", headers => ['Content-Length' => 0])->body,
    "no body\n", 'its length is 0';

# In pieces of a chunked response.
sub told {
    my ($c, $end) = @_;
    return $c->read_until($end) =~ s/^[0-9a-f]+\r\n//mgr =~ s/\r\n//gr;
}

{
    my $c = raw();
    $c->send("POST $base/read?do=timeout HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 10\r\n\r\nabc");
    is $c->response_head->status, 200, 'timeouts';
    is told($c, "timeout|\n"), "nil|timeout|abc\nnil|timeout|\n",
        'the partial data is given once';
    $c->send('defghij');
    is told($c, "0\r\n\r\n"), "defghij\n", 'the rest';
}

subtest 'Expect: 100-continue' => sub {
    my $c = raw();
    $c->send("POST $base/read?do=all HTTP/1.1\r\nHost: x\r\n"
            . "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    is $c->read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n", 'asked for';
    $c->send('abc');
    is $c->response('POST')->body, "abc\n\n", 'and read';
    $c->send("POST $base/other?do=discarded HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\na");
    is $c->response_head->status, 200, 'discarded';
    is told($c, "discarded\n"), "nil|request body discarded\n", '...';
    $c->send('bc');
    is told($c, "0\r\n\r\n"), '', 'all of it';
};

# ---- what is not read ----

for my $more ('', '&sleep=1') {
    my $c = raw();
    $c->send("POST $base/read?do=first$more HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 300000\r\n\r\n" . 'abc' x 1000);
    is $c->response('POST')->body, "abc\n", "left in the middle$more";
    $c->send("GET $base/x HTTP/1.1\r\nHost: x\r\n\r\n" . 'x' x 1000);
    is $c->read_rest, '', 'the rest is nobody\'s request';
    $c = raw();
    $c->send(text("read?do=first$more", 'abcdef') x 2);
    is $c->response('POST')->body, "abc\n", 'it had all come' for 1, 2;
}
{
    my $c = raw();
    $c->send("POST $base/other?do=args HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\nabc");
    is $c->response('POST')->status, 200, 'read to its end';
    $c->send(text('read?do=all', 'x'));
    is $c->response('POST')->body, "x\n\n", '... it is kept';
}

# ---- others who want it ----

is post('other?do=twice', 'abc'),
    "nil|request body already exists\na\nnil|pending data to write\nbc\n",
    'twice';
{
    my $c = raw();
    $c->send("POST $base/other?do=twice HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\na");
    is $c->response_head->status, 200, 'twice, the body being read';
    $c->send('bc');
    is told($c, "0\r\n\r\n"), "nil|request body already exists\na\n"
        . "nil|pending request body reading in some other thread\nbc\n",
        '...';
}
is post('other?do=body', 'abcd'), "ab\nnil\ncd\n", 'and ngx.req.read_body';
is post('other?do=after', 'abcd'), "nil|request body already exists\n",
    'after ngx.req.read_body';
is post('access', 'abcd'), "ab nil nil 0\ncd\n", 'over phases';
is post('access?rest=1', 'abcd'), "ab cd nil 0\n\n",
    '... to its end';
is post('access', chunks('abcd'), @$chunked), "ab nil nil 0\ncd\n",
    '... in chunks';
is get("$base/access")->body, "nil nil nil nil\n", '... without one';

{
    my $log = error_log();
    my $r   = get("$base/phases");
    is $r->header('x-filter'),
        'API disabled in the context of LuaCoHeaderFilter', 'header filter';
    ok $log->wait_for(qr/in log: API disabled in the context of LuaCoLog/),
        'log';
}

is post('other?do=args', 'abc'), <<'END', 'arguments and methods';
false|expecting 0 or 1 argument, but got 2
false|bad argument #2 to '?' (bad pattern argument: x)
false|bad argument #2 to '?' (bad pattern argument)
false|bad argument #2 to '?' (bad argument)
false|bad argument #2 to '?' (bad argument)
false|bad argument #2 to '?' (bad number argument)
false|bad argument #2 to '?' (bad number argument)
false|expecting 1 or 2 arguments (including the object), but got 0
false|bad argument #1 to '?' (table expected, got nil)
true|nil|closed
false|expecting 2 arguments (including the object), but got 1
false|bad argument #2 to '?' (bad max argument)
false|expecting 2 or 3 arguments (including the object), but got 1
nil|pattern is empty
false|ngx.socket settimeout: expecting 2 arguments (including the object) but seen 1
false|bad timeout value
false|ngx.socket settimeouts: expecting 4 arguments (including the object) but seen 2
__index receive receiveany receiveuntil settimeout settimeouts
nil|closed
nil|closed
false|socket is never created nor connected
false|socket is never created nor connected
false|attempt to write to request sockets
abc
END

is get("$base/capture")->body,
    "attempt to read the request body in a subrequest\n" x 2, 'in a capture';

# ---- threads ----

subtest 'light threads' => sub {
    my $c = raw();
    $c->send("POST $base/read?do=busy HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 5\r\n\r\nabc");
    is $c->response_head->status, 200, 'the head';
    like told($c, "\ntrue"), qr/^nil\|socket busy reading \(in LuaCoHandler/,
        'another one reads';
    like told($c, ")\n"), qr/^\|nil\|socket busy reading/,
        '... whatever it reads';
    $c->send('de');
    is told($c, "0\r\n\r\n"), "abcde\n", 'and gets it';
    $c = raw();
    $c->send(text('read?do=kill', 'abc'));
    is $c->response('POST')->body, "1\nnil|closed\n", 'killed';
    $c = raw();
    $c->send("POST $base/read?do=threads HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 8\r\n\r\nabc");
    is $c->response_head->status, 200, 'one reads';
    like $c->read_until("waiting\n"), qr/waiting/, 'another one works';
    $c->send('defgh');
    like $c->read_until("0\r\n\r\n"), qr/abcde\n.*fgh\n/s, 'it goes on';
};

# ---- clients that leave, break the rules, or send too much ----

{
    my $log = error_log();
    for my $how ('close', 'reset', 'half_close') {
        my $c = raw();
        $c->send("POST $base/gone HTTP/1.1\r\nHost: x\r\n"
                . "Content-Length: 10\r\n\r\nabc");
        $c->$how;
        ok $log->wait_for(qr/gone: nil (?:client aborted abc|\S.*)/), $how;
        ok $log->wait_for(qr/then: nil closed nil/), '... and then';
    }
    my $c = raw();
    $c->send("POST $base/gone HTTP/1.1\r\nHost: x\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\nd");
    $c->half_close;
    ok $log->wait_for(qr/gone: nil client aborted abcd/), 'in a chunk';
    $c = raw();
    $c->send("POST $base/gone HTTP/1.1\r\nHost: x\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
    is $c->response('POST')->status, 400, 'no chunk';
    is fetch('POST', "$base/limit", body => 'x' x 20)->status, 413,
        'LimitRequestBody';
    $c = raw();
    $c->send(text('limit', chunks('x' x 20), headers => [@$chunked]));
    is $c->response('POST')->status, 413, '... in chunks';
}

# ---- another request's ----

{
    my $c = raw();
    $c->send(text('other?do=keep', 'abc'));
    is $c->response('POST')->body, "a\n", 'kept in a module';
    # The connection stays with its VM, on prefork with its process.
    $c->send("GET $base/other?do=kept HTTP/1.1\r\nHost: x\r\n\r\n");
    is $c->response->body, "nil|closed\nnil|closed\nnil|closed\n\n",
        'its request has ended';
}
{
    my $c = raw();
    $c->send("POST $base/other?do=share HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\na");
    is $c->response_head->status, 200, 'used by another request';
    is told($c, "1\n"), "1\n", '...';
    # On prefork that is another process; here every second VM is another.
    my %seen = map { get("$base/other?do=theirs")->body => 1 } 1 .. 8;
    ok $seen{"false|bad request\n"}, 'is refused' if mpm() eq 'event';
    $c->send('bc');
    is told($c, "0\r\n\r\n"), "abc\n", 'and does no harm';
}

subtest 'HTTP/2' => sub {
    plan skip_all => 'not on prefork' if mpm() eq 'prefork';
    my $url = 'http://127.0.0.1:' . config('port') . "$base/";
    my @h2  = ('--http2-prior-knowledge');
    is curl(@h2, '-d', 'abc', "${url}read?do=all"), "abc\n\n", 'a body';
    is curl(@h2, '-d', 'z' x 100_000, "${url}read?do=count"),
        '100000|' . md5_hex('z' x 100_000) . "|closed\n", 'a large one';
    is curl(@h2, '-d', 'abc', '-H', 'Content-Length:', "${url}read?do=all"),
        "abc\n\n", 'no length';
    is curl(@h2, "${url}read?do=all"), "no body\n", 'none';
};

done_testing;
