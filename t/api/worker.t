# tags: prefork hardlua
# ngx.worker.*

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

my $s = LuaCo::Server->new(children => 2, workers => 2, conf => <<'CONF')->start;
LuaCoVMs 2
LuaCoSharedDict said 100k
LogLevel luaco:info
<LuaCoInit>
    local w = ngx.worker
    init = table.concat({ tostring(w.id()), w.count(), tostring(w.pids()), select(2, w.pids()), tostring(w.exiting()) }, " ")
    parent = ngx.worker.pid()
</LuaCoInit>
<LuaCoInitWorker>
    local w = ngx.worker
    ngx.shared.said:add("worker " .. w.id(), w.pid())
    init_worker = table.concat({ tostring(w.pids()), select(2, w.pids()), tostring(w.exiting()), w.pid() == parent and "same" or "other" }, " ")
</LuaCoInitWorker>
<LuaCoExitWorker>
    ngx.log(ngx.ERR, "exit: ", tostring(ngx.worker.exiting()))
</LuaCoExitWorker>
<Location />
    LuaCoVirtual On
</Location>
<Location /init>
    <LuaCoHandler>
        ngx.say(init)
        ngx.say(init_worker)
        ngx.say(parent)
    </LuaCoHandler>
</Location>
<Location /worker>
    <LuaCoHandler>
        local w = ngx.worker
        ngx.sleep(0)
        local found = 0
        local pids = w.pids()
        for _, pid in ipairs(pids) do
            if pid == w.pid() then found = found + 1 end
        end
        ngx.say(w.pid(), " ", math.type(w.id()), " ", w.id() >= 0 and w.id() < w.count(), " ", w.count(), " ", found, " ", #pids, " ", tostring(w.exiting()))
    </LuaCoHandler>
</Location>
<Location /ids>
    <LuaCoHandler>
        local keys = ngx.shared.said:get_keys(0)
        table.sort(keys)
        ngx.say(table.concat(keys, ", "))
    </LuaCoHandler>
</Location>
<Location /long>
    <LuaCoHandler>
        ngx.say("begun")
        ngx.flush(true)
        while not ngx.worker.exiting() do ngx.sleep(0.01) end
        ngx.say("exiting")
    </LuaCoHandler>
</Location>
CONF

sub said { return $s->raw->get($_[0])->body }

my $children = 2;
my @pids;
wait_until(sub { @pids = $s->children; @pids == $children });
wait_until(sub { said('/ids') =~ tr/,// == 3 });
is said('/ids'), "worker 0, worker 1, worker 2, worker 3\n",
    'each VM of each child has an id';
my ($init, $init_worker, $parent) = split /\n/, said('/init');
like $init,
    qr/^nil \d+ nil API disabled in the current context false$/, 'LuaCoInit';
is $init_worker, 'nil API disabled in the current context false other',
    'LuaCoInitWorker';
is $parent, $s->pid, 'the pid in LuaCoInit is the parent';
my ($pid, @rest) = split ' ', said('/worker');
ok scalar(grep { $_ == $pid } @pids), 'the pid of a child';
is "@rest[0, 1, 3, 4, 5]", 'integer true 1 2 false', 'in a request';
is $rest[2], (split ' ', $init)[1], 'count';

SKIP: {
    skip 'a child of prefork learns it between two requests', 2
        if $s->{mpm} eq 'prefork';
    my $c = $s->raw;
    $c->request('GET', '/long');
    my $r = $c->response_head;
    is $c->read_chunk, "begun\n", 'a request';
    $s->graceful;
    is $c->read_chunk, "exiting\n", 'sees that its child is to stop';
    $c->close;
}
ok $s->stop, 'stopped';
ok $s->wait_for_log(qr/exit: true/), 'LuaCoExitWorker';

done_testing;
