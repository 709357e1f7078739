package LuaCo::Backend;

# A small TCP server for tests, in a process of its own, that does what the
# test says and tells what it saw.
#
#     my $b = LuaCo::Backend->start(
#         hold   => 3,                  # answer none before three have come
#         answer => sub {
#             my ($request, $n, $connection) = @_;
#             return LuaCo::Backend::http("number $n");
#         },
#     );
#     ... "http://127.0.0.1:" . $b->port ...
#     ok $b->wait_seen(3);
#
# answer() is called in the backend's process for each request, N counting all
# of them from 1 and CONNECTION the connections.  It returns the bytes to send,
# or a list of them and of { sleep => SECONDS }, { close => 1 }, { reset => 1 };
# nothing leaves the request without an answer.
#
# A request is an HTTP request with its body; framing => 'line' makes it a
# line, framing => sub { BUFFER -> length of the first request or 0 } anything.
# order => 'reverse' answers the held ones from the last to the first.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

use LuaCo::Util qw(free_port wait_until);

sub http {
    my ($body, %headers) = @_;
    my $status = delete $headers{status} || '200 OK';
    $headers{'Content-Length'} //= length $body;
    return "HTTP/1.1 $status\r\n"
        . join('', map {"$_: $headers{$_}\r\n"} sort keys %headers)
        . "\r\n$body";
}

sub start {
    my ($class, %opt) = @_;
    my $port     = $opt{port} || free_port();
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => $port,
        Listen    => 511,
        ReuseAddr => 1,
    ) or die "backend on port $port: $!\n";
    pipe my $tell_read, my $tell_write or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $tell_read;
        $tell_write->autoflush(1);
        # Nothing of the test's END blocks and buffers is ours.
        local $@;
        eval { serve($listener, $tell_write, \%opt) };
        print STDERR "# backend: $@" if $@;
        require POSIX;
        POSIX::_exit(1);
    }
    close $listener;
    close $tell_write;
    $tell_read->blocking(0);
    return bless {
        pid    => $pid,
        owner  => $$,
        port   => $port,
        tell   => $tell_read,
        told   => '',
        events => [],
    }, $class;
}

sub port { return $_[0]{port} }

# What the backend saw until now, in order: "connect N", "request N", "close N"
# with N the number of the connection.
sub events {
    my ($self) = @_;
    while (sysread $self->{tell}, my $piece, 65536) {
        $self->{told} .= $piece;
    }
    push @{ $self->{events} }, $1 while $self->{told} =~ s/^(.*)\n//;
    return @{ $self->{events} };
}

sub seen {
    my ($self, $what) = @_;
    $what //= 'request';
    return scalar grep {/^$what\b/} $self->events;
}

# Waits for N requests (or connects, or closes) altogether.
sub wait_seen {
    my ($self, $n, $what, $limit) = @_;
    return wait_until(sub { $self->seen($what) >= $n }, $limit);
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill KILL => $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->stop if ($self->{owner} // 0) == $$;
    return;
}

# ---- the backend's process ----

# Length of the first complete request in BUFFER, 0 if there is none.
my %framing = (
    line => sub {
        my ($buffer) = @_;
        return 1 + index $buffer, "\n";
    },
    http => sub {
        my ($buffer) = @_;
        my $at = index $buffer, "\r\n\r\n";
        return 0 if $at < 0;
        my $head = substr $buffer, 0, $at + 2;
        my $body = $head =~ /^Content-Length:\s*(\d+)/mi ? $1 : 0;
        my $all  = $at + 4 + $body;
        return length $buffer >= $all ? $all : 0;
    },
);

sub serve {
    my ($listener, $tell, $opt) = @_;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    my $test    = getppid;
    my $framing = $opt->{framing} || 'http';
    $framing = $framing{$framing} unless ref $framing;
    my $select = IO::Select->new($listener);
    my (%connection, @held);
    my ($connections, $requests) = (0, 0);
    my $hold = $opt->{hold} || 1;

    while (1) {
        for my $socket ($select->can_read(1)) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                $client->autoflush(1);
                $connection{$client}
                    = { number => ++$connections, buffer => '' };
                $select->add($client);
                print {$tell} "connect $connections\n";
                next;
            }
            my $c = $connection{$socket};
            if (!sysread $socket, my $piece, 65536) {
                print {$tell} "close $c->{number}\n";
                $select->remove($socket);
                delete $connection{$socket};
                close $socket;
                next;
            }
            else {
                $c->{buffer} .= $piece;
            }
            while (my $length = $framing->($c->{buffer})) {
                my $request = substr $c->{buffer}, 0, $length, '';
                $requests++;
                print {$tell} "request $c->{number}\n";
                push @held, [$socket, $request, $requests, $c->{number}];
            }
        }
        if ($requests >= $hold) {
            @held = reverse @held if ($opt->{order} || '') eq 'reverse';
            answer($opt, $select, \%connection, @$_) for splice @held;
        }
        # The test is gone and could not say so.
        last if getppid != $test;
    }
    return;
}

sub answer {
    my ($opt, $select, $connection, $socket, $request, $n, $number) = @_;
    return unless $connection->{$socket};
    my $answer = $opt->{answer} || sub { http("answer $n") };
    for my $step ($answer->($request, $n, $number)) {
        if (!ref $step) {
            $socket->blocking(1);
            print {$socket} $step;
            next;
        }
        sleep $step->{sleep} if $step->{sleep};
        if ($step->{close} || $step->{reset}) {
            setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
                if $step->{reset};
            $select->remove($socket);
            delete $connection->{$socket};
            close $socket;
            last;
        }
    }
    return;
}

1;
