# Targets of ngx.exec are parked as other requests are: they hold no thread,
# end on the loop or on a worker, leave the connection to the next request, and
# are lost as others are: to the client, to httpd's clock, to the end of the
# child.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

srand($ENV{LUACO_SEED} // 1);
$SIG{PIPE} = 'IGNORE';

my $conf = <<'CONF';
LogLevel luaco:trace4
Timeout 3
<LocationMatch "^/x/(handler|twice|named|on)">
    <LuaCoHandler>
        if ngx.var.arg_park then ngx.sleep(0.001) end
        local to = ngx.var.uri:match("^/x/(%w+)")
        if ngx.var.arg_thread then
            ngx.thread.spawn(function () ngx.sleep(3600) end)
        end
        if to == "twice" then
            ngx.exec("/x/handler", ngx.var.args)
        elseif to == "named" then
            ngx.exec("@hold")
        end
        ngx.exec(to == "on" and "/on" or "/target", ngx.var.args)
    </LuaCoHandler>
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "wrong log")
    </LuaCoLog>
</LocationMatch>
<Location "/x/access">
    <LuaCoAccess>
        if ngx.var.arg_park then ngx.sleep(0.001) end
        ngx.exec("/target", ngx.var.args)
    </LuaCoAccess>
</Location>
<Location "/x/rewrite">
    <LuaCoRewrite>
        if ngx.var.arg_park then ngx.sleep(0.001) end
        ngx.exec("/target", ngx.var.args)
    </LuaCoRewrite>
</Location>
<LocationMatch "^/(target|@hold|on)$">
    <LuaCoAccess>
        if ngx.var.arg_a then hold() end
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("target ", hold())
        if ngx.var.arg_exec then ngx.exec("/nowhere") end
    </LuaCoHandler>
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.arg_k, " ", ngx.status)
    </LuaCoLog>
</LocationMatch>
<Location "/on">
    LuaCoCheckClientAbort On
</Location>
<Location "/@hold">
    LuaCoInternal On
</Location>
CONF

my @froms = qw(handler twice named access rewrite);
my $number = 0;

for my $finish (qw(loop worker)) {
    my $s = park_server(finish => $finish, ssl => 1, conf => $conf);
    my $log = $s->log;
    $log->mark;

    subtest "$finish: no thread is held" => sub {
        for my $a ('', '&a=1') {
            my $k = 'k' . ++$number;
            my @c;
            for my $i (0 .. 24) {
                my $c = $s->raw;
                my $park = $i % 2 ? '&park=1' : '';
                $c->request('GET', "/x/$froms[$i % @froms]?k=$k$a$park");
                push @c, $c;
            }
            ok waiting($s, $k => 25), 'more wait than there are threads';
            ok wait_until(sub { busy_workers($s) <= 0 }), 'none is busy';
            opens($s, $k);
            my @bodies = map { $_->response->body } @c;
            is_deeply \@bodies, [("target $k\n") x 25], 'all answered';
            is scalar(access_lines($s, 25, qr{/x/\w+\?k=$k\S* .* 200 })), 25,
                'a line each in the access log';
            ok wait_until(sub { $log->count(qr/logged $k 200/) == 25 }),
                'a run each of LuaCoLog';
            is $log->count(qr/wrong log/), 0, 'where they ended';
        }
    };

    subtest "$finish: pipelines and TLS" => sub {
        for my $tls (0, 1) {
            my $k = 'k' . ++$number;
            my $c = $s->raw(tls => $tls);
            my $text = '';
            for my $from (@froms, @froms) {
                $text .= LuaCo::Raw::request_text('GET',
                    "/x/$from?k=$k&park=1&thread=1");
            }
            $c->send($text);
            ok waiting($s, $k => 1), 'one at a time';
            opens($s, $k);
            is $c->response->body, "target $k\n", "tls=$tls" for @froms, @froms;
        }
    };

    subtest "$finish: longer than Timeout" => sub {
        my $k = 'k' . ++$number;
        my @c = map { my $c = $s->raw; $c->request('GET', "/x/$_?k=$k"); $c }
            @froms;
        ok waiting($s, $k => scalar @froms), 'they wait';
        is $s->raw->get('/sleep?t=4')->body, "slept \n", 'past Timeout';
        opens($s, $k);
        is $_->response->body, "target $k\n", 'answered' for @c;
    };

    subtest "$finish: the client leaves" => sub {
        for my $round (1 .. 3) {
            my (%k, @left);
            for my $from (@froms, 'on') {
                my $k = 'k' . ++$number;
                my $a = rand() < 0.5 ? '&a=1' : '';
                my $c = $s->raw(tls => rand() < 0.5);
                $c->request('GET', "/x/$from?k=$k$a");
                ok waiting($s, $k => 1), "$from waits";
                rand() < 0.5 ? $c->reset : $c->close;
                opens($s, $k) if $from ne 'on';
                my $status = $from eq 'on' ? 499 : 200;
                ok $log->wait_for(qr/logged $k $status/), 'logged';
                is scalar(access_lines($s, 1, qr{/x/\w+\?k=$k\S* .* $status })),
                    1, 'one line in the access log';
                opens($s, $k);
            }
        }
        # At whatever point.
        for my $i (1 .. 40) {
            my $k = 'k' . ++$number;
            my $c = $s->raw(tls => rand() < 0.3);
            my $from = ('on', @froms)[rand(1 + @froms)];
            my $park = rand() < 0.5 ? '&park=1' : '';
            $c->request('GET', "/x/$from?k=$k$park&s=0.00" . int(rand 9));
            select undef, undef, undef, rand() * 0.01;
            rand() < 0.5 ? $c->reset : $c->close;
            opens($s, $k);
        }
        is $s->raw->get('/plain')->body, "plain \n", 'others go on';
    };

    subtest "$finish: exec after output" => sub {
        my $k = 'k' . ++$number;
        my $c = $s->raw;
        $c->request('GET', "/x/access?k=$k&exec=1");
        waiting($s, $k => 1);
        opens($s, $k);
        eval { $c->response };
        ok $log->wait_for(
            qr/attempt to call ngx\.exec after sending out response headers/
        ), 'an error';
    };

    my $k = 'k' . ++$number;
    my @c = map { my $c = $s->raw; $c->request('GET', "/x/$_?k=$k"); $c }
        @froms;
    ok waiting($s, $k => scalar @froms), 'parked when the server stops';
    ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
    ok $s->stop, 'it stops';
    clean($s);
}

done_testing;
