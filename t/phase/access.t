# tags: prefork
# An access check in Lua, parked and not, before everything that httpd serves
# and beside every rule of its own: what it lets pass gets the answer that the
# same configuration without the check gives, byte for byte.

use LuaCo::Test;
use MIME::Base64 qw(encode_base64);

sub basic {
    my ($user, $password) = @_;
    return (Authorization => 'Basic ' . encode_base64("$user:$password", ''));
}

my %who = (
    nobody => [],
    alice  => [basic('alice', 'secret')],
    bob    => [basic('bob', 'secret')],
    wrong  => [basic('alice', 'wrong')],
    ok     => ['X-Ok' => 'yes'],
    okbob  => ['X-Ok' => 'yes', basic('bob', 'secret')],
);
my @rules = qw(plain denied ip otherip user valid expr env nested satall satany
    if limit nobody);
my @targets = qw(a.txt nothing.txt dir dir/ fb/any/where px/a.txt rs/inner
    rs/proxy rd/inner rd/outer rd/gone ht/h.txt cgi/env.cgi/more);

# One connection for all: what a parked request leaves behind would show in
# the next.
my $c;

sub ask {
    my ($method, $uri, @headers) = @_;
    $c ||= raw();
    $c->request($method, $uri, headers => \@headers,
        $method eq 'POST' ? (body => 'x=1') : ());
    my $r = $c->response($method);
    undef $c if lc($r->header('Connection') // '') eq 'close';
    return $r;
}

# All that must be equal, in one text.
sub answer {
    my ($r) = @_;
    # How the body of a CGI is framed depends on how fast it comes.
    my $cgi  = $r->body =~ /user=/;
    my $text = join "\n", $r->status,
        (sort map {"$_->[0]: $_->[1]"}
            grep { $_->[0] !~ /^(?:Date|Keep-Alive|Connection|Upgrade)$/ }
            grep { !$cgi || $_->[0] !~ /^(?:Content-Length|Transfer-)/ }
            $r->headers),
        '', $r->body;
    $text =~ s{/(?:acc|ref)/}{/TREE/}g;
    return $text;
}

my %statuses;
for my $rule (@rules) {
    subtest "rule $rule" => sub {
        for my $target (@targets) {
            # A process for each takes its time.
            next if $target =~ /cgi/ && $rule !~ /^(?:plain|valid|satany)$/;
            for my $who (sort keys %who) {
                my @send = (@{ $who{$who} });
                push @send, 'X-Ht' => 'yes' if $who eq 'ok';
                for my $method (qw(GET POST)) {
                    next if $method eq 'POST'
                        && $target !~ /cgi|a\.txt|inner/;
                    for my $park ('', '&park=1') {
                        my $path = "$rule/$target?do=allow$park";
                        my $ref = ask($method, "/ref/$path", @send);
                        $statuses{$rule}{ $ref->status }++;
                        my $expected = answer($ref);
                        my $got = answer(ask($method, "/acc/$path", @send));
                        is $got, $expected, "$method $target by $who $park"
                            if $got ne $expected;
                    }
                }
            }
        }
        pass "as without a check";
    };
}
# The table above is worth something only if the rules decide both ways.
my %both = (
    plain  => [200, 403, 404],
    denied => [403],
    satany => [200, 401],
    satall => [200, 401, 403],
    nested => [200, 401],
    limit  => [200, 401, 403],
    nobody => [401],
    user   => [200, 401],
);
for my $rule (sort keys %both) {
    for my $status (@{ $both{$rule} }) {
        ok $statuses{$rule}{$status}, "rule $rule answers $status";
    }
}

# What the check itself decides.  Under `Satisfy any` a 401 or 403 is one voice
# among others.
my @decisions = (
    ['exit&code=401',  401, qr/./],
    ['exit&code=403',  403, qr/./],
    ['exit&code=404',  404, qr/./],
    ['exit&code=410',  410, qr/./],
    ['exit&code=500',  500, qr/./],
    ['exit&code=503',  503, qr/./],
    ['exit&code=200',  200, ''],
    ['exit&code=204',  204, ''],
    ['say',            200, "said by the check\n"],
    ['say_exit',       200, "said by the check\n"],
    ['status_say',     202, "said by the check\n"],
    ['error',          500, qr/./],
);
my $log = error_log();
for my $rule (qw(plain ip valid satall satany)) {
    subtest "decisions before rule $rule" => sub {
        my @send = @{ $who{okbob} };
        for my $target (@targets) {
            for my $decision (@decisions) {
                my ($do, $status, $body) = @$decision;
                next if $rule eq 'satany' && $do =~ /40[13]/;
                my @answers;
                for my $park ('', '&park=1') {
                    my $name = "$target, $do$park";
                    my $r = ask('GET', "/acc/$rule/$target?do=$do$park", @send);
                    is $r->status, $status, $name if $r->status != $status;
                    if (ref $body) {
                        like $r->body, $body, "$name: body"
                            unless $r->body =~ $body;
                    }
                    else {
                        is $r->body, $body, "$name: body"
                            if $r->body ne $body;
                    }
                }
            }
        }
        pass 'as the check says';
    };
}
is $log->count(qr/runtime error: .*: on purpose/),
    5 * @targets * 2, 'each error is one line of the log';

subtest 'Satisfy any: a refusal is one voice' => sub {
    for my $park ('', '&park=1') {
        for my $code (401, 403) {
            my $uri = "/acc/satany/a.txt?do=exit&code=$code$park";
            is ask('GET', $uri, @{ $who{ok} })->status, 401,
                "$code$park: a password is asked for";
            is ask('GET', $uri, @{ $who{alice} })->body, "a file\n",
                "$code$park: which lets in";
        }
    }
};

subtest 'ngx.exit(ngx.OK) goes on' => sub {
    for my $park ('', '&park=1') {
        for my $rule (qw(plain denied valid)) {
            is answer(ask('GET', "/acc/$rule/a.txt?do=exit&code=0$park")),
                answer(ask('GET', "/ref/$rule/a.txt?do=exit&code=0$park")), "$rule$park";
        }
    }
};

subtest 'a check of the index file alone' => sub {
    for my $do ('allow', map { $_->[0] } @decisions) {
        for my $park ('', '&park=1') {
            my $r = ask('GET', "/accidx/?do=$do$park");
            my $named = ask('GET', "/accidx/index.html?do=$do$park");
            if ($do =~ /say|=20/) {
                # A subrequest cannot answer for its main request.
                is $r->status, 403, "$do$park: refused";
                unlike $r->body, qr/said/, "$do$park: and nothing said";
                next;
            }
            is answer($r), answer($named),
                "$do$park: as if it were asked for by name";
        }
    }
};

subtest 'a body behind the check' => sub {
    my $c = raw();
    for my $park ('', '&park=1') {
        for (1, 2) {
            $c->request(
                'POST', "/acc/valid/cgi/env.cgi?do=allow$park",
                headers => [basic('alice', 'secret')],
                body    => 'b' x 200_000
            );
            like $c->response->body, qr/^POST user=alice path= length=200000/, "read by the CGI";
        }
        $c->request(
            'POST', "/acc/valid/cgi/env.cgi?do=exit&code=403$park",
            body => 'b' x 200_000
        );
        is $c->response->status, 403, 'left by a refusal';
    }
};

done_testing;
