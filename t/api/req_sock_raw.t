# tags: prefork hardlua
# ngx.req.socket(true): the client's connection itself.

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

my $base = '/api/req_sock_raw';

sub start {
    my ($do, %opt) = @_;
    my $c = raw(%opt);
    $c->send("GET $base/do?do=$do HTTP/1.1\r\nHost: x\r\n\r\n");
    return $c;
}

for my $tls (0, 1) {
    for my $more ('', '&sleep=1', '&later=1') {
        my $name = "TLS $tls $more";
        my $c    = start("answer$more", tls => $tls);
        is $c->response->body, 'abc', "$name: Lua made all of the answer";
        is $c->read_rest, '', 'and it is closed';

        $c = start("echo$more", tls => $tls);
        $c->send("one\n");
        is $c->read_until("\n"), "one!\n", "$name: there";
        $c->send("two\nthree\nfo");
        is $c->read_until("three!\n"), "two!\nthree!\n", 'and back';
        $c->send("ur\n");
        is $c->read_until("\n"), "four!\n", 'in two parts';

        $c = raw(tls => $tls);
        $c->send("GET $base/do?do=echo$more HTTP/1.1\r\nHost: x\r\n\r\n"
                . "GET / HTTP/1.1\r\n\r\n");
        is $c->read_until("\n!\n"), "GET / HTTP/1.1!\n!\n",
            "$name: what came with the head";
        next if $tls;    # there is no half of TLS
        $c->send('x');
        $c->half_close;
        is $c->read_rest, "end|closed|x\n", 'to its end';
    }
    my $c = start('duplex', tls => $tls);
    $c->send('r' x 30_000);
    is length $c->read_bytes(1_000_000), 1_000_000, 'both ways';
    $c->send('r' x 30_000);
    is length $c->read_bytes(1_000_000), 1_000_000, '...';
    unless ($tls) {
        $c->half_close;
        is $c->read_rest, "|60000\n", 'and all was read';
    }
    my $n = 1_000_000;
    $c = start("large&n=$n", tls => $tls);
    my $text = join '', map { chr(33 + $_ % 90) } 1 .. $n;
    $c->send($text);
    my $back = $c->read_rest;
    ok $back eq $text, 'a megabyte' or diag length $back;
}

{
    my $c = start('echo&headers=flush');
    is $c->response_head->status, 200, 'after ngx.flush(true)';
    $c->send("a\n");
    is $c->read_until("\n"), "a!\n", 'the rest is ours';
}
is get("$base/do?do=echo&headers=1")->body, "pending data to write\n",
    'headers not sent';
like start('output')->read_rest,
    qr/^(nil\|raw request socket acquired\n){4}1\ntrue\nnil\|duplicate call\nnil\|request body already exists\nnil\nfalse\|.*redirect.*\n/,
    'other output';
like start('output')->read_rest, qr/\nfalse\|expecting 2 arguments \(including the object\), but got 1
false\|bad argument #2 to '\?' \(string, number, boolean, nil, or array table expected, got function\)
false\|bad argument #1 to '\?' \(table expected, got nil\)
true\|nil\|closed
0
122
__index receive receiveany receiveuntil send settimeout settimeouts
\z/, 'arguments and methods';

