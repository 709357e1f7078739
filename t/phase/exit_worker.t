# LuaCoExitWorker: once in each VM when a child ends, in every way that a child
# may end in good order.

use LuaCo::Test;

my $conf = <<'CONF';
LuaCoVMs 2
<LuaCoInitWorker>
    started = true
</LuaCoInitWorker>
<LuaCoExitWorker>
    local function try(f, ...)
        local ok, why = pcall(f, ...)
        return ok and "fine" or tostring(why):gsub("^.-:%d+: ", "")
    end
    ngx.ctx.x = 1
    ngx.log(ngx.NOTICE, "exit worker: ", ngx.get_phase(), ", ",
        tostring(started), ", ", ngx.ctx.x, ", ",
        try(ngx.say, "x"), ", ", try(ngx.sleep, 0), ", ",
        try(function () return ngx.var.uri end), ".")
    error("on purpose")
</LuaCoExitWorker>
<Location /ask>
    <LuaCoHandler>
        ngx.say("asked")
    </LuaCoHandler>
</Location>
<Location /wait>
    <LuaCoHandler>
        ngx.log(ngx.NOTICE, "waits")
        ngx.sleep(3600)
    </LuaCoHandler>
</Location>
CONF

my $off  = 'API disabled in the context of LuaCoExitWorker';
my $want = qr/exit worker: exit_worker, true, 1, $off, $off, API disabled in the current context\./;

my $s = LuaCo::Server->new(conf => $conf);
$s->start;
is $s->raw->get('/ask')->body, "asked\n", 'a request';

$s->log->mark;
$s->graceful;
ok $s->log->wait_for($want, count => 2), 'a graceful restart: in both VMs'
    or diag $s->log->text;
ok $s->log->wait_for(qr/luaco: LuaCoExitWorker failed: .*on purpose/,
    count => 2), 'an error is a line of the log';
is $s->log->count(qr/exit worker: /), 2, 'once each';
is $s->raw->get('/ask')->body, "asked\n", 'the next child answers';

# One parked, which a stop ends first.
$s->log->mark;
my $c = $s->raw;
$c->request('GET', '/wait');
ok $s->log->wait_for(qr/waits/), 'one waits';
ok $s->stop, 'a stop';
ok $s->log->wait_for($want, count => 2), 'in both VMs' or diag $s->log->text;

my $p = LuaCo::Server->new(mpm => 'prefork', conf => $conf, workers => 2);
$p->start;
is $p->raw->get('/ask')->body, "asked\n", 'prefork: a request';
$p->log->mark;
ok $p->stop, 'prefork: a stop';
ok $p->log->wait_for($want, count => 2), 'prefork: in both VMs of a child';

done_testing;
