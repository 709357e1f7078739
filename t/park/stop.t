# Stops and restarts, in good order and at once, with requests parked, threads
# held, clients that read nothing and idle connections: what may end does, the
# rest is ended, nothing stays, and nothing hurries httpd's parent.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
# Nothing here may depend on a timeout.
Timeout 300
KeepAliveTimeout 300
<Location /any>
    # Cannot be parked: waits in its thread.
    AuthType Basic
    AuthName x
    Require valid-user
    Satisfy any
    <LuaCoAccess>
        hold()
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("any held")
    </LuaCoHandler>
</Location>
<Location /endless>
    <LuaCoHandler>
        ngx.log(ngx.NOTICE, "endless")
        ngx.thread.spawn(function() ngx.sleep(1e6) end)
        ngx.sleep(1e6)
    </LuaCoHandler>
</Location>
<Location /after>
    <LuaCoHandler>
        ngx.say("begun")
        ngx.flush(true)
        ngx.log(ngx.NOTICE, "begun")
        ngx.sleep(1e6)
    </LuaCoHandler>
</Location>
<Location /ended>
    # The handler ended; its output is more than the sockets take.
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.print(string.rep("x", 20000000))
        ngx.log(ngx.NOTICE, "printed")
    </LuaCoHandler>
</Location>
CONF

my %answer = (
    '/hold'  => "held %s\n",
    '/ahold' => "access held %s\n",
    '/thold' => "%s1 %s2 %s3 %s4 %s5 ",
    '/any'   => "any held\n",
);
my @held = sort keys %answer;

sub expected {
    my ($uri, $k) = @_;
    my $text = $answer{$uri};
    $text =~ s/%s/$k/g;
    return $text;
}

sub gone {
    my (@pids) = @_;
    return wait_until(sub { !grep { kill 0, $_ } @pids }, 30);
}

# A connection that has asked: one that has not holds a worker.
sub asked {
    my ($s, $uri, $tls) = @_;
    my $c = $s->raw(tls => $tls);
    $c->request('GET', $uri);
    return $c;
}

# One connection for each of @held, waiting for a file.
sub hold_all {
    my ($s) = @_;
    my $log = LuaCo::Log->new($s->log->file);
    my %c;
    for my $uri (@held) {
        $c{$uri} = $s->raw(tls => $uri eq '/ahold');
        (my $k = $uri) =~ tr{/}{}d;
        $c{$uri}->request('GET', "$uri?k=$k&f=" . $s->root . '/go');
        ok $log->wait_for(qr/waits $k\b/, count => $uri eq '/thold' ? 5 : 1),
            "$uri waits";
    }
    return \%c;
}

sub let_go {
    my ($s) = @_;
    LuaCo::Util::spew($s->root . '/go', '');
    return;
}

sub answered {
    my ($c) = @_;
    for my $uri (@held) {
        (my $k = $uri) =~ tr{/}{}d;
        my $body = eval { $c->{$uri}->response->body } // $@;
        is $body, expected($uri, $k), "$uri is answered";
        ok $c->{$uri}->closed, 'and its connection closed';
    }
    return;
}

# Idle ones: with us, fresh from the loop, and with httpd.
sub idle {
    my ($s) = @_;
    my @idle;
    for my $n (1 .. 6) {
        push @idle, $s->raw(tls => $n % 2);
        is $idle[-1]->get('/sleep')->body, "slept \n", 'a kept connection'
            for 1 .. 2;
    }
    return @idle;
}

