# tags: no-valgrind
# (no-valgrind: two seconds are over before anything has begun.)
# Requests that are parked longer than Timeout: httpd's own clock must not take
# them away, however often their Lua wakes meanwhile; a client that reads
# nothing is given up after it.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

# Every case at once: the whole takes as long as the longest.
sub together {
    my ($s, @uris) = @_;
    my @c = map { $s->raw } @uris;
    $c[$_]->request('GET', $uris[$_]) for 0 .. $#uris;
    return map { [$uris[$_], $c[$_]] } 0 .. $#uris;
}

my $conf = <<'CONF';
LogLevel luaco:trace4
KeepAliveTimeout 2
<Location /steps>
    # Wakes again and again on the loop, for longer than Timeout.
    <LuaCoHandler>
        local n = tonumber(ngx.var.arg_n)
        for i = 1, n do
            ngx.sleep(0.1)
        end
        ngx.say("steps ", n)
    </LuaCoHandler>
</Location>
<Location /asteps>
    <LuaCoAccess>
        for i = 1, 40 do
            ngx.sleep(0.1)
        end
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("asteps")
    </LuaCoHandler>
</Location>
<Location /stream>
    <LuaCoHandler>
        for i = 1, 10 do
            ngx.say("piece ", i)
            ngx.flush(true)
            ngx.sleep(0.4)
        end
    </LuaCoHandler>
</Location>
<Location /late>
    # Ends shortly before half of Timeout: then the connection is idle.
    <LuaCoHandler>
        ngx.sleep(tonumber(ngx.var.arg_t))
        ngx.say("late")
    </LuaCoHandler>
</Location>
<Location /much>
    # More than the sockets take, and no flush: the handler ends at once.
    <LuaCoHandler>
        local piece = string.rep("x", 65536)
        for i = 1, 160 do
            ngx.print(piece)
        end
    </LuaCoHandler>
</Location>
CONF

for my $timeout (1, 2) {
    # More workers than connections: httpd closes idle ones when all are busy.
    my $s = park_server(threads => 32, conf => "Timeout $timeout\n$conf");
    $s->log->mark;
    my $long = $timeout * 2 + 1;
    my %body = (
        "/sleep?t=$long"        => "slept \n",
        '/sleep?t=' . $timeout * 0.7 => "slept \n",
        "/asleep?t=$long"       => "let in \n",
        '/steps?n=40'           => "steps 40\n",
        '/asteps'               => "asteps\n",
        '/stream'               => join('', map {"piece $_\n"} 1 .. 10),
    );
    my @late = map { '/late?t=' . $timeout * $_ / 10 } 3 .. 9;
    my @asked = together($s, sort keys %body);
    my @kept  = together($s, @late);
    for (@kept) {
        my ($uri, $c) = @$_;
        is eval { $c->response->body } // $@, "late\n", "Timeout $timeout: $uri";
    }
    # Idle now, with us or with httpd; the next request finds them alive.
    for (@kept) {
        my ($uri, $c) = @$_;
        $c->request('GET', '/sleep');
        is eval { $c->response->body } // $@, "slept \n",
            "Timeout $timeout: another after $uri";
    }
    for (@asked) {
        my ($uri, $c) = @$_;
        is eval { $c->response->body } // $@, $body{$uri},
            "Timeout $timeout: $uri";
    }
    for (@kept) {
        my ($uri, $c) = @$_;
        ok $c->closed, "Timeout $timeout: idle after $uri, it is closed";
    }
    is $s->log->count(qr/connection of a parked request was closed/), 0,
        "Timeout $timeout: httpd took none";
    my @lines = access_lines($s, @asked + 2 * @kept);
    is scalar(grep { / [45]\d\d / } @lines), 0, 'and none failed';

    subtest "Timeout $timeout: nobody reads" => sub {
        my $log = LuaCo::Log->new($s->log->file);
        my $c = $s->raw(rcvbuf => 4096);
        $c->request('GET', '/much');
        my $f = $s->raw(rcvbuf => 4096);
        $f->request('GET', '/big?n=200');
        ok $log->wait_for(qr/flush \d+: timeout/), 'flush(true) ends';
        my @lines = access_lines($s, 2, qr{/much|/big});
        is scalar @lines, 2, 'both requests come to their end';
        for my $reader ($c, $f) {
            eval { $reader->read_rest };
            ok $reader->{eof}, 'and so does its connection';
        }
    };
    subtest "Timeout $timeout: a slow reader" => sub {
        # Takes longer than Timeout for what one flush has to send, but it
        # reads all the time.
        my $c = $s->raw(rcvbuf => 65536);
        $c->request('GET', '/much', version => '1.0');
        my $head = $c->response_head;
        my $got = length $c->read_slowly(65536, 0.01 * $timeout);
        is $got, 160 * 65536, 'all of it comes';
    };
    clean($s);
    ok $s->stop, 'it stops';
}

done_testing;
