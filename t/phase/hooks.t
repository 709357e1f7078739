# A request whose access check was parked is asked the same hooks in the same
# order, each once, as one whose check did not wait, and, that check apart, as
# one without a check.  t/c-modules/hooktrace.c writes down what httpd calls.

use LuaCo::Test;
use LuaCo::Util qw(slurp);
use MIME::Base64 qw(encode_base64);

my $dir  = LuaCo::Httpd::top() . '/t/phase';
my $conf = slurp("$dir/access.conf");
$conf =~ s/\@Dir\@/$dir/g;
my $s = LuaCo::Server->new(
    modules => ['cgid'],
    conf    => $conf . "LogLevel luaco:trace4\n",
    pre     => '',
);
$s->set_conf('LoadModule hooktrace_module "'
        . LuaCo::Httpd::testmod('hooktrace') . qq("\n)
        . $conf
        . "LogLevel luaco:trace4\n");
$s->start;

sub basic {
    my ($user, $password) = @_;
    return (Authorization => 'Basic ' . encode_base64("$user:$password", ''));
}

my %who = (
    nobody => [],
    ok     => ['X-Ok' => 'yes', 'X-Ht' => 'yes'],
    alice  => [basic('alice', 'secret'), 'X-Ok' => 'yes'],
    bob    => [basic('bob', 'secret')],
    force  => ['X-Force-Authn' => 'yes'],
    noname => ['X-No-User' => 'yes'],
);
my @rules = qw(plain denied ip otherip user valid expr env nested satall satany
    if limit nobody);
my @targets = qw(a.txt nothing.txt dir dir/ fb/any/where px/a.txt rs/inner
    rs/proxy rd/inner rd/outer ht/h.txt);

my $c;

# The status, and the hooks that were called; whether it was parked.
sub trace {
    my ($method, $uri, @headers) = @_;
    $c ||= $s->raw;
    $s->log->mark;
    $c->request($method, $uri, headers => \@headers);
    my $r = $c->response($method);
    undef $c if lc($r->header('Connection') // '') eq 'close';
    my $line = $s->wait_for_log(qr/hooktrace: $method \Q$uri\E: /)
        or die "no trace of $uri:\n" . $s->log->text;
    my ($hooks) = $line =~ /hooktrace: \S+ \S+: (.*)/;
    return ($r->status . ": $hooks", $s->log->count(qr/luaco: park$/));
}

my ($parked, %seen);
for my $rule (@rules) {
    subtest "rule $rule" => sub {
        for my $target (@targets) {
            for my $who (sort keys %who) {
                my $path = "$rule/$target?do=allow";
                my ($ref) = trace('GET', "/ref/$path", @{ $who{$who} });
                my ($run, $n) = trace('GET', "/acc/$path", @{ $who{$who} });
                is $n, 0, "$target by $who: is not parked" if $n;
                is $run, $ref, "$target by $who: as without a check"
                    if $run ne $ref;
                my ($park, $times)
                    = trace('GET', "/acc/$path&park=1", @{ $who{$who} });
                is $park, $run, "$target by $who: the same parked"
                    if $park ne $run;
                $parked += $times;
                my %calls;
                $calls{$_}++ for split ' ', $park =~ s/^\d+: //r;
                $seen{$_}++ for keys %calls;
                # Subrequests may be several.
                my @twice = grep { $calls{$_} > 1 && !/^(?:sub|redir):/ }
                    sort keys %calls;
                is "@twice", '', "$target by $who: each once" if @twice;
            }
        }
        pass 'no difference';
    };
}
SKIP: {
    skip 'this MPM does not park', 1 if mpm() ne 'event';
    ok $parked > 300, "$parked requests were parked";
}
for my $hook (
    qw(access_checker.last access_checker_ex.first check_user_id.first
    force_authn auth_checker.first type_checker.first fixups.first
    fixups.middle fixups.last insert_filter handler.first
    log_transaction sub:access_checker.first redir:handler.first)
    )
{
    ok $seen{$hook}, "$hook was among them";
}

subtest 'what the check decides' => sub {
    for my $do (
        qw(exit&code=403 exit&code=404 exit&code=500 exit&code=200 exit&code=0
        say say_exit error)
        )
    {
        for my $rule (qw(plain valid satany)) {
            my @answers = map {
                (trace('GET', "/acc/$rule/a.txt?do=$do$_", @{ $who{alice} }))
                    [0]
            } '', '&park=1';
            is $answers[1], $answers[0], "$rule, $do";
            my $goes_on = $do eq 'exit&code=0'
                || $rule eq 'satany' && $do eq 'exit&code=403';
            is scalar($answers[1] =~ /fixups/), $goes_on ? 1 : '',
                "$rule, $do: goes on, or not";
        }
    }
};

ok $s->stop, 'it stops';
done_testing;
