# Code that does not end while httpd starts: the log says where it is, and the
# start can be ended; code that only takes long is waited for.

use LuaCo::Test;
use LuaCo::Server;
use LuaCo::Util qw(spew wait_until);

my $says = qr/luaco: LuaCoInit has run for 5 seconds and is at (\S+); the process/;

subtest 'an endless loop' => sub {
    my $s = LuaCo::Server->new(conf => <<'CONF');
LuaCoVMs 1
<LuaCoInit>
    local n = 0
    while true do
        n = n + 1
    end
</LuaCoInit>
CONF
    $s->write_config;
    my $pid = $s->spawn($s->root . '/logs/start_log', '-DFOREGROUND');
    my $line = $s->wait_for_log($says, limit => 30) // '';
    like $line, qr/ is at LuaCoInit\(test\.conf:2\):[23];/, 'the log says where';
    kill TERM => $pid;
    is waitpid($pid, 0), $pid, 'the start can be ended';
};

subtest 'it takes its time' => sub {
    my $s = LuaCo::Server->new(conf => <<'CONF');
LuaCoVMs 1
<LuaCoInit>
    co = coroutine.wrap(function()
        while true do
            local n = 0
            for i = 1, 3000000 do
                n = n + 1
            end
            coroutine.yield(n)
        end
    end)
    repeat
        co()
        local f = io.open("@Root@/go")
    until f
</LuaCoInit>
<Location /x>
    <LuaCoHandler>
        ngx.say("served")
    </LuaCoHandler>
</Location>
CONF
    $s->write_config;
    my $pid = $s->spawn($s->root . '/logs/start_log', '-DFOREGROUND');
    $s->{pid} = $pid;
    ok $s->wait_for_log($says, limit => 30), 'the log says so';
    spew($s->root . '/go', '');
    is wait_until(sub { eval { $s->raw->get('/x')->body } }), "served\n",
        'then it serves';
    is $s->log->count($says), 1, 'said once';
    ok $s->stop, 'stop';
};

done_testing;
