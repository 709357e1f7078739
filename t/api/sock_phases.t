# tags: prefork onebyte
# Cosockets in each phase that may wait and each way to call them, over
# HTTP/1.1, HTTP/1.0, TLS and HTTP/2, where the request is parked and where its
# thread waits: all say the same.  In the other phases they say that they are
# not for them.

use LuaCo::Test;

use LuaCo::Dns;
use LuaCo::Peer;

my $certs = 't/logs/peers';
$certs = 'logs/peers' unless -d $certs;

my $top = LuaCo::Httpd::top() . '/t';
my $lua = "$top/api/lua/sock_phases.lua";

my $refused = join '', map {<<"CONF"} qw(HeaderFilter BodyFilter Log);
<LuaCo$_>
    ngx.log(ngx.ERR, "SOCK ", ngx.get_phase(), ": ",
        select(2, pcall(ngx.socket.tcp)), "; ",
        select(2, pcall(ngx.socket.udp)))
</LuaCo$_>
CONF
my $s = LuaCo::Server->new(
    mpm  => mpm(),
    ssl  => 1,
    conf => <<"CONF");
Protocols h2c http/1.1
LuaCoResolver 127.0.0.1:\@Port_dns\@
SetEnvIf Request_URI . PEER=\@Port_peer\@ UNIX=\@Root\@/peer.sock
# Not for the redirected ones.
LuaCoServerRewrite "$lua"
<LuaCoInitWorker>
    ngx.log(ngx.ERR, "SOCK ", ngx.get_phase(), ": ",
        select(2, pcall(ngx.socket.tcp)))
</LuaCoInitWorker>
<Location /t>
    LuaCoVirtual On
    LuaCoRewrite "$lua"
    LuaCoAccess "$lua"
    LuaCoPreContent "$lua"
    <LuaCoHandler>
        dofile("$lua")
        ngx.say(ngx.ctx.said)
    </LuaCoHandler>
</Location>
<Location /authz>
    LuaCoVirtual On
    Require luaco "$lua"
    <LuaCoHandler>
        ngx.say(ngx.ctx.said)
    </LuaCoHandler>
</Location>
<Location /refused>
    LuaCoVirtual On
    <LuaCoHandler>
        ngx.say("x")
    </LuaCoHandler>
    $refused
</Location>
CONF
my $peer = LuaCo::Peer->start(
    port  => $s->port_of('peer'),
    unix  => $s->root . '/peer.sock',
    certs => $certs,
);
my $dns = LuaCo::Dns->start(
    port  => $s->port_of('dns'),
    names => { 'peer.test' => { a => ['127.0.0.1'], ttl => 0 } },
);
$s->start;

my $all = <<'OUT';
tcp one two true three4
kept true 1
tcp one two true three4
kept true 1
unix file
tls userdata
secret
udp datagram
duplex true first true
timeout nil timeout 
refused nil connection refused
none nil none.test could not be resolved (3: Host not found)

OUT

my @rows = (
    (map { ["/t?phase=$_"] } qw(rewrite access precontent content)),
    ['/t?phase=server_rewrite'],
    ['/authz?phase=access'],
);
for my $row (@rows) {
    my ($path) = @$row;
    for my $way (qw(plain pcall thread coroutine inner)) {
        is $s->raw->get("$path&way=$way")->body, $all, "$path $way";
    }
    my $url = $s->url("$path&way=inner");
    is curl('--http1.0', $url), $all, "$path HTTP/1.0";
    (my $tls = $url) =~ s{^http://[^/]+}{'https://127.0.0.1:' . $s->ssl_port}e;
    is curl('--http1.1', $tls), $all, "$path TLS";
    is curl('--http2-prior-knowledge', $url), $all, "$path HTTP/2"
        if mpm() ne 'prefork';
}

is $s->raw->get('/refused')->body, "x\n", 'other phases';
for my $phase (qw(init_worker header_filter body_filter log)) {
    my $line = $s->wait_for_log(qr/SOCK $phase: /) // '';
    like $line, qr/API disabled in the context of LuaCo\w+/, $phase;
}

$s->stop;
done_testing;
