# Which VM a request gets: a worker takes one whose lock is free before it
# waits for another, and a connection keeps its VM.

use LuaCo::Test;
use LuaCo::Server;
use LuaCo::Util qw(spew);

my $s = LuaCo::Server->new(conf => <<'CONF')->start;
LuaCoVMs 3
<Location /busy>
    # Does not let go of its VM before the file is there.
    <LuaCoHandler>
        ngx.log(ngx.NOTICE, "busy")
        local f
        repeat
            f = io.open("@Root@/go")
        until f
        ngx.say("was busy")
    </LuaCoHandler>
</Location>
<Location /vm>
    <LuaCoHandler>
        ngx.say(tostring(package.loaded))
        if ngx.var.arg_t then
            ngx.sleep(0.001)
            ngx.say(tostring(package.loaded))
        end
    </LuaCoHandler>
</Location>
CONF
my $log = LuaCo::Log->new($s->log->file);

my (%seen, @kept);
for (1 .. 9) {
    my $c = $s->raw;
    my $vm = $c->get('/vm')->body;
    $seen{$vm}++;
    push @kept, [$c, $vm];
}
is scalar(keys %seen), 3, 'connections spread over the VMs';
for my $kept (@kept) {
    my ($c, $vm) = @$kept;
    is $c->get('/vm')->body, $vm, 'a connection keeps its VM';
    is $c->get('/vm?t=1')->body, $vm . $vm, '... when it waits, too';
    $c->close;
}

my @busy = map { $s->raw } 1 .. 2;
$_->request('GET', '/busy') for @busy;
ok $log->wait_for(qr/busy/, count => 2), 'two VMs are busy';
my %free;
$free{ $s->raw->get('/vm')->body }++ for 1 .. 8;
is scalar(keys %free), 1, 'the third serves all others meanwhile';
spew($s->root . '/go', '');
is $_->response->body, "was busy\n", 'then the two are answered' for @busy;
ok $s->stop, 'stop';

done_testing;
