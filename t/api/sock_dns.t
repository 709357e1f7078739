# tags: prefork hardlua onebyte
# Cosockets: names to addresses.

use LuaCo::Test;

use LuaCo::Dns;
use LuaCo::Peer;

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
        'later.test'   => { wait => 0.1, a => ['127.0.0.1'] },
        'shared.test'  => { wait => 0.1, a => ['127.0.0.1'] },
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
    {   name => 'killed while it is asked',
        get  => '/api/sock_dns/ends?end=kill',
        body => "socket busy connecting\nnilclosed\n1\n1\n1\nend\n",
    },
    {   name => 'exit while it is asked',
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

subtest 'the client goes, the answer comes' => sub {
    plan skip_all => 'a client that goes is noticed when it is written to'
        if mpm() ne 'event';
    my $before = $dns->asked('later.test');
    for (1 .. 3) {
        my $c = raw();
        $c->request('GET', '/api/sock_dns/ends?end=abort');
        $c->read_until("nilclosed\n");
        $c->reset;
    }
    is get('/api/sock_dns/x?names=later.test')->body, "connected\n",
        'the server goes on';
};

done_testing;
