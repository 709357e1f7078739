package LuaCo::Soak;

# Parked and aborted requests without number, and what is left of them:
#
#     soak(requests => 100_000, first => 10_000, seed => 1);
#
# loose => N: as many more entries of the registry are none of a leak;
# uris => [...], conf => TEXT, files => {...}: other requests, what they ask for.
# Every kind of request of LuaCo::Park's server, ended in every way a client
# has, in an order that SEED gives.  After FIRST requests and at the end it
# waits until the server is at rest and compares descriptors, coroutines, the
# Lua heap (kbytes), what malloc() has given to all others, which is pools
# above all (pools), and the child's memory, the last three in KiB.

use strict;
use warnings;

use Exporter 'import';
use Test::More;

use LuaCo::Httpd;
use LuaCo::Park;
use LuaCo::Util qw(wait_until slurp);

our @EXPORT = qw(soak);

my $conf = 'LoadModule memory_module "' . LuaCo::Httpd::testmod('memory') . <<'CONF';
"
<Location /memory>
    SetHandler memory
</Location>
MaxKeepAliveRequests 0
# Full in no time, so that what is cached is always the same.
LuaCoThreadCacheMaxEntries 8
MaxConnectionsPerChild 0
LogLevel warn luaco:crit
<LocationMatch "^/on/">
    LuaCoCheckClientAbort On
</LocationMatch>
<LocationMatch "^/(on|off)/sleep">
    <LuaCoHandler>
        ngx.sleep(tonumber(ngx.var.arg_t))
        ngx.say("slept")
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/access">
    <LuaCoAccess>
        ngx.sleep(tonumber(ngx.var.arg_t))
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.say("let in")
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/threads">
    <LuaCoHandler>
        local t = tonumber(ngx.var.arg_t)
        ngx.ctx.t = t
        for i = 1, 4 do
            ngx.thread.spawn(function()
                coroutine.wrap(function() ngx.sleep(t * i / 2) end)()
                if i == 4 and t > 0.01 then
                    error("one fails")
                end
            end)
        end
        ngx.sleep(t)
        ngx.say("threads")
        if t < 0.001 then
            ngx.exit(200)
        end
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/flush">
    <LuaCoHandler>
        for i = 1, 8 do
            ngx.print(string.rep("0123456789abcdef", 2048))
            if not ngx.flush(i % 2 == 0) then
                break
            end
        end
    </LuaCoHandler>
</LocationMatch>
CONF

sub descriptors {
    my ($pid) = @_;
    opendir my $dir, "/proc/$pid/fd" or return 0;
    return scalar grep {/^\d/} readdir $dir;
}

# Private memory of the child in KiB.
sub memory {
    my ($pid) = @_;
    my $kb = 0;
    $kb += $_
        for slurp("/proc/$pid/smaps_rollup")
        =~ /^(?:Private_Clean|Private_Dirty):\s+(\d+)/mg;
    return $kb;
}

# N requests of all kinds at once, over http and https, all of them answered:
# as much memory as the server ever takes, and a full cache of coroutines.
sub crowd {
    my ($s, $n) = @_;
    my @c;
    for my $i (1 .. $n) {
        push @c, $s->raw(tls => $i % 2);
        $c[-1]->request('GET',
            # /ahold: as many tables of ngx.ctx as there ever are.
            $i % 3 ? '/ahold?k=crowd&s=0.1' : '/thold?k=crowd&s=0.1');
    }
    waiting($s, crowd => int($n / 3) * 5 + $n - int $n / 3);
    opens($s, 'crowd');
    $_->response for @c;
    $_->close    for @c;
    for my $i (1 .. $n / 4) {
        my $c = $c[$i] = $s->raw(tls => $i % 2);
        $c->request('GET', "/off/flush");
    }
    $c[$_]->response for 1 .. $n / 4;
    $s->raw->get('/shut?k=crowd', headers => [Connection => 'close']);
    return;
}

