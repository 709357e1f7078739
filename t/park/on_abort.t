# tags: hardlua
# ngx.on_abort: a light thread that is run when the client goes away while the
# request waits, in each way that a client can go, over http and https.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
LogLevel luaco:trace4
<LocationMatch "^/(a_)?(say|exit|wait|fail|late|many|dup|flood|body|thread)">
    LuaCoCheckClientAbort On
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.arg_k, " ", ngx.status)
    </LuaCoLog>
</LocationMatch>
<LuaCoInitWorker>
    function note(...)
        ngx.log(ngx.NOTICE, "note ", ngx.var.arg_k, " ", ...)
    end
</LuaCoInitWorker>
<Location /say>
    # It returns: the request goes on without a client.
    <LuaCoHandler>
        note("registers ", ngx.on_abort(function() note("gone") end))
        hold()
        note("entry goes on")
        ngx.sleep(0.001)
        ngx.say("nobody reads this")
        ngx.flush(true)
        note("entry ends")
    </LuaCoHandler>
</Location>
<Location /exit>
    <LuaCoHandler>
        ngx.on_abort(function()
            note("gone")
            ngx.exit(499)
        end)
        ngx.thread.spawn(function()
            hold()
            note("never here")
        end)
        hold()
        note("never here")
    </LuaCoHandler>
</Location>
<Location /a_exit>
    <LuaCoAccess>
        ngx.on_abort(function()
            note("gone")
            ngx.exit(499)
        end)
        hold()
        note("never here")
    </LuaCoAccess>
    <LuaCoHandler>
        note("never here")
    </LuaCoHandler>
</Location>
<Location /a_say>
    # The next phase has none: it ends before it begins.
    <LuaCoAccess>
        ngx.on_abort(function() note("gone") end)
        hold()
        note("access ends")
    </LuaCoAccess>
    <LuaCoHandler>
        note("never here")
    </LuaCoHandler>
</Location>
<Location /wait>
    # The callback's own waits: the request lives as long as it does.
    <LuaCoHandler>
        ngx.on_abort(function()
            note("gone")
            local t = ngx.thread.spawn(function()
                ngx.sleep(0.002)
                return "slept"
            end)
            local ok, what = ngx.thread.wait(t)
            note("waited ", what)
            coroutine.wrap(function() ngx.sleep(0.001) end)()
            note("callback ends")
        end)
        hold()
        note("entry ends")
    </LuaCoHandler>
</Location>
<Location /fail>
    <LuaCoHandler>
        ngx.on_abort(function() error("boom") end)
        hold()
        note("entry ends")
    </LuaCoHandler>
</Location>
<Location /late>
    # Registered by a thread that has ended, after some body.
    <LuaCoHandler>
        ngx.say("first")
        ngx.flush(true)
        ngx.thread.wait(ngx.thread.spawn(function()
            ngx.on_abort(function()
                note("gone")
                ngx.exit(ngx.ERROR)
            end)
        end))
        collectgarbage()
        hold()
        note("never here")
    </LuaCoHandler>
</Location>
<Location /dup>
    <LuaCoHandler>
        ngx.say(ngx.on_abort(function() note("gone") end))
        ngx.say(ngx.on_abort(function() end))
        ngx.say(ngx.on_abort(1))
        ngx.thread.wait(ngx.thread.spawn(function()
            ngx.say(ngx.on_abort(function() end))
        end))
    </LuaCoHandler>
</Location>
<Location /dup_args>
    <LuaCoHandler>
        for _, arg in ipairs { 1, "x", true, {}, print, coroutine.create(note) } do
            ngx.say(pcall(function() return ngx.on_abort(arg) end))
        end
        ngx.say(pcall(function() return (ngx.on_abort()) end))
        ngx.say(pcall(function() return (ngx.on_abort(nil)) end))
        ngx.say(ngx.on_abort(function() end, 1, 2))
    </LuaCoHandler>
</Location>
<Location /off>
    <LuaCoHandler>
        ngx.say(ngx.on_abort(function() end))
        ngx.say(ngx.on_abort())
    </LuaCoHandler>
</Location>
<Location /flood>
    # The reset comes during ngx.flush(true).
    <LuaCoHandler>
        ngx.on_abort(function()
            note("gone")
            ngx.exit(499)
        end)
        local piece = string.rep("0123456789abcde\n", 4096)
        for i = 1, 2000 do
            ngx.print(piece)
            ngx.flush(true)
            ngx.sleep(0)
        end
        note("never here")
    </LuaCoHandler>
</Location>
<Location /many>
    <LuaCoHandler>
        ngx.on_abort(function()
            ngx.exit(499)
        end)
        for i = 1, 3 do
            ngx.thread.spawn(function()
                while true do
                    ngx.sleep(0.001 * i)
                    ngx.print(i)
                    ngx.flush(i == 2)
                end
            end)
        end
        hold()
        note("never here")
    </LuaCoHandler>
</Location>
CONF

my $number = 0;

