# tags: prefork hardlua onebyte
# Cosockets and a real Redis.

use LuaCo::Test;

use LuaCo::Redis;
use LuaCo::Util qw(wait_until);

my $redis = LuaCo::Redis->start(port => port('redis'));

requests(
    {   name => 'commands, a pipeline, 5 MB, a pool',
        get  => '/api/sock_redis/commands',
        body => "OK\n19\ntrue\n30\nfalseERR value is not an integer or out of range\n"
            . "3\n1 2 three\n1000 1000\nOK\ntrue\nOK\n1\n1 PONG\n",
    },
    {   name => 'publish and subscribe',
        get  => '/api/sock_redis/pubsub',
        body => "subscribe news 1\n1\n1\n1\nmessage news item1, "
            . "message news item2, message news item3, unsubscribe news 0\n",
    },
    {   name => '20 in turn, 20 at a time',
        get  => '/api/sock_redis/twenty',
        body => "420\n",
    },
);

# Of one connection: one VM and so one pool.
subtest 'it restarts' => sub {
    my $c    = raw();
    my $ping = sub {
        $c->request('GET', '/api/sock_redis/ping');
        return $c->response->body;
    };
    like $ping->(), qr/^\d+ PONG\n$/, 'there';
    like $ping->(), qr/^[1-9]\d* PONG\n$/, 'reused';
    $redis->stop;
    ok wait_until(sub { $ping->() eq "connection refused\n" }),
        'gone, and what was idle is closed';
    $redis->run;
    is $ping->(), "0 PONG\n", 'back';
};

done_testing;
