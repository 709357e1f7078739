# tags: prefork hardlua onebyte
# Cosockets and peers that do not do what is expected of them.  Beside these:
# sock_limit.t (descriptors), sock_dns.t (names), sock_ssl.t (TLS), sock.t (a
# line of 100 MB, other requests' sockets).

use LuaCo::Test;

use LuaCo::Peer;

my $peer = LuaCo::Peer->start(port => port('badpeer'));

requests(
    {   name => 'closed after each byte',
        get  => '/api/sock_peer/points?end=close',
        body => "wrong: 0\n",
    },
    {   name => 'its side closed after each byte',
        get  => '/api/sock_peer/points?end=half',
        body => "wrong: 0\n",
    },
    {   name => 'a byte at a time, closed after each',
        get  => '/api/sock_peer/points?end=bytes',
        body => "wrong: 0\n",
    },
    {   name => 'reset after each byte',
        get  => '/api/sock_peer/reset',
        body => "end\n",
    },
    {   name => 'it never answers',
        get  => '/api/sock_peer/silent',
        body => "ab\n*l nil timeout c\n*a nil timeout \n10 nil timeout \n"
            . "timeout\ntimeout\nthere\n1\n",
    },
    {   name => 'fault 10: answers before they are asked for, and when it is idle',
        get  => '/api/sock_peer/early',
        # The latter where a read has not brought all of it.
        body => qr/^greeting\nanswer\ second\nmore\n
            (?:unread\ data\ in\ buffer|connection\ in\ dubious\ state)\n
            S:late\ 0\ 1\ mine\nC\ 0\ 1\ mine\nR\ 0\ 1\ mine\n
            H\ 0\ 1\ mine\n$/x,
    },
    {   name => 'fault 9: the answer comes after a timeout and setkeepalive',
        get  => '/api/sock_peer/late',
        body => "end\n",
    },
    {   name => 'a pool of size 0',
        get  => '/api/sock_peer/pool0',
        body => qq(false bad argument #4 to '?' (bad "pool_size" option value: 0)\n)
            . qq(false bad argument #3 to '?' (bad "pool_size" option value: 0)\n)
            . "0\n",
    },
    {   name => 'garbage',
        get  => '/api/sock_peer/garbage',
        body => "true nil unknown reply \ntrue nil unknown reply garbage\n"
            . "false bad argument #1 to 'receive' (bad argument) nil\n"
            . "true nil closed\n" x 2
            . "true nil unknown reply ??\ntrue false \n",
    },
    {   name => 'fault 5: killed while a coroutine of its own reads',
        get  => '/api/sock_peer/kill-hidden',
        body => "one\n1\ndead\nclosed\n"
            . "truefalsecannot resume dead coroutine\nend\n",
    },
);

subtest 'fault 8: an iterator is collected after its request was aborted' => sub {
    plan skip_all => 'a client that goes is noticed when it is written to'
        if mpm() ne 'event';
    for (1 .. 3) {
        my $c = raw();
        $c->request('GET', '/api/sock_peer/iterator');
        $c->read_until("asked\n");
        $c->reset;
        my $said = get('/api/sock_peer/iterator/collect')->body;
        like $said, qr/^(?:bad request|closed|none)\ncollected\n$/, 'collected';
    }
};

done_testing;
