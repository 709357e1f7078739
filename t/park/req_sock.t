# The client's connection in Lua's hands while its request is parked: how many
# there may be, how long they may last, what a stop of the server does to them.

use LuaCo::Test;
use LuaCo::Park;

my $conf = <<'CONF';
<Location /echo>
    <LuaCoHandler>
        local s = ngx.req.socket(true)
        s:send("ready\n")
        while true do
            local line, err = s:receive()
            if not line then
                ngx.log(ngx.NOTICE, "echo: ", err)
                return
            end
            s:send(line .. "\n")
        end
    </LuaCoHandler>
</Location>
<Location /body>
    <LuaCoHandler>
        local s = ngx.req.socket()
        local data, err = s:receive("*a")
        ngx.say(data, " ", err)
    </LuaCoHandler>
</Location>
<Location /log>
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.var.uri, " ", ngx.status)
    </LuaCoLog>
</Location>
CONF

sub begun {
    my ($s, %opt) = @_;
    my $c = $s->raw(%opt);
    $c->request('GET', '/echo');
    $c->read_until("ready\n");
    return $c;
}

sub answers {
    my ($c, $text) = @_;
    $c->send("$text\n");
    return $c->read_until("\n") eq "$text\n";
}

subtest 'many on few threads' => sub {
    my $s = park_server(conf => $conf, threads => 2, factor => 400, ssl => 1);
    my @c = map { begun($s, tls => $_ % 10 == 0) } 1 .. 200;
    is busy_workers($s), 0, 'no thread is held';
    is scalar(grep { answers($c[$_], "to $_") } 0 .. $#c), 200,
        'each hears its own';
    is busy_workers($s), 0, 'no thread is held after that';
    $c[$_]->reset for 0 .. 49;
    $c[$_]->close for 50 .. 99;
    is scalar(grep { answers($c[$_], "again $_") } 100 .. $#c), 100,
        'half of them leave, the others stay';
    clean($s);
    ok $s->stop, 'stop';
};

# What RequestReadTimeout and Timeout say is for requests.
subtest 'longer than any request' => sub {
    my $s = park_server(
        conf => "RequestReadTimeout body=1\nTimeout 2\n$conf", ssl => 1);
    my @c = (begun($s), begun($s, tls => 1));
    my $slow = $s->raw;
    $slow->send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    is $slow->response->status, 408, 'a body comes too late';
    for my $i (1 .. 5) {
        sleep 1; # time is what this is about
        ok answers($_, "after $i s"), "after $i s" for @c;
    }
    clean($s);
};

subtest 'stops' => sub {
    my $s = park_server(conf => "LuaCoShutdownTimeout 1\n$conf");
    my @c = map { begun($s) } 1 .. 3;
    $s->graceful;
    ok answers($_, 'still'), 'a graceful restart leaves them' for @c;
    is $_->read_rest, '', '... for LuaCoShutdownTimeout' for @c;
    @c = map { begun($s) } 1 .. 3;
    ok $s->stop, 'a hard stop';
    is eval { $_->read_rest } // '', '', 'ends them' for @c;
    clean($s);
};

done_testing;
