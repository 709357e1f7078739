# tags: prefork hardlua onebyte
# Cosockets: names to addresses.

use LuaCo::Test;

use LuaCo::Dns;
use LuaCo::Peer;
use LuaCo::Util qw(wait_until);

my $peer = LuaCo::Peer->start(port => port('dnspeer'));
my $dns  = LuaCo::Dns->start(
    port  => port('dns'),
    names => {
        'one.test'     => { a     => ['127.0.0.1'] },
        'alias.test'   => { cname => 'alias2.test' },
        'alias2.test'  => { cname => 'one.test' },
        'loop.test'    => { cname => 'loop.test' },
        'six.test'     => { aaaa  => ['2001:db8::1'], a => ['127.0.0.1'] },
        'many.test'    => { a => [map {"127.0.0.$_"} 9, 8, 7, 1] },
        'dead.test'    => { a => [map {"127.0.0.$_"} 9, 8, 7] },
        'servfail.test'=> { rcode => 2 },
        'refused.test' => { rcode => 5 },
        'notimp.test'  => { rcode => 4 },
        'formerr.test' => { rcode => 1 },
        'empty.test'   => {},
        'mute.test'    => { mute => 1 },
        'slow.test'    => { wait => 0.1, a => ['127.0.0.1'] },
        'later.test'   => { until => 'go.test', a => ['127.0.0.1'], ttl => 0 },
        'shared.test'  => { until => 'go.test', a => ['127.0.0.1'], ttl => 0 },
        'go.test'      => { a => ['127.0.0.1'], ttl => 0 },
        (map { ("chain$_.test" => { cname => 'chain' . ($_ + 1) . '.test' }) }
            1 .. 9),
        'chain10.test' => { a => ['127.0.0.1'] },
        'astray.test'  => { cname => 'none.test' },
        'only6.test'   => { aaaa => ['::1'] },
        'junk.test'    => { junk => 1 },
        'short.test'   => { short => 1, a => ['127.0.0.1'] },
        'loops.test'   => { loops => 1 },
        'spoof.test'   => { spoof => '127.0.0.99', a => ['127.0.0.1'] },
        'cut.test'     => { cut => 1, a => [('127.0.0.1') x 100] },
        (map { ("cut$_.test" => { cut => $_ }) } qw(mute close junk)),
        'second.test'  => { a => ['127.0.0.1'], ttl => 1 },
        'kept.test'    => { a => ['127.0.0.1'], ttl => 60 },
        'unkept.test'  => { a => ['127.0.0.1'], ttl => 0 },
    });

sub row {
    my ($names, $body, %more) = @_;
    my $where = delete $more{at} // 'x';
    return {
        name => "$names $where",
        get  => "/api/sock_dns/$where?names=$names",
        body => $body,
        %more
    };
}

sub failed { return "nil $_[0] could not be resolved ($_[1])\n" }

requests(
    row('one.test',   "connected\n"),
    row('ONE.test',   "connected\n"),
    row('alias.test', "connected\n"),
    row('six.test',   "connected\n"),
    (map { row('many.test', "connected\n") } 1 .. 4),
    row('dead.test',  "nil connection refused\n"),
    row('slow.test',  "connected\n"),
    row('chain1.test', "connected\n"),
    row('astray.test', failed('astray.test', '3: Host not found')),
    # Nobody listens there.
    row('only6.test', "nil connection refused\n"),
    row('spoof.test', "connected\n"),
    row('cut.test',   "connected\n"),
    row('one.test',   "connected\n", at => 'two'),
    row('loops.test', failed('loops.test', '1: Format error')),
    (map { row("$_.test", failed("$_.test", '110: Operation timed out'),
            at => 'short') } qw(junk short cutmute cutjunk cutclose)),
    row('none.test',  failed('none.test', '3: Host not found')),
    row('empty.test', failed('empty.test', '3: Host not found')),
    row('loop.test',  failed('loop.test', '3: Host not found')),
    row('servfail.test', failed('servfail.test', '2: Server failure')),
    row('refused.test',  failed('refused.test', '5: Operation refused')),
    row('notimp.test',   failed('notimp.test', '4: Unimplemented')),
    row('formerr.test',  failed('formerr.test', '1: Format error')),
    row('none.test', failed('none.test', '110: Operation timed out'), at => 'deaf'),
    row('..',            failed('..', '3: Host not found')),
    row('-' x 64 . '.test', qr/could not be resolved \(3: Host not found\)/),
    row('mute.test', failed('mute.test', '110: Operation timed out'),
        at => 'short'),
    row('localhost', "connected\n", at => 'system'),
    row('localhost', "connected\n"),
    {   name => 'one question for many',
        get  => '/api/sock_dns/share',
        body => "20\n",
    },
    {   name => 'fault 7: killed while it is asked',
        get  => '/api/sock_dns/ends?end=kill',
        body => "socket busy connecting\nnilclosed\n1\n1\n1\ntable\nend\n",
    },
    {   name => 'fault 7: exit while it is asked',
        get  => '/api/sock_dns/ends?end=exit',
        body => "socket busy connecting\nnilclosed\n",
    },
    {   name => 'in a pool with a queue',
        get  => '/api/sock_dns/pool',
        body => "truenilnone.test could not be resolved (3: Host not found)\n"
            x 5 . "true0\ntrue1\ntrue2\n",
    },
);

is $dns->asked('shared.test'), 1, 'asked once';
is $dns->asked('cut.test'),     1, 'asked over UDP';
is $dns->asked_tcp('cut.test'), 1, 'and over TCP';

# What ended while it was asked: now the answer comes.
is get('/api/sock_dns/x?names=go.test')->body, "connected\n", 'answers come';

# One connection is one VM, which keeps answers.
sub ask_twice {
    my ($name) = @_;
    my $c = raw();
    for (1 .. 2) {
        $c->request('GET', "/api/sock_dns/x?names=$name");
        is $c->response->body, "connected\n", $name;
    }
    return $dns->asked($name);
}
is ask_twice('kept.test'),   1, 'kept as long as it says';
is ask_twice('unkept.test'), 2, 'or not';
subtest 'a second' => sub {
    my $c   = raw();
    my $ask = sub {
        $c->request('GET', '/api/sock_dns/x?names=second.test');
        return $c->response->body;
    };
    is $ask->(), "connected\n", 'asked';
    ok wait_until(sub { $ask->(); $dns->asked('second.test') > 1 }),
        'asked again, in the end';
};

subtest 'fault 7: the client goes, the answer comes' => sub {
    plan skip_all => 'a client that goes is noticed when it is written to'
        if mpm() ne 'event';
    for (1 .. 3) {
        my $c = raw();
        $c->request('GET', '/api/sock_dns/ends?end=abort');
        $c->read_until("nilclosed\n");
        $c->reset;
    }
    is get('/api/sock_dns/x?names=go.test')->body, "connected\n",
        'the server goes on';
};

done_testing;
