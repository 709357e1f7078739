# Somebody sets the clock while requests are parked, back or forward by more
# than Timeout: httpd takes the connections back by itself, whatever their Lua
# does at that moment.  It ends with them, each request is logged, nothing is
# left and nobody else notices.

use LuaCo::Httpd;
use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(spew wait_until);

my $conf = <<'CONF';
Timeout 3000
KeepAliveTimeout 5
RequestReadTimeout header=0 body=0
<LuaCoLog>
    if ngx.var.arg_k then
        ngx.log(ngx.NOTICE, "logged ", ngx.var.arg_k, " ", ngx.status)
    end
</LuaCoLog>
<Location /begun>
    # Headers and some body are out.
    <LuaCoHandler>
        ngx.say("begun")
        ngx.flush(true)
        hold()
        ngx.log(ngx.NOTICE, "woke")
    </LuaCoHandler>
</Location>
<Location /steps>
    # Never waits for long: the loop is at work on it when it is taken.  It is
    # parked when it says that it waits: nothing else comes after the last one.
    <LuaCoHandler>
        ngx.sleep(0.001)
        waiting[ngx.var.arg_k] = 1
        ngx.thread.spawn(function()
            while true do
                ngx.sleep(0)
                waiting.steps = (waiting.steps or 0) + 1
            end
        end)
        for i = 1, 1e9 do
            ngx.say("step")
            ngx.flush(i % 3 == 0)
            ngx.sleep(0.001)
        end
    </LuaCoHandler>
</Location>
<Location /body>
    # Waits for a body that does not come.
    <LuaCoHandler>
        waiting[ngx.var.arg_k] = 1
        ngx.req.read_body()
        ngx.log(ngx.NOTICE, "woke")
    </LuaCoHandler>
</Location>
CONF

# What is asked, how often, and the status that the log gives it.
my @asked = (
    ['/hold',  3, 408],
    ['/ahold', 3, 408],
    ['/thold', 2, 408],
    ['/body',  2, 408],
    ['/begun', 3, 200],
    ['/steps', 4, 200],
);
my $paths = join '|', map { $_->[0] =~ tr{/}{}dr } @asked;

sub descriptors {
    my ($s) = @_;
    my ($pid) = $s->children;
    opendir my $dir, "/proc/$pid/fd" or return 0;
    return scalar grep {/^\d/} readdir $dir;
}

# Coroutines of the server at rest.
sub threads_left {
    my ($s) = @_;
    wait_until(sub { $s->status->{ConnsTotal} <= 1 && busy_workers($s) <= 0 })
        or diag 'the server does not come to rest';
    return lua_state($s)->{threads};
}

for my $way (qw(back forward)) {
    my $clock = LuaCo::Httpd::top() . "/t/logs/clock.$$";
    spew($clock, pack 'q', 0);
    my $shift = 0;
    # Another moment than now for httpd, in seconds from now on.
    my $set = sub {
        my ($by) = @_;
        $shift += $by;
        # In place: it is mapped.
        open my $fh, '+<', $clock or die "$clock: $!\n";
        syswrite $fh, pack 'q', $shift * 1_000_000;
        close $fh;
    };
    my $s = park_server(
        ssl     => 1,
        conf    => $conf,
        preload => ['clock'],
        env     => { LUACO_CLOCK => $clock },
    );
    my $log = LuaCo::Log->new($s->log->file);
    $log->mark;
    my ($fds, $threads) = (0, 0);
    for my $round (0 .. 2) {
        my (@c, @want);
        for my $ask (@asked) {
            my ($uri, $n, $status) = @$ask;
            for my $i (1 .. $n) {
                my $k = ($uri =~ tr{/}{}dr) . "_$round$i";
                my $c = $s->raw(tls => $i % 2);
                push @c,    $c;
                push @want, "$k $status";
                if ($uri eq '/body') {
                    $c->request('POST', "$uri?k=$k",
                        headers => ['Content-Length' => 10]);
                }
                else {
                    $c->request('GET', "$uri?k=$k");
                }
                waiting($s, $k => $uri eq '/thold' ? 5 : 1)
                    or fail "$k waits";
            }
        }
        # An entry of httpd's queues by the new time, without which it does not
        # look at those of the old; when that is over it looks.
        $set->($way eq 'back' ? -10_000 : 10_000);
        my $kept = $s->raw;
        $kept->get('/plain');
        $set->(10);
        is eval { $s->raw->get('/sleep')->body } // $@, "slept \n",
            "$way, $round: others go on";
        for my $i (0 .. $#c) {
            my $rest = eval { $c[$i]->read_rest } // '';
            ok $c[$i]{eof}, "$way, $round: the connection of $want[$i] ends";
            my $good = $want[$i] =~ / 408/ ? $rest eq '' : $rest !~ /\n0\r\n/;
            ok $good, '... without an answer that looks whole';
        }
        ok $log->wait_for(qr/logged $_\b/), "$way, $round: logged $_"
            for @want;
        is scalar(access_lines($s, scalar @want, qr{"\w+ /(?:$paths)\?k=\w+_$round\d \S+" \d})),
            @want, "$way, $round: as many lines in the access log";
        # Nothing of them wakes any more.
        opens($s, $_) for map { (split ' ')[0] } @want;
        my $made = sub { $s->raw->get('/waiting?k=steps')->body };
        my $steps = $made->();
        is $s->raw->get('/sleep?t=0.05')->body, "slept \n", 'some time goes by';
        is $made->(), $steps, 'no thread runs on';
        my $left = threads_left($s);
        # The first rounds fill caches, and open what stays open.
        if ($round < 2) {
            ($fds, $threads) = (descriptors($s), $left);
            next;
        }
        ok wait_until(sub { descriptors($s) <= $fds }),
            "$way, $round: no descriptor is left";
        is $left, $threads, '... and no coroutine';
    }
    is $log->count(qr/connection of a parked request was closed/), 3 * 17,
        "$way: it was httpd who took them";
    is $log->count(qr/: woke/), 0, "$way: none woke";
    is scalar($s->children), 1, "$way: it is one child";
    is $log->count(qr/exit signal/), 0, "$way: that did not die";
    clean($s);
    ok $s->stop, 'stop';
}

done_testing;
