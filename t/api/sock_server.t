# Cosockets and the server around them: directives, threads that are held,
# descriptors that run out, stops.

use LuaCo::Test;

use LuaCo::Peer;
use LuaCo::Server;
use LuaCo::Util qw(wait_until);

# ---- directives that are refused ----

my @refused = (
    ['LuaCoSocketConnectTimeout 0',    qr/must be more than 0/],
    ['LuaCoSocketConnectTimeout x',    qr/must be a time such as/],
    ['LuaCoSocketReadTimeout -1',      qr/must be a time such as/],
    ['LuaCoSocketSendTimeout 5sheep',  qr/must be a time such as/],
    ['LuaCoSocketKeepaliveTimeout s',  qr/must be a time such as/],
    ['LuaCoSocketPoolSize -1',         qr/must be a whole number from 0/],
    ['LuaCoSocketPoolSize 2000000',    qr/must be a whole number from 0/],
    ['LuaCoSocketBufferSize 0',        qr/must be a size from 1 to 64m/],
    ['LuaCoSocketBufferSize 65m',      qr/must be a size from 1 to 64m/],
    ['LuaCoSocketBufferSize 4kb',      qr/must be a size from 1 to 64m/],
    ['LuaCoSocketBufferSize k',        qr/must be a size from 1 to 64m/],
    ['LuaCoSocketLogErrors maybe',     qr/must be On or Off/],
    ['LuaCoResolver',                  qr/requires at least one argument/],
    ['LuaCoResolver localhost',        qr/must be an address such as/],
    ['LuaCoResolver 127.0.0.1:x',      qr/must be an address such as/],
    ['LuaCoResolver ::1',              qr/must be an address such as/],
    ['LuaCoResolver unix:/x',          qr/must be an address such as/],
    ['LuaCoResolverTimeout 0',         qr/must be more than 0/],
    ['LuaCoSslTrustedCertificate none.pem', qr/cannot open 'none.pem': No such file/],
    ['LuaCoSslTrustedCertificate junk.pem', qr/no certificate in 'junk.pem'/],
    ['LuaCoSslCertificate junk.pem',        qr/no certificate in 'junk.pem'/],
    ['LuaCoSslCertificateKey junk.pem',     qr/no key without a pass phrase in/],
    ['LuaCoSslCrl junk.pem',                qr/no revocation list in 'junk.pem'/],
    ['LuaCoSslVerifyDepth -1',              qr/must be a whole number from 0/],
    ['LuaCoSslProtocols TLSv9',             qr/there is no protocol 'TLSv9'/],
    ['LuaCoSslCiphers foo',                 qr/'foo': no cipher of the list/],
    ['LuaCoSslConfCommand Foo bar', qr/'Foo': OpenSSL does not know the command/],
    ['LuaCoSslKeyLog nowhere/at/all', qr/cannot open 'nowhere\/at\/all'/],
);
for my $row (@refused) {
    my ($line, $why) = @$row;
    my $s = LuaCo::Server->new(
        conf  => "<Location /x>\n$line\n</Location>\n",
        files => { 'junk.pem' => "junk\n" }
    );
    my ($ok, $said) = $s->configtest;
    ok !$ok && $said =~ /line 2 of \S+test\.conf:\n/ && $said =~ $why, $line
        or diag $said;
}

# What an inner section says rules, what it does not say is the outer one's.
subtest 'sections' => sub {
    my $peer = LuaCo::Peer->start;
    my $port = $peer->port;
    my $s    = LuaCo::Server->new(conf => <<"CONF");
LuaCoSocketReadTimeout 20ms
LuaCoSocketLogErrors Off
<LocationMatch "^/">
    LuaCoVirtual On
    <LuaCoHandler>
        local sock = ngx.socket.tcp()
        assert(sock:connect("127.0.0.1", $port))
        sock:send("W:1 S:answer%0A\\n")
        ngx.say(sock:receive())
    </LuaCoHandler>
</LocationMatch>
<Location /in>
    LuaCoSocketReadTimeout 10
</Location>
<Location /in/log>
    LuaCoSocketLogErrors On
    LuaCoSocketReadTimeout 20ms
</Location>
CONF
    $s->start;
    is $s->raw->get('/')->body,    "niltimeout\n", 'outside';
    is $s->raw->get('/in')->body,  "answer\n",     'inside';
    is $s->raw->get('/in/log')->body, "niltimeout\n", 'further in';
    ok $s->wait_for_log(qr/read timed out/), 'logged there';
    is scalar(my @l = $s->log->rewind->lines(qr/timed out/)), 1, 'and only there';
    $s->stop;
};

