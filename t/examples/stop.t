# build/run-example, which is `make run`: the port, and that its end is clean.

use LuaCo::Test;
use LuaCo::Example;
use LuaCo::Util qw(free_port wait_until);

use IO::Socket::INET;

sub listens {
    my ($port) = @_;
    return defined IO::Socket::INET->new("127.0.0.1:$port");
}

for my $signal (qw(INT TERM HUP)) {
    subtest "SIG$signal, with requests that wait" => sub {
        my $site = LuaCo::Example->start;
        my @c    = map { raw(port => $site->port) } 1 .. 3;
        $c[0]->request('GET', '/events');
        $c[1]->request('GET', '/sleep?seconds=60');
        $c[2]->request('GET', '/reports/q3.txt?key=sesame');
        $c[0]->response_head;
        is $c[2]->response->status, 200, 'it serves';

        my @tree   = $site->tree;
        my $folder = $site->folder;
        cmp_ok scalar @tree, '>=', 3, 'the script, httpd and its child';
        ok -d $folder, 'a folder of its own';
        is $site->stop($signal), 0, 'its exit status';
        # The child dies before its parent, the parent before the script.
        is scalar(grep { kill 0, $_ } @tree), 0, 'no process is left';
        ok !-e $folder,           'nor its folder';
        ok !listens($site->port), 'nor its port';
        like $site->text, qr/^stopped$/m, 'it says so';
    };
}

subtest 'a port that is taken' => sub {
    # Wherever the other one listens: on this address or on all.
    for my $address ('127.0.0.1', '0.0.0.0') {
        my $port  = free_port();
        my $other = IO::Socket::INET->new(
            LocalAddr => $address,
            LocalPort => $port,
            Listen    => 5,
            ReuseAddr => 1
        ) or die "port $port: $!\n";
        my $site = LuaCo::Example->start(port => $port);
        cmp_ok $site->port, '>', $port, "$address: a later one";
        is get('/hello', port => $site->port)->body, "hello, world\n",
            'the site is there';
        is $site->stop('INT'), 0, 'it ends';
    }
};

subtest 'two at a time' => sub {
    my $port = free_port();
    my @site = map { LuaCo::Example->start(port => $port) } 1, 2;
    isnt $site[0]->port, $site[1]->port, 'each has its port';
    for my $site (@site) {
        my $r = get('/backend/x?key=xyzzy', port => $site->port);
        is $r->status, 200, 'and its backend';
    }
    is $_->stop('INT'), 0, 'ends' for @site;
};

subtest 'what is no port' => sub {
    for my $port ('http', '-1', '65536', '80 81') {
        ok !eval { LuaCo::Example->start(port => $port) }, "PORT=$port";
        like $@, qr/PORT=\Q$port\E is no port/, 'it says so';
    }
};

done_testing;