sub at_rest {
    my ($s, $pid) = @_;
    crowd($s, 24);
    wait_until(sub { $s->status->{ConnsTotal} <= 1 && busy_workers($s) <= 0 },
        60)
        or diag 'the server does not come to rest';
    my $state = lua_state($s);
    # Those that answered the last two questions.
    my $fds = 0;
    wait_until(
        sub {
            my $now  = descriptors($pid);
            my $same = $now == $fds;
            $fds = $now;
            return $same;
        }
    );
    my ($malloc) = $s->raw->get('/memory',
        headers => [Connection => 'close'])->body =~ /^in_use (\d+)/m;
    return {
        %$state,
        descriptors => $fds,
        memory      => memory($pid),
        pools       => $malloc - $state->{kbytes},
    };
}

sub show {
    my ($n, $state) = @_;
    note sprintf '%7d requests: %s', $n,
        join ', ', map {"$_ $state->{$_}"} sort keys %$state;
    return;
}

sub soak {
    my (%opt) = @_;
    srand $opt{seed};
    my $s = park_server(threads => 8, ssl => 1,
        conf => $conf . ($opt{conf} // ''), files => $opt{files} || {});
    my ($pid) = $s->children;
    crowd($s, 100) for 1 .. $opt{crowds};
    my @uris = @{ $opt{uris} || [qw(sleep sleep sleep access threads flush)] };
    my @ways = qw(read read read close reset half_close leave);
    my (@c, $first);
    my ($n, $answers, $wrong) = (0, 0, 0);
    while ($n < $opt{requests}) {
        # About 60 at a time; one in ten by TLS.
        my $slot = int rand 60;
        my $c = delete $c[$slot];
        if ($c) {
            my $way = $ways[rand @ways];
            if ($way eq 'read' || $way eq 'half_close') {
                # The server may have ended it already.
                eval { $c->half_close }
                    if $way eq 'half_close' && !$c->{tls};
                my $r = eval { $c->response };
                # A kept connection may be closed by httpd at any time: it
                # does so when all workers are busy.
                my $may_fail = $c->{on} || $c->{kept};
                $r ? $answers++ : $may_fail ? 1 : $wrong++;
                $c->{kept} = 1;
                my $keep = $r && $way eq 'read'
                    && lc($r->header('connection') // '') ne 'close';
                $keep ? ($c[$slot] = $c) : $c->close;
            }
            elsif ($way ne 'leave') {
                $c->$way;
                undef $c;
            }
            else {
                $c[$slot] = $c;
                next;
            }
        }
        $c = $c[$slot] || $s->raw(tls => rand() < 0.1);
        my $on = rand() < 0.5 ? 'on' : 'off';
        $c->{on} = $on eq 'on';
        my $t = (0, 0.0004, 0.002, 0.02)[rand 4];
        if (!eval {
            $c->request('GET', "/$on/$uris[rand @uris]?t=$t");
            1;
            }) {
            $wrong++ unless $c->{kept};
            $c->close;
            delete $c[$slot];
            next;
        }
        $c[$slot] = $c;
        $n++;
        if ($n == $opt{first} || $n == $opt{requests}) {
            $_ && $_->reset for @c;
            @c = ();
            my $state = at_rest($s, $pid);
            show($n, $state);
            $first ||= $state;
            if ($n == $opt{requests}) {
                is $state->{threads}, $first->{threads},
                    'as many coroutines as before';
                # A reference that is free keeps its place.
                cmp_ok $state->{registry}, '<=', $first->{registry} + ($opt{loose} // 8),
                    'as many entries in the registry';
                # Where the server is its own backend, too.
                cmp_ok abs($state->{descriptors} - $first->{descriptors}),
                    '<=', $opt{loose} ? 4 : 0, 'as many descriptors';
                my $thousands = ($opt{requests} - $opt{first}) / 1000;
                # A sanitizer keeps what is freed.
                my @heaps = ($ENV{LUACO_VARIANT} // 'plain') eq 'plain'
                    ? qw(kbytes pools memory) : 'kbytes';
                cmp_ok $state->{$_} - $first->{$_}, '<',
                    $opt{slack} + $thousands,
                    "$_ grow by less than 1 KiB per 1,000 requests"
                    for @heaps;
            }
        }
    }
    is $wrong, 0, 'each that was not aborted has its answer';
    cmp_ok $answers, '>', $opt{requests} / 5, "$answers answers";
    is join(' ', $s->children), $pid, 'it is the same child';
    clean($s);
    ok $s->stop, 'stop';
    return;
}

1;