# ---- a thread that is held ----

my $lua = <<'LUA';
local port = tonumber(ngx.var.PEER)
local function ask(orders)
    local sock = ngx.socket.tcp()
    sock:settimeout(10000)
    assert(sock:connect("127.0.0.1", port))
    assert(sock:send(orders .. "\n"))
    local a, b = sock:receive(), sock:receive("*a")
    sock:close()
    return a .. " " .. b
end
local t = {}
for i = 1, 3 do
    t[i] = ngx.thread.spawn(ask, "W:0.0" .. i .. " D:line" .. i .. "%0Arest C")
end
for i = 1, 3 do ngx.print(select(2, ngx.thread.wait(t[i])), " ") end
LUA

subtest 'held threads' => sub {
    my $peer = LuaCo::Peer->start;
    my $port = $peer->port;
    my $s    = LuaCo::Server->new(conf => <<"CONF", ssl => 1);
Protocols h2 h2c http/1.1
SetEnvIf Request_URI . PEER=$port
<Location /ask>
    LuaCoVirtual On
    <LuaCoHandler>
$lua
    </LuaCoHandler>
</Location>
<Directory "\@DocumentRoot\@">
    Options +Includes
    SetOutputFilter INCLUDES
</Directory>
CONF
    $s->write('htdocs/page.html', '<!--#include virtual="/ask" -->!');
    $s->start;
    my $expected = 'line1 rest line2 rest line3 rest ';
    is $s->raw->get('/ask')->body,       $expected,    'parked';
    is $s->raw->get('/page.html')->body, "$expected!", 'in a subrequest';
    is curl('--http2-prior-knowledge', $s->url('/ask')), $expected,
        'in a stream of HTTP/2';
    $s->stop;
};

# ---- phases ----

subtest 'phases' => sub {
    my $peer = LuaCo::Peer->start;
    my $port = $peer->port;
    my $ask  = <<"LUA";
        local sock = ngx.socket.tcp()
        sock:settimeout(10000)
        assert(sock:connect("127.0.0.1", $port))
        assert(sock:send("W:0.01 S:" .. ngx.get_phase() .. "%0A\\n"))
        ngx.ctx.said = (ngx.ctx.said or "") .. sock:receive() .. " "
        assert(sock:setkeepalive())
LUA
    my $refused = sub {
        my ($name) = @_;
        return <<"LUA";
        local a, b = select(2, pcall(ngx.socket.tcp)), select(2, pcall(ngx.socket.udp))
        ngx.log(ngx.ERR, "$name: ", a, ", ", b)
LUA
    };
    my $s = LuaCo::Server->new(conf => <<"CONF");
<LuaCoInit>
@{[ $refused->('init') ]}
</LuaCoInit>
<LuaCoInitWorker>
@{[ $refused->('init worker') ]}
</LuaCoInitWorker>
<LuaCoServerRewrite>
$ask
</LuaCoServerRewrite>
<Location /ask>
    LuaCoVirtual On
    <LuaCoSet SET>
@{[ $refused->('set') ]}
    </LuaCoSet>
    <LuaCoRewrite>
$ask
    </LuaCoRewrite>
    <LuaCoAccess>
$ask
    </LuaCoAccess>
    <LuaCoPreContent>
$ask
    </LuaCoPreContent>
    <LuaCoHandler>
$ask
        ngx.say(ngx.ctx.said)
    </LuaCoHandler>
    <LuaCoHeaderFilter>
@{[ $refused->('header filter') ]}
    </LuaCoHeaderFilter>
    <LuaCoBodyFilter>
@{[ $refused->('body filter') ]}
    </LuaCoBodyFilter>
    <LuaCoLog>
@{[ $refused->('log') ]}
    </LuaCoLog>
</Location>
CONF
    $s->start;
    is $s->raw->get('/ask')->body,
        "server_rewrite rewrite access precontent content \n", 'where Lua may wait';
    my %disabled = (
        'init worker'   => 'LuaCoInitWorker',
        set             => 'LuaCoSet',
        'header filter' => 'LuaCoHeaderFilter',
        'body filter'   => 'LuaCoBodyFilter',
        log             => 'LuaCoLog',
    );
    for my $name (sort keys %disabled) {
        my $why = "API disabled in the context of $disabled{$name}";
        ok $s->wait_for_log(qr/ $name: $why, $why$/), $name;
    }
    $s->stop;
    like $s->start_error . $s->log->rewind->text,
        qr/ init: no request found, no request found$/m, 'init';
};

