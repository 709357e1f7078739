# The client goes away while its request is parked, at each point and in each
# way: Lua runs on to its end (LuaCoCheckClientAbort Off, the default) or ends
# with it (On: 499), every wait of every thread with it, and nothing wakes up
# later.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
LogLevel luaco:trace4
<LocationMatch "^/on/">
    LuaCoCheckClientAbort On
</LocationMatch>
<LocationMatch "^/(on|off)/(hold|ahold|aftersay)">
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.arg_k, " ", ngx.status)
    </LuaCoLog>
</LocationMatch>
<LocationMatch "^/(on|off)/hold">
    <LuaCoHandler>
        hold()
        ngx.log(ngx.NOTICE, "ended ", ngx.var.arg_k)
        ngx.say("x")
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/ahold">
    <LuaCoAccess>
        hold()
        ngx.log(ngx.NOTICE, "access ended ", ngx.var.arg_k)
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.log(ngx.NOTICE, "ended ", ngx.var.arg_k)
        ngx.say("x")
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/aftersay">
    # Headers and some body are out.
    <LuaCoHandler>
        ngx.say("first")
        ngx.flush(true)
        hold()
        for i = 1, 20 do
            ngx.say(string.rep("y", 10000))
            ngx.flush(i % 2 == 0)
            ngx.sleep(0.001)
            ngx.flush()
        end
        ngx.log(ngx.NOTICE, "ended ", ngx.var.arg_k)
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/threads">
    # Six threads in all that wait; the longest would wake long after.
    <LuaCoHandler>
        local k = ngx.var.arg_k
        for i = 1, 5 do
            ngx.thread.spawn(function()
                if i == 1 then
                    hold()
                else
                    ngx.sleep(i / 10)
                end
                ngx.log(ngx.NOTICE, "thread ", i, " woke ", k)
                coroutine.wrap(function() ngx.sleep(0.1) end)()
                ngx.log(ngx.NOTICE, "thread ", i, " ended ", k)
            end)
        end
        ngx.sleep(0.3)
        ngx.log(ngx.NOTICE, "entry woke ", k)
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/flood">
    # The reset comes during ngx.flush(true), and the next thing is a sleep.
    <LuaCoHandler>
        local k = ngx.var.arg_k
        local piece = string.rep("0123456789abcde\n", 4096)
        local ok, err
        local n = 0
        repeat
            ngx.print(piece)
            ok, err = ngx.flush(true)
            n = n + 1
        until not ok or n == 2000
        ngx.log(ngx.NOTICE, "flush said ", tostring(err), " ", k)
        ngx.sleep(0.05)
        ngx.log(ngx.NOTICE, "slept ", k)
        ngx.say("more")
        ngx.flush()
        ngx.sleep(0.05)
        ngx.say("more")
        ngx.flush(true)
        ngx.log(ngx.NOTICE, "ended ", k)
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/blocked">
    # The reset comes before the first park: the thread is held until the
    # client has gone.
    <LuaCoHandler>
        local k = ngx.var.arg_k
        ngx.log(ngx.NOTICE, "at work ", k)
        local file = ngx.var.arg_f
        repeat
            local f = io.open(file)
        until f
        ngx.say(string.rep("z", 100000))
        ngx.flush()
        ngx.sleep(0.05)
        ngx.log(ngx.NOTICE, "slept ", k)
        ngx.say("more")
        ngx.flush(true)
        ngx.sleep(0.05)
        ngx.log(ngx.NOTICE, "ended ", k)
    </LuaCoHandler>
</LocationMatch>
CONF

my $number = 0;

sub leave {
    my ($c, $way) = @_;
    $way eq 'half_close' ? $c->half_close : $way eq 'close' ? $c->close : $c->reset;
    return;
}

