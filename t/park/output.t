# tags: no-valgrind
# (no-valgrind: 100 MB.)
# Output of parked requests: clients that read slowly, much of it, small limits
# of the core, filters that may run on a worker only, the end of a connection.
# The loop never waits for a client: while one reads nothing, another request
# of the same VM is answered.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until slurp);

my $conf = <<'CONF';
LogLevel luaco:trace4
<Location /limited>
    SetOutputFilter RATE_LIMIT
    SetEnv rate-limit 400
    <LuaCoHandler>
        for i = 1, 4 do
            ngx.say(string.rep(tostring(i), 2000))
            ngx.flush(true)
            ngx.sleep(0.01)
        end
    </LuaCoHandler>
</Location>
<Location /included>
    Options +Includes
    SetOutputFilter INCLUDES
    <LuaCoHandler>
        ngx.header.content_type = "text/html"
        ngx.sleep(0.01)
        ngx.print('a <!--#include virtual="/sleep?n=1" --> b ')
        ngx.flush(true)
        ngx.sleep(0.01)
        ngx.print('c <!--#include virtual="/plain?n=2" --> d\n')
    </LuaCoHandler>
</Location>
<Location /lump>
    # As much as fits in one piece, ended on the loop.
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.print(string.rep("l", 16000))
    </LuaCoHandler>
</Location>
<Location /many>
    <LuaCoHandler>
        for i = 1, 300 do
            ngx.print(string.rep("m", 1000), "\n")
            if i % 10 == 0 then
                ngx.flush(i % 20 == 0)
                ngx.sleep(0.001)
            end
        end
    </LuaCoHandler>
</Location>
<Location /whole>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.print(string.rep("w", tonumber(ngx.var.arg_n)))
    </LuaCoHandler>
</Location>
CONF

sub memory {
    my ($s) = @_;
    my ($pid) = $s->children;
    my ($kb) = slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;
    return $kb;
}

# Reads a response of N bytes without keeping it.
sub skim {
    my ($c, $uri, $n) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $c->request('GET', $uri, version => '1.0');
    $c->response_head;
    my $got = 0;
    while (my $length = length $c->read_some) {
        $got += $length;
    }
    is $got, $n, "all of $uri";
    return;
}

# Others are answered while C is not read.
sub others {
    my ($s, $what) = @_;
    for my $uri ('/sleep', '/plain', '/asleep') {
        like $s->raw(timeout => 15)->get($uri)->body, qr/slept|plain|let in/,
            "$what: $uri is answered";
    }
    return;
}

my %limits = (
    'the defaults'         => '',
    'FlushMaxPipelined 0'  => "FlushMaxPipelined 0\n",
    'FlushMaxPipelined 1'  => "FlushMaxPipelined 1\n",
    'FlushMaxThreshold 0'  => "FlushMaxThreshold 0\n",
    'FlushMaxThreshold 1'  => "FlushMaxThreshold 1\n",
    'FlushMaxThreshold 1k' => "FlushMaxThreshold 1000\nFlushMaxPipelined 0\n",
);

