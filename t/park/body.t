# Requests that are parked while they wait for their body: where they end, how
# long they may take, what a stop of the server does to them.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
LogLevel luaco:trace4
<Location /body>
    <LuaCoHandler>
        ngx.req.read_body()
        ngx.say("read ", #ngx.req.get_body_data())
    </LuaCoHandler>
</Location>
<Location /abody>
    <LuaCoAccess>
        ngx.req.read_body()
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("read ", #ngx.req.get_body_data())
    </LuaCoHandler>
</Location>
<Location /nbody>
    LuaCoNeedRequestBody On
    <LuaCoHandler>
        ngx.say("read ", #ngx.req.get_body_data())
    </LuaCoHandler>
</Location>
<Location /cbody>
    LuaCoCheckClientAbort On
    <LuaCoHandler>
        local t = ngx.thread.spawn(function() ngx.sleep(1e6) end)
        ngx.req.read_body()
        ngx.thread.kill(t)
        ngx.say("read ", #ngx.req.get_body_data())
    </LuaCoHandler>
</Location>
<Location /tbody>
    <LuaCoHandler>
        local t = {}
        for i = 1, 3 do
            t[i] = ngx.thread.spawn(function()
                ngx.req.read_body()
                ngx.sleep(0.001)
                return #ngx.req.get_body_data()
            end)
        end
        local sum = 0
        for i = 1, 3 do
            local ok, n = ngx.thread.wait(t[i])
            sum = sum + n
        end
        ngx.say("read ", sum / 3)
    </LuaCoHandler>
</Location>
<Location /log>
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.uri, " ", ngx.status)
    </LuaCoLog>
</Location>
<LocationMatch "^/.?body">
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.uri, " ", ngx.status)
    </LuaCoLog>
</LocationMatch>
CONF
my @uris = qw(/body /abody /nbody /cbody /tbody);

# A connection that has sent N of 10 bytes.
sub begun {
    my ($s, $uri, $n, %opt) = @_;
    my $c = $s->raw(%opt);
    $c->send("POST $uri HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
            . 'x' x $n);
    return $c;
}

for my $finish (qw(loop worker)) {
    subtest "ends on the $finish" => sub {
        my $s = park_server(finish => $finish, ssl => 1, conf => $conf);
        for my $uri (@uris) {
            for my $tls (0, 1) {
                my $log = LuaCo::Log->new($s->log->file);
                my $c   = begun($s, $uri, 5, tls => $tls);
                ok $log->wait_for(qr/luaco: park/), "$uri, $tls: parked";
                $c->send('y' x 5);
                is $c->response->body, "read 10\n", 'the response';
                ok $log->wait_for(qr/logged $uri 200/), 'and its log line';
                my $access = $uri eq '/abody';
                is !!$log->count(qr/luaco: unpark/),
                    !!($finish eq 'worker' || $access), 'its end'
                    or diag $log->text;
                is $c->get('/plain')->body, "plain \n", 'the next request';
            }
        }
        clean($s);
    };
}

subtest 'clients that go away' => sub {
    my $tmp = '/tmp/luaco-body-t.' . $$;
    mkdir $tmp or die "$tmp: $!\n";
    chmod 01777, $tmp;
    my $s = park_server(conf => $conf, env => { TMPDIR => $tmp });
    for my $end (qw(close reset)) {
        my $log = LuaCo::Log->new($s->log->file);
        my @c = map { begun($s, $_, 5) } (@uris) x 6;
        ok $log->wait_for(qr/luaco: park/, count => scalar @c), 'all wait';
        $_->$end for @c;
        ok $log->wait_for(qr/logged \S+ 400/, count => scalar @c),
            "$end: all have ended with 400"
            or diag join "", $log->lines(qr/logged \S+ (?!400)/);
    }
    is $s->raw->get('/plain')->body, "plain \n", 'others are served';

    # In the middle of a body that goes to a file.
    my @large = map {
        my $c = $s->raw;
        $c->send("POST $_ HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n"
                . 'x' x 60000);
        $c
    } @uris;
    ok wait_until(sub { (() = glob "$tmp/luaco-body.*") == @uris }),
        'each has a file' or diag join ' ', glob "$tmp/*";
    $_->reset for @large;
    ok wait_until(sub { !glob "$tmp/luaco-body.*" }), 'the files are gone';
    clean($s);
    ok $s->stop, 'stop';
    rmdir $tmp or diag "$tmp: $!";
};

subtest 'where a thread is held' => sub {
    my $s = park_server(modules => ['buffer'], conf => $conf . <<'CONF');
<Location /body/buffered>
    # A filter that is not known: only a worker reads through it.
    SetInputFilter BUFFER
    <LuaCoHandler>
        ngx.sleep(tonumber(ngx.var.arg_t) or 0.001)
        ngx.req.read_body()
        ngx.say("read ", #ngx.req.get_body_data())
    </LuaCoHandler>
</Location>
<Location /body/any>
    AuthType Basic
    AuthName x
    Require valid-user
    Satisfy any
    <LuaCoAccess>
        ngx.sleep(0.001)
        ngx.req.read_body()
    </LuaCoAccess>
</Location>
CONF
    for my $uri (qw(/body/buffered /body/buffered?t=0 /body/any)) {
        my $log = LuaCo::Log->new($s->log->file);
        my $c = begun($s, $uri, 5);
        is $s->raw->get('/plain')->body, "plain \n", "$uri: others are served";
        $c->send('y' x 5);
        is $c->response->body, "read 10\n", 'and it in the end';
        is $c->get('/plain')->body, "plain \n", 'the next request';
        begun($s, $uri, 5)->reset;
    }
    is $s->raw->get('/plain')->body, "plain \n", 'others are served';
    clean($s);
};

subtest 'Timeout' => sub {
    my $s = park_server(conf => "Timeout 3\n$conf");
    my @dead = map { begun($s, $_, 5) } @uris;
    my @slow = map { begun($s, $_, 1) } @uris;
    for (1 .. 9) {
        select undef, undef, undef, 0.4;
        $_->send('z') for @slow;
    }
    is $_->response->body, "read 10\n", 'slow, but not dead' for @slow;
    for my $c (@dead) {
        is $c->response->status, 408, 'nothing for longer than Timeout';
        ok $c->closed, 'the connection is closed';
    }
    clean($s);
};

subtest 'RequestReadTimeout' => sub {
    my $s = park_server(conf => "RequestReadTimeout body=1\n$conf");
    my @c = map { begun($s, $_, 5) } @uris;
    for my $c (@c) {
        is $c->response->status, 408, 'too late';
        ok $c->closed, 'the connection is closed';
    }
    clean($s);
};

subtest 'stops' => sub {
    my $s   = park_server(conf => "Timeout 300\n$conf");
    my $log = LuaCo::Log->new($s->log->file);
    my @c   = map { begun($s, $_, 5) } @uris;
    ok $log->wait_for(qr/luaco: park/, count => scalar @c), 'all wait';
    $s->graceful;
    $_->send('y' x 5) for @c;
    is $_->response->body, "read 10\n", 'a graceful restart waits' for @c;

    $log->mark;
    @c = map { begun($s, $_, 5) } @uris;
    ok $log->wait_for(qr/luaco: park/, count => scalar @c), 'all wait again';
    ok $s->stop, 'a hard stop';
    $_->read_rest for @c;
    clean($s);
};

done_testing;
