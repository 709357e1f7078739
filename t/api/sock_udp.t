# tags: prefork hardlua onebyte
# Datagram cosockets; what the methods return is compared in
# t/compare/cases/sock/udp*.lua.

use LuaCo::Test;

use LuaCo::Dns;
use LuaCo::Peer;

my $peer = LuaCo::Peer->start(port => port('udppeer'));
my $dns  = LuaCo::Dns->start(
    port  => port('udpdns'),
    names => {
        'peer.test' => { a    => ['127.0.0.1'] },
        'mute.test' => { mute => 1 },
    });

like get('/api/sock_udp/talk')->body,
    qr/^1\nnilbad\ address\n1\n1\nanswer\n
        nilnone\.test\ could\ not\ be\ resolved\ \(3:\ Host\ not\ found\)\n
        nilclosed\nnilno\ such\ file\ or\ directory\n
        socket\ busy\ \(in\ LuaCoHandler\(\S+:\d+\):13\)\n
        socket\ busy\ \(in\ LuaCoHandler\(\S+:\d+\):13\)\n
        1\nnilclosed\n$/x, 'a conversation';

my $c = raw();
$c->request('GET', '/api/sock_udp/keep?make=1');
is $c->response->body, "made\n", 'exit while two wait';
$c->request('GET', '/api/sock_udp/keep');
is $c->response->body, "nilclosed\nnilclosed\nbad request\n",
    'not the next request';

done_testing;
