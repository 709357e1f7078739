# tags: no-valgrind
# (no-valgrind: 4000 connections.)
# Proof that it is parking and not waiting: ten times as many requests as there
# are worker threads sleep in Access, in the handler and in ngx.flush(true), over
# http and https, while no more than two workers are busy; and 4000 of them live
# in one child with 64 threads.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
Timeout 300
KeepAliveTimeout 300
MaxKeepAliveRequests 0
# A client is slow soon.
SendBufferSize 16384
<LocationMatch "^/(hold|ahold|thold|big)">
    SetOutputFilter DEFLATE
</LocationMatch>
<Location /noise>
    # What does not shrink.
    SetOutputFilter DEFLATE
    <LuaCoHandler>
        math.randomseed(42)
        local t = {}
        for i = 1, 8192 do
            t[i] = string.char(math.random(0, 255), math.random(0, 255),
                math.random(0, 255), math.random(0, 255))
        end
        local piece = table.concat(t)
        waiting.noise = (waiting.noise or 0) + 1
        for i = 1, 400 do
            ngx.print(piece)
            ngx.flush(true)
        end
        waiting.noise = waiting.noise - 1
    </LuaCoHandler>
</Location>
CONF

# At most two beside the one that asks, seen ten times in a row.
sub few_are_busy {
    my ($s, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($good, $busy) = (0, 0);
    wait_until(
        sub {
            $busy = busy_workers($s);
            $good = $busy <= 2 ? $good + 1 : 0;
            return $good >= 10;
        }
    );
    return cmp_ok $busy, '<=', 2, "$what: at most two workers are busy";
}

for my $finish (qw(loop worker)) {
    my $threads = 4;
    my $n       = 10 * $threads;
    my $s       = park_server(
        finish  => $finish,
        threads => $threads,
        factor  => 200,
        ssl     => 1,
        conf    => $conf,
    );
    for my $tls (0, 1) {
        my $where = "$finish, " . ($tls ? 'https' : 'http');
        for my $uri (qw(/hold /ahold /thold)) {
            (my $k = "$uri$tls") =~ tr{/}{}d;
            my @c;
            for (1 .. $n) {
                push @c, $s->raw(tls => $tls);
                $c[-1]->request('GET', "$uri?k=$k&s=0.1",
                    headers => ['Accept-Encoding' => 'gzip']);
            }
            ok waiting($s, $k => $uri eq '/thold' ? 5 * $n : $n),
                "$uri, $where: $n wait at once";
            few_are_busy($s, "$uri, $where");
            opens($s, $k);
            my $good = 0;
            for my $c (@c) {
                my $r = eval { $c->response };
                $good++ if $r && $r->status == 200 && length $r->body;
            }
            is $good, $n, "$uri, $where: each has its answer";
        }
        my @c;
        for (1 .. $n) {
            push @c, $s->raw(tls => $tls, rcvbuf => 4096);
            $c[-1]->request('GET', '/noise',
                headers => ['Accept-Encoding' => 'gzip']);
            like $c[-1]->read_bytes(1000), qr/^Content-Encoding: gzip\r$/m,
                "flush, $where: deflated" if $_ == 1;
            $c[-1]->read_bytes(1000);
        }
        ok waiting($s, noise => $n), "flush, $where: $n are under way";
        few_are_busy($s, "flush, $where");
        $_->reset for @c;
        ok waiting($s, noise => 0), "flush, $where: they end";
    }
    clean($s);
    ok $s->stop, 'stop';
}

subtest '4000 in one child' => sub {
    my $n = 4000;
    my ($limit) = qx(sh -c 'ulimit -n') =~ /(\d+)/;
    plan skip_all => "descriptors: $limit" if $limit && $limit < 5 * $n;
    my $s = park_server(threads => 64, factor => 100,
        env => {}, conf => $conf);
    # Some clients in each of a few processes: a process has its limits too.
    my @parts;
    my $per = 500;
    for my $part (1 .. $n / $per) {
        pipe my $read, my $write or die;
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            close $read;
            my $good = 0;
            eval {
                my @c;
                for (1 .. $per) {
                    push @c, $s->raw(timeout => 100);
                    $c[-1]->request('GET', '/hold?k=all&s=2');
                }
                for my $c (@c) {
                    $good++ if $c->response->body eq "held all\n";
                }
                1;
            } or print STDERR "# $@";
            syswrite $write, "$good\n";
            require POSIX;
            POSIX::_exit(0);
        }
        push @parts, [$pid, $read];
    }
    my $got = 0;
    ok wait_until(
        sub {
            $got = $s->raw->get('/waiting?k=all')->body;
            return $got == $n;
        },
        60
    ), "$n wait at once" or diag $got + 0;
    few_are_busy($s, "$n");
    is scalar($s->children), 1, 'in one child';
    opens($s, 'all');
    my $good = 0;
    for (@parts) {
        my ($pid, $read) = @$_;
        $good += readline $read;
        waitpid $pid, 0;
    }
    is $good, $n, 'each has its answer';
    # httpd's own hard stop must not meet workers that close connections: its
    # main thread closes the same sockets (close_worker_sockets).
    ok wait_until(sub { $s->status->{ConnsTotal} <= 1 }), 'all are gone';
    ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is busy';
    clean($s);
    ok $s->stop, 'stop';
};

done_testing;
