# tags: prefork
# A function that only reads globals serves one request after the other; what a
# library does to one request's function must not show in the next.

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

# One connection: one VM.
my $c = raw();

sub say_of {
    my ($path) = @_;
    my $r = $c->get($path);
    return $r->status == 200 ? $r->body : $r->status;
}

is join('', map { say_of('/reuse/same') } 1 .. 4), "1\n2\n3\n4\n",
    'one function for requests that come one after the other';
is join('', map { say_of('/reuse/writes') } 1 .. 3), "nil 1\n" x 3,
    'one of its own for each where it writes a global';

for (
    [nothing => 'nil'],
    [read    => 'nil'],
    [write   => 'written'],
    [raw     => 'raw'],
    [swap    => 'swapped']
    )
{
    my ($how, $seen) = @$_;
    is join('', map { say_of("/reuse/caller?how=$how") } 1 .. 3),
        "nil $seen\n" x 3, "$how: in this request alone";
}
is say_of('/reuse/caller?how=fail'), 500, 'one that failed';
$c = raw();
is say_of('/reuse/caller?how=nothing'), "nil nil\n", '... and the next';

subtest 'two at the same time' => sub {
    plan skip_all => 'one process each' if mpm() eq 'prefork';
    my @c = map { raw() } 1 .. 6;
    $_->request('GET', '/reuse/caller?how=write&s=0.3') for @c[0 .. 2];
    $_->request('GET', '/reuse/caller?how=nothing&s=0.3') for @c[3 .. 5];
    is $_->response->body, "nil written\n", 'wrote' for @c[0 .. 2];
    is $_->response->body, "nil nil\n",     'did not' for @c[3 .. 5];
    is say_of('/reuse/caller?how=nothing'), "nil nil\n", 'afterwards';
};

subtest 'phases' => sub {
    my $log = error_log();
    $c = raw();
    is say_of('/reuse/checked'), "nil\n", 'handler' for 1 .. 3;
    $log->wait_for(qr/log phase: 3\b/);
    pass 'the log phase has its function again';
};

subtest 'ended half-way' => sub {
    my @gone = map { raw() } 1 .. 4;
    $_->request('GET', '/reuse/caller?how=write&s=0.2') for @gone;
    $_->close for @gone;
    my $other = raw();
    is $other->get('/reuse/caller?how=nothing&s=0.4')->body, "nil nil\n",
        'while they end';
    is say_of('/reuse/caller?how=nothing'), "nil nil\n", 'when they have';
};

done_testing;
