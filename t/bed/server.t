# Private servers: start and stop, what goes wrong at start, other MPMs,
# restarts under load.

use LuaCo::Test;
use LuaCo::Util qw(slurp wait_until);

for my $mpm (qw(event worker prefork)) {
    subtest $mpm => sub {
        my $s = LuaCo::Server->new(
            mpm     => $mpm,
            threads => 3,
            workers => 3,
            ssl     => 1,
            conf    => 'Alias /here "@Root@/a.txt"' . "\n"
                . '<Directory "@Root@">' . "\n"
                . "Require all granted\n</Directory>\n",
            files => { 'a.txt' => "a\n" },
        );
        my ($ok, $output) = $s->configtest;
        ok $ok, 'configtest' or diag $output;
        $s->start;
        is $s->raw->get('/here')->body, "a\n", 'it serves';
        is $s->raw(tls => 1)->get('/here')->body, "a\n", 'and by TLS';
        is $s->status->{ServerMPM}, $mpm, 'the MPM';
        ok wait_until(sub { $s->status->{BusyWorkers} == 1 }, 5),
            'one worker busy, with the status';
        my @children = $s->children;
        is scalar @children, $mpm eq 'prefork' ? 3 : 1, 'children';
        my $pid = $s->pid;
        ok $s->stop, 'it stops';
        is scalar(grep { kill 0, $_ } $pid, @children), 0, 'all of it';
        ok !$s->is_running, 'it knows';
    };
}

subtest 'a configuration that is wrong' => sub {
    my $s = LuaCo::Server->new(conf => "\n\nNoSuchThing on\n");
    my ($ok, $output) = $s->configtest;
    ok !$ok, 'configtest fails';
    like $output, qr/line 3 of \S+test.conf:/, 'with the line';
    ok !$s->try_start, 'no start';
    like $s->start_error, qr/Invalid command 'NoSuchThing'/, 'and why';
    is eval { $s->start; 1 }, undef, 'start() dies';
};

subtest 'restarts' => sub {
    my $s = LuaCo::Server->new(conf => 'Redirect 410 /gone');
    $s->start;
    my ($before) = $s->children;
    is $s->raw->get('/gone')->status, 410, 'before';
    my $old = $s->raw;
    $old->send("GET /gone HT");
    # A worker must have it: what is not accepted yet is the next child's.
    ok wait_until(sub { $s->status->{Scoreboard} =~ /R/ }), 'half a request';
    $s->set_conf('Redirect 410 /other');
    $s->graceful;
    ok wait_until(sub { ($s->children)[-1] != $before }), 'a new child';
    is $s->raw->get('/gone')->status, 404, 'graceful: the new configuration';
    $old->send("TP/1.1\r\nHost: a\r\n\r\n");
    is $old->response->status, 410, 'and the old one for what had begun';
    $old->close;
    $s->restart;
    is $s->raw->get('/other')->status, 410, 'restart';
    $s->graceful_stop;
    is $s->wait_exit, 0, 'graceful stop';
};

subtest 'restarts under load' => sub {
    my $s = LuaCo::Server->new(children => 2);
    $s->write('htdocs/a.txt', 'a');
    $s->start;
    my $load = $s->load('/a.txt', clients => 3);
    for (1 .. 2) {
        ok $load->wait_done($load->done + 20), 'requests are served';
        $s->graceful;
    }
    ok $load->wait_done($load->done + 20), 'and after the last';
    my $sum = $load->stop;
    is $sum->{failed}, 0, 'none failed' or diag $sum->{why};
    ok $sum->{done} >= 60, 'all are counted';
};

subtest 'the log' => sub {
    my $s = LuaCo::Server->new->start;
    ok $s->wait_for_log(qr/resuming normal operations/), 'from its start on';
    $s->log->mark;
    is $s->log->text, '', 'from a mark on';
};

# A test that dies leaves no server: in a process of its own.
my $top  = LuaCo::Httpd::top();
my $file = "$top/t/logs/dies";
system $^X, '-I', "$top/t/lib", '-MLuaCo::Server', '-e', <<"PERL";
open STDERR, '>', '/dev/null';
my \$s = LuaCo::Server->new->start;
LuaCo::Util::spew('$file', join ' ', \$s->pid, \$s->children);
die;
PERL
my @pids = split ' ', slurp($file);
ok @pids >= 2, 'a test that dies had a server';
ok wait_until(sub { !grep { kill 0, $_ } @pids }, 5), 'which died with it';

done_testing;