for my $limit (sort keys %limits) {
    subtest $limit => sub {
        my $s = park_server(ssl => 1, conf => $conf . $limits{$limit});
        # A byte at a time takes its time.
        my $n_whole = $limit =~ /[01]$/ ? 200_000 : 3_000_000;
        for my $tls ($limit =~ /Pipelined 1|Threshold [01]$/ ? 0 : (0, 1)) {
            my $where = $tls ? 'https' : 'http';
            ok $s->raw(tls => $tls)->get("/whole?n=$n_whole")->body eq
                'w' x $n_whole, "$where: all at once";
            is length $s->raw(tls => $tls)->get('/many')->body, 300300,
                "$where: in pieces";
            # Pipelined, more than the sockets take, and nobody reads: the
            # loop ends one after the other until it must wait.
            my $c = $s->raw(tls => $tls, rcvbuf => 4096);
            my $n = 110;
            my $unsent = LuaCo::Raw::request_text('GET', '/lump') x $n;
            my $log = LuaCo::Log->new($s->log->file);
            substr($unsent, 0, $c->send_some($unsent)) = '';
            ok $log->wait_for(qr/luaco: park/, count => 20),
                "$where: some were parked";
            others($s, $where);
            # All of them come, whole.
            my $good = 0;
            while ($good < $n) {
                substr($unsent, 0, $c->send_some($unsent)) = ''
                    if length $unsent;
                my $r = eval { $c->response } or last;
                if (lc($r->header('connection') // '') eq 'close') {
                    $good++;
                    last;
                }
                last unless $r->body eq 'l' x 16000;
                $good++;
            }
            is $good, 101, "$where: pipelined lumps, to MaxKeepAliveRequests";
        }
        clean($s);
        ok $s->stop, 'stop';
    };
}

subtest 'filters for workers' => sub {
    my $s = park_server(ssl => 1, conf => $conf);
    for my $tls (0, 1) {
        for (1 .. 2) {
            is $s->raw(tls => $tls)->get('/limited')->body,
                join('', map { $_ x 2000 . "\n" } 1 .. 4), 'mod_ratelimit';
            is $s->raw(tls => $tls)->get('/included')->body,
                "a slept 1\n b c plain 2\n d\n", 'mod_include';
        }
    }
    my $c = $s->raw;
    $c->request('GET', '/limited');
    $c->response_head;
    others($s, 'while one is limited');
    $c->read_chunk;
    clean($s);
    ok $s->stop, 'stop';
};

subtest '100 MB to slow readers' => sub {
    my $s = park_server(ssl => 1, conf => $conf);
    # What the machine takes for good: a run before.
    skim($s->raw(tls => $_), '/big?n=100', 100 * 65536) for 0, 1;
    my $before = memory($s);
    my @c = map { $s->raw(tls => $_ % 2, rcvbuf => 4096) } 0 .. 3;
    for my $c (@c) {
        $c->request('GET', '/big?n=1600');
        $c->read_bytes(100_000);
    }
    others($s, 'slow readers');
    my $most = 0;
    for (1 .. 3) {
        $_->read_bytes(100_000) for @c;
        my $now = memory($s);
        $most = $now if $now > $most;
    }
    cmp_ok $most - $before, '<', 20_000, 'memory does not grow by 20 MB';
    # One goes away, another reads all of its 100 MB.
    $c[1]->reset;
    skim($s->raw, '/big?n=1600', 1600 * 65536);
    cmp_ok memory($s) - $before, '<', 20_000, 'still';
    ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
    clean($s);
    ok $s->stop, 'stop';
};

subtest 'the end of a connection' => sub {
    # The client has sent what nobody read: closing at once would be a reset,
    # which takes the answer away.  httpd lingers, and must with two sockets.
    my $s = park_server(ssl => 1, conf => $conf);
    my $resets = 0;
    for my $n (1 .. 20) {
        my $c = $s->raw;
        $c->send(LuaCo::Raw::request_text('GET', "/sleep?n=$n",
                headers => [Connection => 'close'])
            . 'x' x 50_000);
        my $body = eval { $c->response->body } // '';
        is $body, "slept $n\n", 'answered' if $body ne "slept $n\n";
        eval { $c->read_rest };
        $resets++ if $c->{error};
        $c->close;
    }
    is $resets, 0, 'no reset';
    # No descriptor stays.
    my ($pid) = $s->children;
    my $fds = sub {
        opendir my $d, "/proc/$pid/fd";
        return scalar(grep {/^\d/} readdir $d);
    };
    my $idle;
    wait_until(sub { $idle = $fds->(); 0 }, 0.5);
    for my $n (1 .. 50) {
        my $c = $s->raw(tls => $n % 2);
        $c->get('/sleep') for 1 .. 3;
        $n % 3 ? $c->close : $c->reset;
    }
    my $now;
    ok wait_until(sub { $now = $fds->(); $now <= $idle + 2 }),
        'descriptors are given back' or diag "$idle, now $now";
    clean($s);
    ok $s->stop, 'stop';
};

done_testing;
