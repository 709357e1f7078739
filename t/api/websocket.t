# tags: prefork
# WebSockets: a server in Lua, Debian's node-ws as the client.

use LuaCo::Test;
use LuaCo::Util qw(seconds wait_until);

# Debian's modules, whoever's node it is.
local $ENV{NODE_PATH} = '/usr/share/nodejs';

my $limit  = seconds(60);
my %places = (
    ws  => 'ws://127.0.0.1:' . config('port'),
    wss => 'wss://127.0.0.1:' . (config("sslport")),
);
my @crowd = mpm() eq 'event' ? 'crowd' : ();

for my $kind ('ws', 'wss') {
    subtest $kind => sub {
        open my $node, '-|', 'timeout', $limit, 'node',
            "t/api/websocket.js", "$places{$kind}/api/websocket",
            @crowd
            or die "node: $!";
        my $plan = 0;
        while (my $line = <$node>) {
            chomp $line;
            if ($line =~ /^(not )?ok \d+ - (.*)/) {
                ok !$1, $2;
            }
            elsif ($line =~ /^1\.\.\d+/) {
                $plan = 1;
            }
            else {
                diag $line;
            }
        }
        ok close($node) && $plan, 'it came to its end';
    };
}

is get('/api/websocket/echo')->status, 400, 'no handshake';

# By hand: what a client of good manners does not do.
sub handshake {
    my $c = raw(@_);
    $c->send("GET /api/websocket/echo HTTP/1.1\r\nHost: x\r\n"
            . "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            . "Sec-WebSocket-Version: 13\r\n"
            . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    my $head = $c->read_until("\r\n\r\n");
    return ($c, $head);
}

{
    my ($c, $head) = handshake();
    like $head, qr{^HTTP/1\.1 101 Switching Protocols\r\n}, 'the status';
    like $head, qr/\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
        'RFC 6455\'s own example';
    my $log = error_log();
    $c->send("\x81\x8a");
    $c->reset;
    ok $log->wait_for(qr/websocket 101: (?:closed|connection reset)/),
        'a reset in the middle of a frame';
    for my $tls (0, 1) {
        ($c) = handshake(tls => $tls);
        $log = error_log();
        $c->send("\x81\x85\0\0\0\0hel");
        $c->close;
        ok $log->wait_for(qr/websocket 101: closed/), "closed, TLS $tls";
        ($c) = handshake(tls => $tls);
        $c->send_slowly("\x81\x85\0\0\0\0hello" x 3, 1, 0.001);
        is $c->read_bytes(21), "\x81\5hello" x 3, 'a byte at a time';
        $c->close;
    }
}

done_testing;