for my $finish (qw(loop worker)) {
    my $s = park_server(finish => $finish, ssl => 1, conf => $conf);
    my $log = $s->log;
    $log->mark;
    my $before = lua_state($s);

    for my $tls (0, 1) {
        for my $way (qw(close reset half_close)) {
            next if $tls && $way eq 'half_close';
            my $how = "$finish, " . ($tls ? 'https' : 'http') . ", $way";

            subtest "Off: $how" => sub {
                for my $where (qw(hold ahold aftersay)) {
                    my $k = 'k' . ++$number;
                    my $c = $s->raw(tls => $tls);
                    $c->request('GET', "/off/$where?k=$k");
                    if ($where eq 'aftersay') {
                        $c->response_head;
                        is $c->read_chunk, "first\n", 'some body';
                    }
                    ok waiting($s, $k => 1), "$where is parked";
                    leave($c, $way);
                    opens($s, $k);
                    ok $log->wait_for(qr/\] ended $k\b|: ended $k\b/),
                        "$where: Lua runs to its end";
                    ok $log->wait_for(qr/logged $k 200/), 'and is logged';
                    if ($way eq 'half_close') {
                        my $r = eval {
                            $where eq 'aftersay'
                                ? $c->read_rest
                                : $c->response->body;
                        };
                        like $r // $@, qr/x|y/, 'it has its answer';
                    }
                    is scalar(access_lines($s, 1, qr{/$where\?k=$k .* 200 })),
                        1, 'one line in the access log';
                }
            };
            subtest "On: $how" => sub {
                for my $where (qw(hold ahold aftersay)) {
                    my $k = 'k' . ++$number;
                    my $c = $s->raw(tls => $tls);
                    $c->request('GET', "/on/$where?k=$k");
                    if ($where eq 'aftersay') {
                        $c->response_head;
                        is $c->read_chunk, "first\n", 'some body';
                    }
                    ok waiting($s, $k => 1), "$where is parked";
                    leave($c, $way);
                    ok $log->wait_for(qr/logged $k 499/), 'ends with 499';
                    is scalar(access_lines($s, 1, qr{/$where\?k=$k .* 499 })),
                        1, 'one line in the access log';
                    opens($s, $k);
                    is $s->raw->get('/sleep?t=0.1')->body, "slept \n",
                        'others go on';
                    is $log->count(qr/ended $k\b/), 0, 'its Lua does not';
                }
            };
            subtest "On, threads: $how" => sub {
                my $k = 'k' . ++$number;
                my $c = $s->raw(tls => $tls);
                $c->request('GET', "/on/threads?k=$k");
                ok waiting($s, $k => 1), 'parked';
                leave($c, $way);
                is scalar(access_lines($s, 1, qr{/threads\?k=$k .* 499 })), 1,
                    'a 499';
                my $then = $log->count(qr/(?:woke|ended) $k\b/);
                opens($s, $k);
                is $s->raw->get('/sleep?t=0.7')->body, "slept \n",
                    'past the last sleep';
                is $log->count(qr/(?:woke|ended) $k\b/), $then,
                    'no wait woke later';
            };
            next if $way eq 'half_close';
            subtest "during a flush: $how" => sub {
                for my $check (qw(off on)) {
                    my $k = 'k' . ++$number;
                    my $c = $s->raw(tls => $tls, rcvbuf => 4096);
                    $c->request('GET', "/$check/flood?k=$k");
                    $c->read_bytes(1000);
                    # It is parked by now, or about to be.
                    $log->wait_for(qr/luaco: park/);
                    leave($c, $way);
                    if ($check eq 'off') {
                        ok $log->wait_for(qr/flush said client aborted $k\b/),
                            'off: flush says so';
                        ok $log->wait_for(qr/: ended $k\b/),
                            'and Lua runs to its end';
                        is scalar(access_lines($s, 1,
                                qr{/flood\?k=$k .* 200 })), 1, 'logged';
                    }
                    else {
                        is scalar(access_lines($s, 1,
                                qr{/flood\?k=$k .* 499 })), 1, 'on: 499';
                        is $log->count(qr/slept $k\b/), 0, 'its Lua ended';
                    }
                }
            };
            subtest "before the first park: $how" => sub {
                for my $check (qw(off on)) {
                    my $k = 'k' . ++$number;
                    my $file = $s->root . "/$k";
                    my $c = $s->raw(tls => $tls);
                    $c->request('GET', "/$check/blocked?k=$k&f=$file");
                    ok $log->wait_for(qr/at work $k\b/), 'it runs';
                    leave($c, $way);
                    LuaCo::Util::spew($file, '');
                    if ($check eq 'off') {
                        ok $log->wait_for(qr/: ended $k\b/),
                            'off: Lua runs to its end';
                        is scalar(access_lines($s, 1,
                                qr{/blocked\?k=$k\S* .* 200 })), 1, 'logged';
                    }
                    else {
                        is scalar(access_lines($s, 1,
                                qr{/blocked\?k=$k\S* .* 499 })), 1, 'on: 499';
                        is $log->count(qr/ended $k\b/), 0, 'its Lua ended';
                    }
                }
            };
        }
    }
    my $after;
    ok wait_until(
        sub {
            $after = lua_state($s);
            return $after->{threads} <= $before->{threads} + 12;
        }
    ), 'no coroutine is left' or diag "$before->{threads} $after->{threads}";
    ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
    clean($s);
    ok $s->stop, 'it stops';
}

done_testing;
