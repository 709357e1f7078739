# tags: prefork
# The scripted backend, alone and behind mod_proxy.

use LuaCo::Test;
use LuaCo::Backend;

subtest 'it holds the first until three have come' => sub {
    my $b = LuaCo::Backend->start(hold => 3, order => 'reverse');
    my @c = map { LuaCo::Raw->connect(port => $b->port) } 1 .. 3;
    $_->request('GET', '/') for @c[0, 1];
    ok $b->wait_seen(2), 'two seen';
    ok !$c[0]->readable(0.1), 'no answer yet';
    $c[2]->request('GET', '/');
    like $_->response->body, qr/^answer \d$/, 'an answer' for @c;
    is $b->seen, 3, 'three seen';
    is scalar(grep {/^connect/} $b->events), 3, 'on three connections';
};

subtest 'what it answers' => sub {
    my $b = LuaCo::Backend->start(
        answer => sub {
            my ($request, $n, $connection) = @_;
            return { reset => 1 } if $request =~ /^GET \/reset/;
            return ('half', { close => 1 }) if $request =~ /^GET \/half/;
            return LuaCo::Backend::http("$n on $connection",
                status => '201 Made');
        }
    );
    my $c = LuaCo::Raw->connect(port => $b->port);
    $c->request('POST', '/', body => 'abc');
    my $r = $c->response;
    is $r->status, 201,      'status';
    is $r->body,   '1 on 1', 'numbers';
    is $c->get('/')->body, '2 on 1', 'numbers, again';
    my $half = LuaCo::Raw->connect(port => $b->port);
    $half->request('GET', '/half');
    is $half->read_rest, 'half', 'half an answer';
    my $reset = LuaCo::Raw->connect(port => $b->port);
    $reset->request('GET', '/reset');
    eval { $reset->response };
    like $@, qr/server closed \(Connection reset/, 'reset';
    $c->close;
    ok $b->wait_seen(1, 'close'), 'it sees that we close';
};

subtest 'lines' => sub {
    my $b = LuaCo::Backend->start(
        framing => 'line',
        answer  => sub { return "+$_[0]" }
    );
    my $c = LuaCo::Raw->connect(port => $b->port);
    $c->send("PING\nPONG\n");
    is $c->read_until("\n"), "+PING\n", 'first';
    is $c->read_until("\n"), "+PONG\n", 'second';
};

subtest 'behind mod_proxy' => sub {
    my $b = LuaCo::Backend->start(port => port('backend'), hold => 2);
    my @c = map { raw() } 1 .. 2;
    $_->request('GET', '/bed/backend/x') for @c;
    is join(' ', sort map { $_->response->body } @c), 'answer 1 answer 2',
        'two requests at the same time';
};

my $pid;
{
    my $b = LuaCo::Backend->start;
    $pid = $b->{pid};
    ok kill(0, $pid), 'it runs';
}
ok !kill(0, $pid), 'and is gone with its object';

done_testing;