sub leave {
    my ($c, $way) = @_;
    $way eq 'half_close' ? $c->half_close : $way eq 'close' ? $c->close : $c->reset;
    return;
}

sub notes {
    my ($log, $k) = @_;
    return [map { /note $k (.*?)(?:, (?:client|referer)|$)/ ? $1 : () }
            $log->lines(qr/note $k /)];
}

for my $mode (qw(loop worker prefork)) {
    my $s = park_server(
        $mode eq 'prefork' ? (mpm => 'prefork', workers => 6) : (finish => $mode),
        ssl  => 1,
        conf => $conf,
    );
    my $log = $s->log;
    $log->mark;
    # One child answers where others wait in theirs.
    my $prefork = $mode eq 'prefork';
    my @case = (
        ['/say',    200, 'registers 1', 'gone', 'entry goes on', 'entry ends'],
        ['/exit',   499, 'gone'],
        ['/a_exit', 499, 'gone'],
        ['/a_say',  499, 'gone', 'access ends'],
        ['/wait',   200, 'gone', 'waited slept', 'callback ends', 'entry ends'],
        ['/fail',   200, 'entry ends'],
        ['/late',   200, 'gone'],
    );
    for my $tls (0, 1) {
        for my $way (qw(close reset half_close)) {
            next if $tls && $way eq 'half_close';
            for my $case (@case) {
                my ($uri, $status, @notes) = @$case;
                my $k = 'k' . ++$number;
                my $name = "$mode " . ($tls ? 'https' : 'http') . ", $way, $uri";
                my $file = $s->root . "/$k";
                my $c = $s->raw(tls => $tls);
                $c->request('GET', "$uri?k=$k&f=$file");
                my $n = $uri eq '/exit' ? 2 : 1;
                ok $log->wait_for(qr/waits $k\b/, count => $n), "$name: waits";
                if ($uri eq '/late') {
                    $c->response_head;
                    is $c->read_chunk, "first\n", 'some body';
                }
                leave($c, $way);
                if ($uri eq '/fail') {
                    ok $log->wait_for(qr/aborted: runtime error: .*boom/),
                        'the callback fails';
                }
                else {
                    ok $log->wait_for(qr/note $k gone/), 'it is called';
                }
                ok $log->wait_for(qr/note $k callback ends/), 'and waits'
                    if $uri eq '/wait';
                LuaCo::Util::spew($file, '');
                ok $log->wait_for(qr/logged $k $status\b/), "a $status";
                is_deeply notes($log, $k), \@notes, 'in order, once';
                is scalar(access_lines($s, 1,
                        qr{\Q$uri\E\?k=$k\S* \S+ $status })), 1,
                    'one line in the access log';
            }
        }
    }
    is $s->raw->get('/dup?k=dup')->body,
        "1\n" . "nilduplicate call\n" x 3, "$mode: once in a phase";
    my $bad = "bad argument #1 to 'on_abort' (Lua function expected)";
    is $s->raw->get('/dup_args')->body =~ s/^false\KLuaCoHandler\S+ //gmr,
        "false$bad\n" x 8 . "1\n",
        'what is no Lua function';
    is $s->raw->get('/off')->body, "nilLuaCoCheckClientAbort is Off\n" x 2,
        'where nobody looks for the client';
    is $log->count(qr/note dup gone/), 0, 'not for those who stay';

    for my $way (qw(close reset)) {
        my $k = 'k' . ++$number;
        my $c = $s->raw(rcvbuf => 4096);
        $c->request('GET', "/flood?k=$k");
        $c->read_bytes(1000);
        leave($c, $way);
        ok $log->wait_for(qr/note $k gone/), "$mode: gone during a flush, $way";
        ok $log->wait_for(qr/logged $k 499/), 'a 499';
    }

    # A client that has gone on asking is there.
    my $c = $s->raw;
    my $k = 'k' . ++$number;
    my $file = $s->root . "/$k";
    $c->request('GET', "/say?k=$k&f=$file");
    $c->request('GET', '/plain');
    ok $log->wait_for(qr/waits $k\b/), "$mode: pipelined";
    LuaCo::Util::spew($file, '');
    is $c->response->body, "nobody reads this\n", 'the first one has its answer';
    is $c->response->status, 200, 'and the second one';
    is_deeply notes($log, $k), ['registers 1', 'entry goes on', 'entry ends'],
        'nothing was taken for a close';

    for my $round (1 .. 10) {
        last if $prefork;
        my @c = map { $s->raw } 1 .. 10;
        my $k = 'k' . ++$number;
        $_->request('GET', "/many?k=$k") for @c;
        ok waiting($s, $k => 10), "$mode: many, $round";
        $_->read_bytes(200 + $round) for @c;
        $_->reset for @c;
        ok $log->wait_for(qr/logged $k 499/, count => 10), 'each ends';
    }
    is $log->count(qr/never here/), 0, "$mode: what ended has ended";
    ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
    clean($s) unless $prefork;
    ok $s->stop, 'it stops';
}

done_testing;
