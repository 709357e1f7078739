# tags: no-valgrind
# (no-valgrind: 1200 connections, and descriptors that valgrind takes.)
# What parking.md found when parking was attacked, as far as a client can
# provoke it.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until slurp);

my $conf = <<'CONF';
Timeout 300
<Location /busy>
    # Holds a worker: busy until a file is there.
    <LuaCoHandler>
        ngx.log(ngx.NOTICE, "busy")
        local f
        repeat
            f = io.open(ngx.var.arg_f)
        until f
        ngx.say("was busy")
    </LuaCoHandler>
</Location>
<Location /wait503>
    # Ends on a worker, whatever ends on the loop.
    <LuaCoHandler>
        waiting.k503 = (waiting.k503 or 0) + 1
        while not gate.k503 do
            ngx.sleep(0.5)
        end
        ngx.exit(503)
    </LuaCoHandler>
</Location>
<Location /post>
    <LuaCoHandler>
        ngx.sleep(0.01)
        ngx.say("posted")
    </LuaCoHandler>
</Location>
CONF

# Linux lets 500 wake-up paths lead from one file.
subtest '1200 connections woken at once' => sub {
    my $s = park_server(threads => 4, factor => 1000, conf => $conf);
    my $n = 1200;
    my @c;
    for (1 .. $n) {
        push @c, $s->raw;
        $c[-1]->request('GET', '/wait503');
    }
    ok waiting($s, k503 => $n), "$n wait";
    # All workers read from clients that say nothing, so that nobody takes the
    # connections back meanwhile.
    my $gate = $s->raw;
    $gate->get('/plain');
    my @mute = map { $s->raw } 1 .. 4;
    $_->send('GET /') for @mute;
    $gate->request('GET', '/open?k=k503');
    # Something must have become ready: the loop runs though no worker does.
    my $log = LuaCo::Log->new($s->log->file);
    wait_until(sub { 0 }, 1.5);
    $_->close for @mute;
    is $gate->response->body, "open\n", 'the gate';
    my $good = 0;
    for my $c (@c) {
        my $r = eval { $c->response } or next;
        $good++ if $r->status == 503;
    }
    is $good, $n, 'each has its answer';
    clean($s);
    ok $s->stop, 'stop';
};

subtest 'a body that does not come' => sub {
    my $s = park_server(ssl => 1, conf => $conf);
    my @c;
    for my $i (1 .. 3) {
        push @c, $s->raw(tls => $i % 2);
        $c[-1]->request('POST', '/post', headers =>
                ['Content-Length' => 10, $i == 3 ? (Expect => '100-continue')
                : ()]);
    }
    push @c, $s->raw;
    $c[-1]->send("POST /post HTTP/1.1\r\nHost: a\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n5\r\nab");
    # The loop answers others as long as these are missing.
    for (1 .. 5) {
        is $s->raw->get('/sleep?t=0.02')->body, "slept \n", 'others go on';
    }
    $_->send('0123456789') for @c[0, 1];
    for my $c (@c[0, 1]) {
        is $c->response->body, "posted\n", 'answered';
        is $c->get('/plain')->body, "plain \n", 'and on';
    }
    $_->close for @c[2, 3];
    is $s->raw->get('/sleep')->body, "slept \n", 'it goes on';
    clean($s);
    ok $s->stop, 'stop';
};

subtest 'too few descriptors' => sub {
    my $s = park_server(threads => 24, conf => $conf . <<'CONF');
MaxKeepAliveRequests 0
<Location />
    # No file is looked for.
    LuaCoVirtual On
</Location>
<Location /eat>
    # Leaves N descriptors.
    <LuaCoHandler>
        while true do
            local f = io.open("/dev/null")
            if not f then
                break
            end
            kept[#kept + 1] = f
        end
        local left = tonumber(ngx.var.arg_n)
        for i = 1, left do
            local f = table.remove(kept)
            if f then
                f:close()
            end
        end
        ngx.say("ate ", #kept)
    </LuaCoHandler>
</Location>
<Location /spit>
    <LuaCoHandler>
        while #kept > 0 do
            table.remove(kept):close()
        end
        ngx.say("spat")
    </LuaCoHandler>
</Location>
CONF
    my $log = LuaCo::Log->new($s->log->file);
    my $gate = $s->raw;
    # A parked request has three: the client's, its second, one to park with.
    for my $left (4, 5) {
        my $what = $left == 4 ? 'connection' : 'request';
        $log->mark;
        like $gate->get("/eat?n=$left")->body, qr/^ate \d+/, "$left are left";
        my @c;
        for my $n (1 .. 2) {
            push @c, $s->raw;
            $c[-1]->request('GET', "/hold?k=eat$left");
            my $at;
            ok wait_until(
                sub {
                    $at = $gate->get("/waiting?k=eat$left")->body;
                    return $at == $n;
                }
            ), "$n waits";
        }
        ok $log->wait_for(qr/luaco: no descriptor left to park this $what/),
            "the log says so of a $what";
        is $gate->get('/spit')->body, "spat\n", 'there are some again';
        $gate->get("/open?k=eat$left");
        for my $c (@c) {
            is eval { $c->response->body } // $@, "held eat$left\n",
                'nothing is lost';
            is eval { $c->get('/sleep')->body } // $@, "slept \n",
                'nor the connection';
            $c->request('POST', '/post', body => 'x' x 100_000);
            is eval { $c->response->body } // $@, "posted\n",
                'nor what it reads';
            $c->close;
        }
        $gate->get("/plain");
    }
    clean($s);
    ok $s->stop, 'stop';
};

done_testing;
