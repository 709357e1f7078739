# tags: no-tsan no-valgrind
# (what it counts is who gets a lock, which the sanitizer or valgrind decides.)
# Workers that keep a VM busy do not starve its loop: a request whose sleep is
# over runs before many others that came later.  Proved by counting them.

use LuaCo::Test;
use LuaCo::Load;

my $s = LuaCo::Server->new(conf => <<'CONF');
LuaCoVMs 1
<LuaCoInit>
    turns = 0
    counters = { n = 0 }
</LuaCoInit>
<Location /busy>
    <LuaCoHandler>
        local c = counters
        c.n = c.n + 1
        for i = 1, 20000 do c[1] = i end
        ngx.say("busy")
    </LuaCoHandler>
</Location>
<Location /nap>
    <LuaCoHandler>
        -- 50 sleeps that are over at once: each needs one turn of the loop.
        local before = counters.n
        for i = 1, 50 do ngx.sleep(0) end
        ngx.say(counters.n - before)
    </LuaCoHandler>
</Location>
CONF
$s->start;
my $load = LuaCo::Load->start(port => $s->port, uri => '/busy', clients => 6);
ok $load->wait_done(50), 'the VM is busy';
for (1 .. 3) {
    my ($others) = $s->raw->get('/nap')->body =~ /(\d+)/;
    note "$others requests ran meanwhile";
    cmp_ok $others, '<', 50 * 4, 'four for each turn of the loop at most';
}
my $sum = $load->stop;
is $sum->{failed}, 0, 'and they were answered' or diag $sum->{why};

done_testing;