{
    my $c = start('timeout');
    $c->send('abc');
    is $c->read_until("\n"), "nil|timeout|abc\n", 'timeout';
    $c->send('defgh');
    is $c->read_rest, "defgh\n", '... and the rest';

    my $log = error_log();
    $c = start('slow', rcvbuf => 4096);
    ok $log->wait_for(qr/slow: (?:timeout|broken pipe|closed)/), 'a slow client';
    ok $log->wait_for(qr/then: closed/), '... is given up';
    $c->close;

    $c = start('busy');
    like $c->read_until("\n"), qr/^nil\|socket busy reading \(in /, 'busy';
    $c->send('abcde');
    is $c->read_rest, "abcde\n", '... for the other one';

    $log = error_log();
    $c = start('kill');
    is $c->read_rest, "sent\n", 'what was sent before a kill arrives';
    ok $log->wait_for(qr/kill: closed/), '... and nothing after it';
}

for my $how ('exit&status=444', 'exit&status=200', 'exit&status=404', 'error',
    'kill') {
    for my $more ('', '&later=1') {
        my $log = error_log();
        my $c   = start("$how$more");
        $c->send('never read');
        is $c->read_rest, "sent\n", "$how$more: what was sent arrives";
        ok $log->wait_for(qr/log \d+ /), 'LuaCoLog';
    }
}
{
    my $log = error_log();
    my @c   = map { start('exit_all', rcvbuf => 4096) } 1 .. 3;
    ok $log->wait_for(qr/log 444 exit_all/), 'all waits end';
    $_->reset for @c;
    for my $how ('close', 'reset', 'half_close') {
        $log = error_log();
        my $c = start('gone');
        $c->send('abc');
        $c->$how;
        ok $log->wait_for(qr/gone: nil \S/), "client: $how";
        next if $how eq 'half_close';
        ok $log->wait_for(qr/send: (broken pipe|closed|connection reset)/),
            '... and no more';
    }
    $log = error_log();
    my $c = raw();
    $c->send("GET $base/abort HTTP/1.1\r\nHost: x\r\n\r\n");
    is $c->read_until("\n"), "ready\n", 'LuaCoCheckClientAbort';
    $c->close;
    ok $log->wait_for(qr/abort: client aborted/), '... the reader is told';
}

{
    # Each is another connection, so perhaps of another VM.
    is start('keep')->read_rest, "kept\n", 'kept in a module' for 1 .. 4;
    my %seen = map { start('kept')->read_rest => 1 } 1 .. 4;
    ok $seen{"nil|closed\nnil|closed\n"}, 'its request has ended'
        if mpm() eq 'event';
}

{
    my $c = raw();
    $c->send("POST $base/do?do=body HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\nabcdef");
    $c->half_close;
    is $c->read_rest, "abcdef\n", 'the body, and what follows';
    $c = raw();
    $c->send("POST $base/do?do=body&read=1 HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 3\r\n\r\nabcdef");
    $c->half_close;
    is $c->read_rest, "def\n", '... which was read';

    $c = raw();
    $c->send("GET $base/access HTTP/1.1\r\nHost: x\r\n\r\n");
    is $c->read_until("\n"), "from access\n", 'in LuaCoAccess';
    $c->send("x\n");
    is $c->read_rest, "x\n", '... and nothing after it';
    is start('pause')->read_rest, "1\n2\n3\n", 'sent while Lua waits';
}

for my $tls (0, 1) {
    my $c = raw(tls => $tls);
    $c->send("GET $base/upgrade HTTP/1.1\r\nHost: x\r\n"
            . "Connection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst\n");
    my $head = $c->read_until("\r\n\r\n");
    like $head, qr{^HTTP/1.1 101 Switching Protocols\r\n}, "101, TLS $tls";
    like $head,   qr/\r\nUpgrade: echo\r\n/,        'its headers';
    like $head,   qr/\r\nConnection: upgrade\r\n/i, 'Connection';
    unlike $head, qr/Transfer-Encoding|Content-Length|close/i, 'no body';
    is $c->read_until("first\n"), "said\nfirst\n", 'what follows is raw';
    $c->send("x\n");
    is $c->read_until("\n"), "x\n", 'both ways';
    $c->close;
}

SKIP: {
    skip 'no HTTP/2 on prefork', 1 if mpm() eq 'prefork';
    my $log = error_log();
    curl('--http2-prior-knowledge', '-o', '/dev/null', '-s',
        'http://127.0.0.1:' . config('port') . "$base/do?do=echo");
    ok $log->wait_for(qr/http v2 not supported yet/), 'HTTP/2';
}

done_testing;
