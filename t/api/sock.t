# tags: prefork hardlua onebyte
# TCP cosockets: what becomes of them with their request, its threads and its
# client.  What the methods return is compared in t/compare/cases/sock.

use LuaCo::Test;

use LuaCo::Peer;

my $peer = LuaCo::Peer->start(port => port('peer'));
my $busy = qr/socket busy reading \(in LuaCoHandler\(\S+:\d+\)/;

requests(
    {   name => 'a conversation',
        get  => '/api/sock/talk',
        body => "one\ntwo\n1\n",
    },
    {   name => 'in two phases',
        get  => '/api/sock/phases',
        body => "access handler\n",
        log  => qr/sock: API disabled in the context of LuaCoLog$/,
    },
    (map {
        {   name   => "after an internal redirect: $_->[0]",
            get    => "/api/sock/redirect?$_->[0]",
            status => $_->[1],
            body   => "one\ntwo\ntruethree\nfour\n1\n1\n",
        }
    } ['to=exec', 200], ['to=error', 404], ['to=exec&wait=1', 200],
        ['to=error&wait=1', 404]),
    {   name => 'killed with all that waits',
        get  => '/api/sock/wait?end=kill',
        body => "12\n" . "1\n" x 12 . "end\n",
    },
    {   name => 'exit with all that waits',
        get  => '/api/sock/wait?end=exit',
        body => "12\n",
    },
    {   name => 'fault 11: the reader is killed, the writer hears of it',
        get  => '/api/sock/duplex-kill',
        body => "1\ntruenilclosed\nnilclosed\n",
    },
    {   name => 'what a script puts where the socket is kept',
        get  => '/api/sock/foreign',
        body => "nilclosed\n" x 4 . "1\n",
    },
    {   name => 'busy, and where',
        get  => '/api/sock/busy',
        body => qr/^(?:$busy:5\)\n){2}truex\n$/,
    },
    {   name => 'collected, taken apart',
        get  => '/api/sock/gc',
        body => "niltimeoutabc\n\n" x 3
            . "truestill there\nnilclosed\nnilclosed\ntruenilclosed\n",
    },
    {   name => 'a line of 100 MB',
        get  => '/api/sock/big',
        body => "true 890123456789\nend\nnilclosed\n",
    },
    {   name => 'where Lua cannot yield',
        get  => '/api/sock/boundary',
        body => qr/^\S+: attempt to yield across a C-call boundary\ngoes on\n\S+: attempt to yield across a C-call boundary\n1\n$/,
    },
    {   name => 'failures are logged',
        get  => '/api/sock/log',
        log  => [
            qr/attempt to receive data on a closed socket, socket: none/,
            qr/attempt to send data on a closed socket, socket: none/,
            qr/connect\(\) failed \(111: Connection refused\), socket: 127\.0\.0\.1:1/,
            qr/lua tcp socket read timed out, socket: 127\.0\.0\.1:\d+/,
        ],
    },
    {   name   => 'or not',
        get    => '/api/sock/log/off',
        no_log => qr/, socket: /,
    },
    {   name => 'times, sizes',
        get  => '/api/sock/times',
        body => "niltimeout\n01234567890123456789\nab \nef\n2\nniltimeout\n"
            . "11\n1\n1\n0\n",
    },
    {   name => 'many at a time',
        get  => '/api/sock/many',
        body => 50 * 51 / 2 * 20 * 21 / 2 . "\n",
    },
);

# The next request of a connection is in the same VM.
subtest 'fault 12: used after its request has ended' => sub {
    my $c = raw();
    $c->request('GET', '/api/sock/keep?make=1');
    is $c->response->body, "10\n", 'made and kept';
    $c->request('GET', '/api/sock/keep');
    is $c->response->body, "true nil closed\n" x 6 . "false bad request\n",
        'closed, and refused';
};

subtest 'an error ends all that waits' => sub {
    my $log = error_log();
    my $c   = raw();
    $c->request('GET', '/api/sock/wait?end=error');
    eval { $c->response };
    ok $log->wait_for(qr/on purpose/), 'the error';
    is get('/api/sock/talk')->body, "one\ntwo\n1\n", 'the server goes on';
};

subtest 'fault 1: the client goes while all waits' => sub {
    plan skip_all => 'a client that goes is noticed when it is written to'
        if mpm() ne 'event';
    my $log = error_log();
    for my $how (qw(close reset)) {
        my $c = raw();
        $c->request('GET', '/api/sock/wait?end=abort');
        $c->read_until("12\n");
        $c->$how;
    }
    is get('/api/sock/talk')->body, "one\ntwo\n1\n", 'the server goes on';
};

subtest 'fault 12: by another request while its own goes on' => sub {
    plan skip_all => 'one request at a time' if mpm() eq 'prefork';
    my $c = raw();
    $c->request('GET', '/api/sock/keep?make=1&hold=1');
    my $body;
    for (1 .. 100) {
        $body = get('/api/sock/keep')->body;
        last if $body =~ /^false/;
        select undef, undef, undef, 0.01;
    }
    is $body, "false bad request\n" x 7, 'refused';
    $c->close;
};

done_testing;
