# What an ordinary client sees: kept connections, pipelines, HTTP/1.0, HEAD,
# bodies, over http and https, with and without deflate; requests that end on
# the loop and requests that end on a worker.

use LuaCo::Test;
use LuaCo::Park;

use IO::Uncompress::Gunzip qw(gunzip);

sub request { return LuaCo::Raw::request_text(@_) }

my @zip = ('Accept-Encoding' => 'gzip');

sub text {
    my ($r) = @_;
    my $body = $r->body;
    return $body if ($r->header('content-encoding') // '') ne 'gzip';
    gunzip(\$body, \my $plain) or die 'gunzip';
    return $plain;
}

my %expected = (
    '/sleep'  => "slept ",
    '/asleep' => "let in ",
    '/tsleep' => "sum 6",
    '/plain'  => "plain ",
    '/file.txt' => 'file',
    # Long enough to be worth deflating.
    '/long'     => 'long ' x 1000,
);
my @all = sort keys %expected;

sub answer_to {
    my ($uri) = @_;
    my ($path, $n) = $uri =~ /^([^?]+)(?:\?n=(.*))?/;
    return $path eq '/file.txt' ? "file\n" : $expected{$path} . ($n // '') . "\n";
}

for my $finish (qw(loop worker)) {
    my $s = park_server(
        finish => $finish,
        ssl    => 1,
        files  => { 'htdocs/file.txt' => "file\n" },
        conf   => <<'CONF',
LogLevel luaco:trace4
RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500
<LocationMatch "^/(sleep|asleep|tsleep|plain|hold|big|long)">
    SetOutputFilter DEFLATE
</LocationMatch>
<Location /long>
    <LuaCoHandler>
        for i = 1, 1000 do
            ngx.print("long ")
            if i % 300 == 0 then
                ngx.flush(true)
                ngx.sleep(0.001)
            end
        end
        ngx.say(ngx.var.arg_n or "")
    </LuaCoHandler>
</Location>
<Location /status>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.status = tonumber(ngx.var.arg_s)
        ngx.say("body")
    </LuaCoHandler>
</Location>
<Location /exit>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.exit(tonumber(ngx.var.arg_s))
    </LuaCoHandler>
</Location>
MaxKeepAliveRequests 12
CONF
    );
    $s->log->mark;

    for my $tls (0, 1) {
        my $where = "$finish, " . ($tls ? 'https' : 'http');
        for my $headers ([], \@zip) {
            my $how = @$headers ? 'deflated' : 'plain';
            subtest "one after the other, $where, $how" => sub {
                my $c = $s->raw(tls => $tls);
                for my $uri (@all, reverse @all) {
                    my $r = $c->get($uri, headers => $headers);
                    is text($r), answer_to($uri), $uri;
                    is $r->header('content-encoding'),
                        @$headers ? 'gzip' : undef, 'deflated or not'
                        if $uri eq '/long';
                }
            };
            subtest "pipelined 8 deep, $where, $how" => sub {
                my $c = $s->raw(tls => $tls);
                my @uris = map { "$all[$_ % @all]?n=$_" } 0 .. 7;
                $c->send(join '',
                    map { request('GET', $_, headers => $headers) } @uris);
                is text($c->response), answer_to($_), $_ for @uris;
                ok !$c->readable(0), 'no more';
            };
            subtest "one and a half, blank lines, $where, $how" => sub {
                my $c = $s->raw(tls => $tls);
                my $one = request('GET', '/sleep?n=1', headers => $headers);
                my $two = request('GET', '/tsleep?n=2', headers => $headers);
                my $three = request('GET', '/sleep?n=3', headers => $headers);
                my $half = length($two) / 2;
                $c->send("$one\r\n\r\n" . substr $two, 0, $half);
                is text($c->response), "slept 1\n", 'the first';
                $c->send(substr($two, $half) . "\r\n" . $three);
                is text($c->response), "sum 62\n", 'the second';
                is text($c->response), "slept 3\n", 'the third';
                $c->send("\r\n" . request('GET', '/plain?n=4'));
                is text($c->response), "plain 4\n", 'after a blank line';
            };
        }
        subtest "MaxKeepAliveRequests, $where" => sub {
            my %n;
            for my $uri ('/file.txt', '/sleep', '/asleep', '/plain') {
                my $c = $s->raw(tls => $tls);
                while (++$n{$uri} < 20) {
                    my $r = $c->get($uri);
                    last if lc($r->header('connection') // '') eq 'close';
                }
                ok $c->closed, "$uri closed";
                is $n{$uri}, $n{'/file.txt'}, 'after as many as a file';
            }
            is $n{'/file.txt'}, 13, 'which is one more, as httpd counts';
        };
        subtest "Connection: close, $where" => sub {
            for my $uri (@all) {
                my $c = $s->raw(tls => $tls);
                my $r = $c->get($uri, headers => [Connection => 'close']);
                is $r->body, answer_to($uri), $uri;
                ok $c->closed, 'closed';
            }
        };
        subtest "HTTP/1.0, $where" => sub {
            for my $uri (@all) {
                my $c = $s->raw(tls => $tls);
                my $r = $c->get($uri, version => '1.0');
                is $r->body, answer_to($uri), $uri;
                ok $c->closed, 'closed';
                $c = $s->raw(tls => $tls);
                my @keep = (version => '1.0',
                    headers => [Connection => 'keep-alive']);
                $c->request('GET', $uri, @keep);
                $r = $c->response;
                is $r->body, answer_to($uri), "$uri, to be kept";
            }
        };
        subtest "HEAD, $where" => sub {
            my $c = $s->raw(tls => $tls);
            for my $uri (@all) {
                $c->request('HEAD', $uri);
                is $c->response('HEAD')->status, 200, $uri;
            }
            is $c->get('/plain')->body, "plain \n", 'and a GET after them';
        };
        subtest "statuses, $where" => sub {
            my $c = $s->raw(tls => $tls);
            for my $status (200, 201, 404, 500, 503) {
                # httpd ends the connection after some.
                $c = $s->raw(tls => $tls) if $status > 500;
                my $r = $c->get("/status?s=$status");
                is $r->status, $status, "set: $status";
                is $r->body, "body\n", 'with its body';
            }
            $c = $s->raw(tls => $tls);
            for my $status (200, 204, 304, 403, 404) {
                is $c->get("/exit?s=$status")->status, $status,
                    "exit: $status";
            }
            is $c->get('/plain')->body, "plain \n", 'the same connection';
        };
        subtest "bodies that nobody reads, $where" => sub {
            my $c = $s->raw(tls => $tls);
            my $i = 0;
            for my $uri (qw(/sleep /asleep /tsleep /plain)) {
                for my $size (0, 10, 300_000) {
                    $c = $s->raw(tls => $tls) if ++$i % 10 == 0;
                    $c->request('POST', $uri, body => 'x' x $size);
                    is $c->response->body, answer_to($uri), "$uri, $size";
                }
            }
            $c = $s->raw(tls => $tls);
            $c->send(request('POST', '/sleep', body => 'y' x 50)
                . request('GET', '/sleep?n=2'));
            is $c->response->body, "slept \n", 'a body, and pipelined';
            is $c->response->body, "slept 2\n", 'a GET';
            $c->send("POST /sleep?n=3 HTTP/1.1\r\nHost: a\r\n"
                . "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
                . request('GET', '/sleep?n=4'));
            is $c->response->body, "slept 3\n", 'a chunked one';
            is $c->response->body, "slept 4\n", 'and a GET';
        };
        subtest "slow bodies, $where" => sub {
            my $c = $s->raw(tls => $tls);
            $c->request('POST', '/hold?k=slow' . $tls,
                headers => ['Content-Length' => 6]);
            ok waiting($s, "slow$tls" => 1), 'the handler waits';
            $c->send('abc');
            opens($s, "slow$tls");
            is $s->raw->get('/sleep')->body, "slept \n", 'others go on';
            $c->send('def' . request('GET', '/plain?n=5'));
            is $c->response->body, "held slow$tls\n", 'answered';
            is $c->response->body, "plain 5\n", 'and the next';
        };
        subtest "Expect: 100-continue, $where" => sub {
            my $c = $s->raw(tls => $tls);
            my @expect = (headers =>
                    ['Content-Length' => 6, Expect => '100-continue']);
            $c->request('POST', "/hold?k=e$tls", @expect);
            ok waiting($s, "e$tls" => 1), 'the handler waits';
            opens($s, "e$tls");
            is $s->raw->get('/sleep')->body, "slept \n", 'others go on';
            # Either way is right: an answer and the end, or a 100 first.
            my $head = $c->read_until("\r\n\r\n");
            if ($head =~ / 100 /) {
                $c->send('abcdef');
                is $c->response->body, "held e$tls\n", 'after 100';
                is $c->get('/plain')->body, "plain \n", 'and the next';
            }
            else {
                like $head, qr/^HTTP\/1.1 200 /, 'without 100';
                like $c->read_bytes(length "held e$tls\n"), qr/held/, 'body'
                    if $head =~ /Content-Length/i;
            }
        };
    }
    if ($finish eq 'loop') {
        my $parks   = $s->log->count(qr/luaco: park/);
        my $unparks = $s->log->count(qr/luaco: unpark/);
        ok $parks > 100, "$parks requests were parked";
        ok $unparks < $parks * 3 / 4, "$unparks of them ended on a worker";
    }
    clean($s);
    ok $s->stop, 'it stops';
}

done_testing;