# ---- descriptors ----

subtest 'no descriptor is left' => sub {
    my $peer = LuaCo::Peer->start;
    my $port = $peer->port;
    my $s    = LuaCo::Server->new(conf => <<"CONF");
LuaCoVMs 1
<Location /many>
    LuaCoVirtual On
    <LuaCoHandler>
        local list = {}
        for i = 1, 1000 do
            local sock = ngx.socket.tcp()
            local ok, err = sock:connect("127.0.0.1", $port)
            if not ok then
                ngx.say(i > 10, " ", err)
                break
            end
            list[i] = sock
        end
        local udp = ngx.socket.udp()
        ngx.say(udp:setpeername("127.0.0.1", $port))
        for i = 1, #list do list[i]:close() end
        ngx.say(ngx.socket.tcp():connect("127.0.0.1", $port))
    </LuaCoHandler>
</Location>
CONF
    $s->start;
    my ($child) = $s->children;
    system('prlimit', "--pid=$child", '--nofile=200:200') == 0
        or die "prlimit failed\n";
    for (1 .. 2) {
        is $s->raw->get('/many')->body,
            "true too many open files\nniltoo many open files\n1\n",
            'an error of the script, and nothing else';
    }
    $s->stop;
};

# ---- stops ----

for my $how (qw(graceful hard)) {
    subtest "$how stop" => sub {
        my $peer = LuaCo::Peer->start;
        my $port = $peer->port;
        my $s    = LuaCo::Server->new(conf => <<"CONF");
Timeout 300
LuaCoShutdownTimeout 300
<LocationMatch "^/">
    LuaCoVirtual On
    <LuaCoHandler>
        local function new(...)
            local sock = ngx.socket.tcp()
            sock:settimeout(300000)
            assert(sock:connect("127.0.0.1", $port, ...))
            return sock
        end
        -- one lies idle
        assert(new():setkeepalive(0))
        ngx.thread.spawn(function() new({pool_size = 1, backlog = 9, pool = "q"}) end)
        ngx.thread.spawn(function() new({pool_size = 1, backlog = 9, pool = "q"}) end)
        local sock = new()
        assert(sock:send(ngx.var.uri == "/ends" and "W:0.3 S:end%0A\\n" or "X\\n"))
        ngx.log(ngx.NOTICE, "waits " .. ngx.var.uri)
        local line = sock:receive()
        ngx.say(line)
        ngx.say(sock:setkeepalive())
        if ngx.var.uri == "/ends" then ngx.exit(0) end
    </LuaCoHandler>
</LocationMatch>
CONF
        $s->start;
        my $c = $s->raw;
        $c->request('GET', $how eq 'hard' ? '/never' : '/ends');
        ok $s->wait_for_log(qr/waits \//), 'it waits';
        if ($how eq 'hard') {
            ok $s->stop, 'the server ends';
            eval { $c->response };
        }
        else {
            $s->graceful_stop;
            is $c->response->body, "end\n1\n", 'it gets its answer';
            is $s->wait_exit, 0, 'and the server ends';
        }
    };
}

done_testing;
