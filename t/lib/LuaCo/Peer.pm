package LuaCo::Peer;

# A peer for sockets that does what the client orders, in a process of its own:
#
#     my $peer = LuaCo::Peer->start;              a free port
#     my $peer = LuaCo::Peer->start(unix => $path);   and a socket file
#     ... "127.0.0.1", $peer->port ...
#
# A client sends lines of orders, separated by blanks, carried out in turn:
#
#     S:TEXT     sends TEXT, in which %0A is a line's end, %20 a blank, ...
#     D:TEXT     the same byte by byte
#     B:N:TEXT   TEXT N times
#     W:SECONDS  waits
#     N:N        reads N bytes and sends their number, as a line
#     H          sends no more (and goes on reading orders)
#     C          closes
#     R          resets
#     I          sends the number of this connection, from 1, as a line
#     X          takes no more orders, reads nothing, keeps the connection
#
# and, to begin with,
#
#     T          speaks TLS from the next line on
#     V          sends the TLS version, the name asked for, whether the session
#                was resumed and the client's name, as a line
#
# with the certificates of start(certs => $dir) (LuaCo::Certs): the one that
# is asked for by name (good.test, ...), else good's.
#
# Over UDP, on the same port, a datagram is such a line; S and B send a datagram
# each.
#
# The listening socket has a process, each connection another one.

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(SOL_SOCKET SO_LINGER SHUT_WR IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep);

use LuaCo::Util qw(free_port);

sub start {
    my ($class, %opt) = @_;
    my $port     = $opt{port} || free_port();
    my @listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        LocalPort => $port,
        Listen    => 511,
        ReuseAddr => 1,
    ) or die "peer on port $port: $!\n";
    if ($opt{unix}) {
        push @listener,
            IO::Socket::UNIX->new(Local => $opt{unix}, Listen => 511)
            || die "peer on $opt{unix}: $!\n";
        chmod 0777, $opt{unix};
    }
    my $udp = IO::Socket::INET->new(
        Proto     => 'udp',
        LocalAddr => '127.0.0.1',
        LocalPort => $port,
    ) or die "peer on UDP port $port: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        # Children go with the group.
        setpgrp(0, 0);
        $SIG{$_}   = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
        eval { listen_on(\%opt, $udp, @listener) };
        require POSIX;
        POSIX::_exit(1);
    }
    setpgrp($pid, $pid);
    return bless { pid => $pid, owner => $$, port => $port }, $class;
}

sub port { return $_[0]{port} }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill KILL => -$pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->stop if ($self->{owner} // 0) == $$;
    return;
}

sub listen_on {
    my ($opt, $udp, @listener) = @_;
    require IO::Select;
    my $context = $opt->{certs} ? tls_context($opt->{certs}) : undef;
    my $select = IO::Select->new(@listener, $udp);
    my $test   = getppid;
    my $number = 0;
    while (1) {
        for my $listener ($select->can_read(1)) {
            if ($listener == $udp) {
                my $from = recv $udp, my $line, 65536, 0;
                next unless defined $from;
                my $pid = fork;
                if (defined $pid && !$pid) {
                    answer_datagram($udp, $from, $line);
                    require POSIX;
                    POSIX::_exit(0);
                }
                next;
            }
            my $socket = $listener->accept or next;
            $number++;
            my $pid = fork;
            if (defined $pid && !$pid) {
                close $_ for @listener;
                eval { serve($socket, $number, $context) };
                require POSIX;
                POSIX::_exit(0);
            }
            close $socket;
        }
        # The test is gone and could not say so.
        if (getppid != $test) {
            kill KILL => -$$;
        }
    }
    return;
}

sub answer_datagram {
    my ($udp, $from, $line) = @_;
    for my $order (split ' ', $line) {
        my ($what, @arg) = split /:/, $order, $order =~ /^B/ ? 3 : 2;
        my $text = @arg ? $arg[-1] : '';
        $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
        if    ($what eq 'S') { send $udp, $text, 0, $from }
        elsif ($what eq 'B') { send $udp, $text x $arg[0], 0, $from }
        elsif ($what eq 'W') { sleep $text }
    }
    return;
}

sub put {
    my ($socket, $bytes) = @_;
    while (length $bytes) {
        my $n = syswrite $socket, $bytes;
        die "gone\n" unless $n;
        substr $bytes, 0, $n, '';
    }
    return;
}

sub take {
    my ($socket, $buffer, $size) = @_;
    my $n = sysread $socket, $$buffer, $size // 262144, length $$buffer;
    die "gone\n" unless $n;
    return;
}

# Before the connections' processes are made: they share its session tickets.
sub tls_context {
    my ($dir) = @_;
    require IO::Socket::SSL;
    my (%cert, %key);
    for my $name (qw(good expired revoked selfsigned chain)) {
        $cert{"$name.test"} = "$dir/$name.crt";
        $key{"$name.test"}  = "$dir/$name.key";
    }
    ($cert{''}, $key{''}) = ("$dir/good.crt", "$dir/good.key");
    return IO::Socket::SSL::SSL_Context->new(
        SSL_server      => 1,
        SSL_cert_file   => \%cert,
        SSL_key_file    => \%key,
        SSL_ca_file     => "$dir/ca.crt",
        SSL_verify_mode => 1,
        SSL_session_id_context => 'peer',
    ) || die "TLS: $IO::Socket::SSL::SSL_ERROR\n";
}

sub serve {
    my ($socket, $number, $context) = @_;
    my $buffer = '';
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1
        if $socket->isa('IO::Socket::INET');
    while (1) {
        # What comes after T is not for us.
        my $one = $context && !$socket->isa('IO::Socket::SSL') ? 1 : undef;
        take($socket, \$buffer, $one) until $buffer =~ /\n/;
        $buffer =~ s/^(.*?)\r?\n//;
        for my $order (split ' ', $1) {
            my ($what, @arg) = split /:/, $order, $order =~ /^B/ ? 3 : 2;
            my $text = @arg ? $arg[-1] : '';
            $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
            if    ($what eq 'S') { put($socket, $text) }
            elsif ($what eq 'D') {
                for (split //, $text) {
                    put($socket, $_);
                    sleep 0.001;
                }
            }
            elsif ($what eq 'B') {
                my $some = int(65536 / length $text) || 1;
                my $n    = $arg[0];
                while ($n > 0) {
                    my $k = $n < $some ? $n : $some;
                    put($socket, $text x $k);
                    $n -= $k;
                }
            }
            elsif ($what eq 'T') {
                $socket = IO::Socket::SSL->start_SSL(
                    $socket,
                    SSL_server     => 1,
                    SSL_reuse_ctx  => $context,
                ) or die "TLS: $IO::Socket::SSL::SSL_ERROR\n";
            }
            elsif ($what eq 'V') {
                put($socket, join(' ',
                    $socket->get_sslversion,
                    $socket->get_servername // '-',
                    $socket->get_session_reused ? 'resumed' : 'new',
                    $socket->peer_certificate('cn') // '-') . "\n");
            }
            elsif ($what eq 'W') { sleep $text }
            elsif ($what eq 'N') {
                take($socket, \$buffer) while length $buffer < $text;
                substr $buffer, 0, $text, '';
                put($socket, "$text\n");
            }
            elsif ($what eq 'H') { shutdown $socket, SHUT_WR }
            elsif ($what eq 'I') { put($socket, "$number\n") }
            elsif ($what eq 'X') { sleep 1 while 1 }
            elsif ($what eq 'C') { return }
            elsif ($what eq 'R') {
                setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
                close $socket;
                return;
            }
        }
    }
    return;
}

1;
