# Requests that were parked together do not come back to workers together when
# they are parked anew, before Timeout.

use LuaCo::Test;
use LuaCo::Park;

my $n = 24;
my $s = park_server(
    threads => 32,
    conf    => "Timeout 8\nLogLevel luaco:trace4\n",
);
$s->log->mark;
my @c = map { $s->raw } 1 .. $n;
$_->request('GET', '/sleep?t=5') for @c;
is join('', map { $_->response->body } @c), "slept \n" x $n, 'all answered';

# When a worker took one, in seconds of the day.
my @at = map {
    /(\d+):(\d+):(\d+\.\d+) \d{4}\]/
        ? $1 * 3600 + $2 * 60 + $3
        : die "no time in: $_\n"
} $s->log->lines(qr/luaco: unpark/);
@at = sort { $a <=> $b } @at;
cmp_ok scalar @at, '>=', $n, 'each was parked anew';

# The loop looks every half second: what it woke at one look is one group.
my @groups;
for (@at) {
    push @groups, [] if !@groups || $_ - $groups[-1][-1] > 0.2;
    push @{ $groups[-1] }, $_;
}
my ($most) = sort { $b <=> $a } map { scalar @$_ } @groups;
cmp_ok scalar @groups, '>=', 3, 'at several moments';
cmp_ok $most, '<', $n, '... not all at one';
note join ' ', map { scalar @$_ } @groups;
clean($s);

done_testing;
