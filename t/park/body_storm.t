# Many clients at once that send bodies in every bad way there is, in random
# order: nothing breaks, nothing is left.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

srand($ENV{LUACO_SEED} // 1);
# TLS clients say goodbye to sockets that are gone.
$SIG{PIPE} = 'IGNORE';

my $s = park_server(ssl => 1, threads => 32, conf => <<'CONF');
Timeout 20
LuaCoThreadCacheMaxEntries 5
LimitRequestBody 150000
<Location /s/read>
    <LuaCoHandler>
        ngx.req.read_body()
        ngx.say("read")
    </LuaCoHandler>
</Location>
<Location /s/need>
    LuaCoNeedRequestBody On
    <LuaCoAccess>
        ngx.sleep(0.001)
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("need ", ngx.req.get_body_file() and "file" or "data")
    </LuaCoHandler>
</Location>
<Location /s/threads>
    LuaCoCheckClientAbort On
    <LuaCoHandler>
        local t = {}
        for i = 1, 3 do
            t[i] = ngx.thread.spawn(function()
                ngx.req.read_body()
                ngx.sleep(0.001)
            end)
        end
        ngx.sleep(0.002)
        ngx.thread.kill(t[2])
        ngx.thread.wait(t[1], t[3])
        ngx.say("threads")
    </LuaCoHandler>
</Location>
<Location /s/exit>
    <LuaCoHandler>
        ngx.thread.spawn(function() ngx.req.read_body() end)
        ngx.sleep(0.005)
        ngx.exit(ngx.var.arg_status or 200)
    </LuaCoHandler>
</Location>
<Location /s/set>
    <LuaCoHandler>
        ngx.req.read_body()
        ngx.req.init_body(10)
        for i = 1, 20 do
            ngx.req.append_body("0123456789")
        end
        ngx.req.finish_body()
        ngx.sleep(0.001)
        ngx.req.set_body_data("x")
        ngx.say("set")
    </LuaCoHandler>
</Location>
<Location /s/discard>
    <LuaCoHandler>
        ngx.req.discard_body()
        ngx.sleep(0.005)
        ngx.say("discard")
    </LuaCoHandler>
</Location>
<Location /s/unread>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.say("unread")
    </LuaCoHandler>
</Location>
CONF

my @uris = qw(read need threads exit set discard unread);

sub request {
    my $uri  = '/s/' . $uris[rand @uris];
    my $size = (0, 10, 5000, 20_000, 100_000, 200_000)[rand 6];
    my $head = "POST $uri HTTP/1.1\r\nHost: x\r\n";
    $head .= "Expect: 100-continue\r\n" if rand() < 0.1;
    if (rand() < 0.3) {
        my $n = 1 + int rand 4;
        my $chunk = sprintf("%x\r\n", 1 + $size) . 'c' x (1 + $size) . "\r\n";
        my $end = rand() < 0.1 ? "zz\r\n" : "0\r\nX-T: y\r\n\r\n";
        return "${head}Transfer-Encoding: chunked\r\n\r\n" . $chunk x $n . $end;
    }
    return "${head}Content-Length: $size\r\n\r\n" . 'b' x $size;
}

# Client: what it has still to send, and what it does then.
my @clients;
for my $round (1 .. 150) {
    while (@clients < 24) {
        my $c = eval { $s->raw(tls => rand() < 0.3) } or next;
        my $text = request();
        $text .= request() if rand() < 0.1;
        # The head in one piece: httpd's workers wait for it.
        $text =~ s/\A(.*?\r\n\r\n)//s;
        $c->send_some($1);
        $text = substr $text, 0, rand length $text if rand() < 0.4;
        push @clients, { c => $c, text => $text };
    }
    for my $client (@clients) {
        my $n = 1 + int rand(rand() < 0.5 ? 20 : 60_000);
        my $piece = substr $client->{text}, 0, $n, '';
        my $ok = eval { $client->{c}->send_some($piece); 1 };
        next if $ok && length $client->{text} && rand() > 0.02;
        my $end = rand();
        eval {
            $client->{c}->reset if $end < 0.3;
            $client->{c}->half_close->readable(0.01)
                if $end > 0.3 && $end < 0.5;
            $client->{c}->readable(0.05) if $end > 0.5;
        };
        eval { $client->{c}->close };
        $client->{gone} = 1;
    }
    @clients = grep { !$_->{gone} } @clients;
}
eval { $_->{c}->close } for @clients;

is $s->raw->get('/plain')->body, "plain \n", 'it serves';
is $s->raw->get('/s/unread')->body, "unread\n", 'and parks';
my $state;
ok wait_until(
    sub {
        $state = lua_state($s);
        return $state->{threads} <= 7; # the cache, and the one that asks
    }
), 'no coroutine is left' or diag $state->{threads};
ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
clean($s);
ok $s->stop, 'stop';

done_testing;
