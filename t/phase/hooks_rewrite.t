# A request that was parked in LuaCoServerRewrite, LuaCoRewrite,
# LuaCoPreContent, or in all of them one after the other, is asked the same
# hooks in the same order, each once, as one without Lua.

use LuaCo::Test;
use LuaCo::Util qw(slurp);
use MIME::Base64 qw(encode_base64);

my $dir  = LuaCo::Httpd::top() . '/t/phase';
my $conf = slurp("$dir/access.conf");
$conf =~ s/\@Dir\@/$dir/g;
$conf .= <<"CONF";
<Location "/acc">
    LuaCoRewrite "$dir/lua/phase.lua"
    LuaCoPreContent "$dir/lua/phase.lua"
</Location>
LogLevel luaco:trace4
CONF
my $server_rewrite = qq(LuaCoServerRewrite "$dir/lua/phase.lua"\n);
my $s = LuaCo::Server->new(modules => ['cgid'], pre => '', conf => $conf);
$s->set_conf('LoadModule hooktrace_module "'
        . LuaCo::Httpd::testmod('hooktrace')
        . qq("\n)
        . $conf
        . $server_rewrite);
$s->start;

sub basic {
    my ($user, $password) = @_;
    return (Authorization => 'Basic ' . encode_base64("$user:$password", ''));
}

my %who = (
    nobody => [],
    alice  => [basic('alice', 'secret'), 'X-Ok' => 'yes'],
    bob    => [basic('bob', 'secret')],
    force  => ['X-Force-Authn' => 'yes'],
    noname => ['X-No-User' => 'yes'],
);
my @rules   = qw(plain denied valid expr nested satall satany if nobody);
my @targets = qw(a.txt nothing.txt dir dir/ fb/any/where px/a.txt rs/inner
    rs/proxy rd/inner rd/outer ht/h.txt);

my $c;

sub trace {
    my ($uri, @headers) = @_;
    $c ||= $s->raw;
    $s->log->mark;
    $c->request('GET', $uri, headers => \@headers);
    my $r = $c->response;
    undef $c if lc($r->header('Connection') // '') eq 'close';
    my $line = $s->wait_for_log(qr/hooktrace: GET \Q$uri\E: /)
        or die "no trace of $uri:\n" . $s->log->text;
    my ($hooks) = $line =~ /hooktrace: \S+ \S+: (.*)/;
    return ($r->status . ": $hooks", $s->log->count(qr/luaco: park$/));
}

my %parked;
for my $rule (@rules) {
    subtest "rule $rule" => sub {
        for my $target (@targets) {
            for my $who (sort keys %who) {
                my $path = "$rule/$target?do=allow";
                my ($ref) = trace("/ref/$path", @{ $who{$who} });
                for my $park (qw(none server_rewrite rewrite precontent all)) {
                    my ($run, $times)
                        = trace("/acc/$path&park=$park", @{ $who{$who} });
                    is $run, $ref, "$target by $who, $park" if $run ne $ref;
                    $parked{$park} += $times;
                    my %calls;
                    $calls{$_}++ for split ' ', $run =~ s/^\d+: //r;
                    my @twice = grep { $calls{$_} > 1 && !/^(?:sub|redir):/ }
                        sort keys %calls;
                    is "@twice", '', "$target by $who, $park: each once"
                        if @twice;
                }
            }
        }
        pass 'no difference';
    };
}
ok $parked{$_} > 100, "parked in $_: $parked{$_}"
    for qw(server_rewrite rewrite precontent all);

ok $s->stop, 'it stops';
done_testing;
