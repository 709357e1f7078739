# tags: no-tsan no-valgrind
# (what it counts is who gets a lock, which the sanitizer or valgrind decides.)
# Workers that keep a VM busy do not starve its loop: a request whose sleep is
# over runs before many others that came later.  And a loop that is never idle
# lets workers in.  Proved by counting.

use LuaCo::Test;
use LuaCo::Load;

my $s = LuaCo::Server->new(conf => <<'CONF');
LuaCoVMs 1
<LuaCoInit>
    turns = 0
    counters = { n = 0, turns = 0 }
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
<Location /spin>
    <LuaCoHandler>
        ngx.say("spins")
        ngx.flush(true)
        for i = 1, 300 do
            ngx.thread.spawn(function()
                while not counters.stop do
                    for j = 1, 100 do counters[1] = j end
                    ngx.sleep(0)
                end
            end)
        end
        while not counters.stop do
            counters.turns = counters.turns + 1
            ngx.sleep(0)
        end
        ngx.say("stopped")
    </LuaCoHandler>
</Location>
<Location /turns>
    <LuaCoHandler>
        ngx.say(counters.turns)
    </LuaCoHandler>
</Location>
<Location /stop>
    <LuaCoHandler>
        counters.stop = true
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

my $spin = $s->raw;
$spin->request('GET', '/spin');
$spin->response_head;
is $spin->read_chunk, "spins\n", 'the loop is never idle';
my $first = $s->raw->get('/turns')->body;
my $last;
$last = $s->raw->get('/turns')->body for 1 .. 20;
note $last - $first, ' turns of the loop meanwhile';
cmp_ok $last - $first, '<', 20 * 40, 'forty turns for each worker at most';
$s->raw->get('/stop');
is $spin->read_chunk, "stopped\n", 'it ends';

done_testing;
