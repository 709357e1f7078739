# tags: prefork hardlua onebyte
# Random conversations, ended at random: by the script, by an error, by the
# client.  What is looked for is a child that dies or a sanitizer that speaks;
# the server must answer as ever at the end.

use LuaCo::Test;

use LuaCo::Dns;
use LuaCo::Peer;

my $certs = 't/logs/peers';
$certs = 'logs/peers' unless -d $certs;
my $peer = LuaCo::Peer->start(port => port('storm'), certs => $certs);
my $dns  = LuaCo::Dns->start(
    port  => port('stormdns'),
    names => {
        'one.test'  => { a    => ['127.0.0.1'], ttl => 0 },
        'many.test' => { a    => [map {"127.0.0.$_"} 9, 8, 1] },
        'late.test' => { wait => 0.02, a => ['127.0.0.1'], ttl => 0 },
    });

my $seed = $ENV{LUACO_SEED} || 1;
srand $seed;
my $log = error_log();
my ($rounds, $width) = mpm() eq 'event' ? (25, 8) : (20, 3);
# Each of its megabytes takes a second where each read moves a byte.
$rounds = 5 if ($ENV{LUACO_VARIANT} // '') eq 'onebyte';
for my $round (1 .. $rounds) {
    my @c;
    for my $k (1 .. $width) {
        my $where = (qw(/ /abort /access))[rand 3];
        my $c     = raw();
        $c->request('GET',
            "/api/sock_storm$where?seed=" . ($seed * 100000 + $round * 100 + $k));
        push @c, $c;
    }
    for my $c (@c) {
        my $how = int rand 4;
        if ($how == 0) {
            select undef, undef, undef, rand 0.03;
            $c->reset;
        }
        elsif ($how == 1) {
            $c->close;
        }
        else {
            eval { $c->response };
            $c->close;
        }
    }
}
pass "$rounds rounds";
my %said;
$said{$_}++ for map {/storm: (.*)/} $log->lines(qr/storm: /);
is_deeply [sort keys %said], [], 'no error that a script did not make';
like get('/api/sock_storm?seed=5')->status, qr/^[25]\d\d$/, 'the server goes on';

done_testing;