for my $finish (qw(loop worker)) {
    my @server = (finish => $finish, ssl => 1, conf => $conf);

    subtest "graceful restart, $finish: idle connections" => sub {
        my $s = park_server(@server);
        my @old  = $s->children;
        my @idle = idle($s);
        $s->graceful;
        ok gone(@old), 'the old child is gone';
        ok $_->closed, 'a kept connection is closed' for @idle;
        is $s->raw->get('/sleep')->body, "slept \n", 'the new one serves';
        clean($s);
        ok $s->stop, 'stop';
    };

    subtest "graceful restart, $finish: parked requests" => sub {
        my $s = park_server(@server);
        my @old  = $s->children;
        my @idle = idle($s);
        my $c    = hold_all($s);
        $s->graceful;
        is $s->raw->get('/sleep')->body, "slept \n", 'the new child serves';
        ok $_->closed, 'an idle connection is closed' for @idle;
        ok kill(0, @old), 'the old one is there';
        is $s->raw->get('/sleep')->body, "slept \n", 'beside the new';
        let_go($s);
        answered($c);
        ok gone(@old), 'then it is gone';
        is scalar(access_lines($s, 4, qr{"GET /(?:any|\w?hold)\S* \S+" 200 })),
            4, 'all are logged';
        clean($s);
        ok $s->stop, 'stop';
    };

    subtest "graceful stop, $finish" => sub {
        my $s = park_server(@server);
        my @old  = $s->children;
        my @idle = idle($s);
        my $c    = hold_all($s);
        $s->graceful_stop;
        ok $_->closed, 'an idle connection is closed' for @idle;
        ok $s->is_running, 'it waits for the requests';
        let_go($s);
        answered($c);
        is $s->wait_exit, 0, 'then it ends';
        ok gone(@old), 'all of it';
        clean($s);
    };

    subtest "LuaCoShutdownTimeout, $finish" => sub {
        my $s = park_server(@server,
            conf => "$conf\nLuaCoShutdownTimeout 300ms\n");
        my @old = $s->children;
        my $log = LuaCo::Log->new($s->log->file);
        my @endless = map { asked($s, '/endless', $_ % 2) } 1 .. 4;
        my $begun = $s->raw;
        $begun->request('GET', '/after');
        my $ended = $s->raw(rcvbuf => 4096);
        $ended->request('GET', '/ended');
        my $any = $s->raw;
        $any->request('GET', '/any?k=any&f=/nowhere');
        ok $log->wait_for(qr/endless/, count => 4), 'four wait for ever';
        ok $log->wait_for(qr/begun/),   'one has begun';
        ok $log->wait_for(qr/printed/), 'one is not read';
        ok $log->wait_for(qr/waits any/), 'one holds a thread';
        $s->graceful;
        ok $log->wait_for(qr/LuaCoShutdownTimeout: what still waits/),
            'the end is announced';
        for my $c (@endless) {
            is eval { $c->response->status } // $@, 503, 'answered with 503';
            ok $c->closed, 'closed';
        }
        # `Satisfy any`: a check that was ended is no refusal to be outvoted.
        is eval { $any->response->status } // $@, 503, 'the thread is freed';
        my $rest = $begun->read_rest;
        like $rest, qr/\r\nbegun\n\r\n\z/, 'no proper end of what has begun';
        ok gone(@old), 'the old child is gone';
        is scalar(access_lines($s, 4, qr{"GET /endless \S+" 503 })), 4,
            'logged with 503';
        is scalar(access_lines($s, 2,
                qr{"GET /(?:after|ended) \S+" 200 })), 2, 'the others, too';
        is $s->raw->get('/sleep')->body, "slept \n", 'the new one serves';
        clean($s);
        ok $s->stop, 'stop';
    };

    for my $how ($finish eq 'loop' ? qw(restart stop) : ()) {
        subtest "hard $how, $finish" => sub {
            my $s = park_server(@server);
            my @old = $s->children;
            my $log = LuaCo::Log->new($s->log->file);
            my @idle = idle($s);
            my $c = hold_all($s);
            my @endless = map { asked($s, '/endless', $_ % 2) } 1 .. 20;
            my $ended = $s->raw(rcvbuf => 4096);
            $ended->request('GET', '/ended');
            my $big = $s->raw(rcvbuf => 4096);
            $big->request('GET', '/big?n=1000');
            $big->read_bytes(1000);
            my $half = $s->raw;
            $half->send("GET /sl");
            my $post = $s->raw;
            $post->request('POST', '/sleep', headers => ['Content-Length' => 5]);
            ok $log->wait_for(qr/endless/, count => 20), 'many wait';
            ok $log->wait_for(qr/printed/), 'one is not read';
            if ($how eq 'restart') {
                $s->restart;
                is $s->raw->get('/sleep')->body, "slept \n", 'it serves';
            }
            else {
                ok $s->stop, 'it stops';
            }
            ok gone(@old), 'the old child is gone';
            ok eval { $_->read_rest; 1 } // $_->{eof}, 'closed'
                for @idle, @endless, values %$c;
            clean($s);
            ok $s->stop, 'stop' if $how eq 'restart';
        };
    }

    next if $finish eq 'worker';
    subtest "MaxConnectionsPerChild, $finish" => sub {
        my $s = park_server(@server,
            conf => "$conf\nMaxConnectionsPerChild 20\n");
        my $c = hold_all($s);
        my ($old) = $s->children;
        my $n = 0;
        # Each of these is a connection.
        ok wait_until(
            sub {
                $n++ if $s->raw->get('/sleep')->body eq "slept \n";
                return grep { $_ != $old } $s->children;
            }
        ), 'another child comes';
        ok kill(0, $old), 'the old one is there';
        let_go($s);
        answered($c);
        ok gone($old), 'then it is gone';
        clean($s);
        ok $s->stop, 'stop';
    };
}

subtest 'graceful restarts under load' => sub {
    my $s = park_server(children => 2, conf => "KeepAliveTimeout 5\n");
    my @load = map { $s->load($_, clients => 3) } qw(/sleep?t=0.002 /asleep);
    for (1 .. 3) {
        for my $load (@load) {
            ok $load->wait_done($load->done + 100), 'requests are served';
        }
        $s->graceful;
    }
    for my $load (@load) {
        ok $load->wait_done($load->done + 100), 'and after the last';
        my $sum = $load->stop;
        is $sum->{failed}, 0, 'none failed' or diag $sum->{why};
    }
    clean($s);
    ok $s->stop, 'stop';
};

subtest 'hard restarts under load' => sub {
    my $s = park_server(children => 2);
    my @load = map { $s->load($_, clients => 3) } qw(/sleep?t=0.002 /tsleep);
    for (1 .. 2) {
        for my $load (@load) {
            ok $load->wait_done($load->done + 100), 'requests are served';
        }
        $s->restart;
    }
    ok $_->wait_done($_->done + 100), 'and after the last' for @load;
    $_->stop for @load;
    clean($s);
    ok $s->stop, 'stop';
};

done_testing;
