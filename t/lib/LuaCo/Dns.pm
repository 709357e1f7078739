package LuaCo::Dns;

# A name server for tests, in a process of its own, over UDP and TCP on
# 127.0.0.1:
#
#     my $dns = LuaCo::Dns->start(
#         port  => port('dns'),
#         names => {
#             'a.test'     => { a => ['127.0.0.1'], aaaa => ['::1'], ttl => 60 },
#             'alias.test' => { cname => 'a.test' },
#             'bad.test'   => { rcode => 2 },      SERVFAIL
#             'mute.test'  => { mute => 1 },       no answer
#             'slow.test'  => { wait => 0.1, a => [...] },
#             'held.test'  => { until => 'go.test', a => [...] },
#         });
#     $dns->asked('a.test')      how often the A record was asked for
#     $dns->asked_tcp('a.test')  how often over TCP
#
# The answer for `held.test` is sent when `go.test` is asked for, before that
# one's.  Other names do not exist (rcode 3).  More of a name:
#
#     junk => 1      bytes that are no answer, only
#     short => 1     an answer that ends in the middle, only
#     loops => 1     an answer whose compressed name points to itself, only
#     spoof => IP    before the answer, some with this address that are not to
#                    be believed: of another number, for another question, from
#                    another port
#     cut => 1       over UDP: only that it is too long; over TCP all of it
#     cut => 'mute', 'close', 'junk'    over TCP: that

use strict;
use warnings;

use File::Temp qw(tempfile);
use IO::Select;
use IO::Socket::INET;
use Socket qw(inet_aton inet_pton AF_INET6);
use Time::HiRes qw(time);

use LuaCo::Util qw(free_port slurp);

sub start {
    my ($class, %opt) = @_;
    my $port = $opt{port} || free_port();
    my %at   = (LocalAddr => '127.0.0.1', LocalPort => $port);
    my $udp  = IO::Socket::INET->new(%at, Proto => 'udp')
        or die "name server on port $port: $!\n";
    my $tcp = IO::Socket::INET->new(%at, Listen => 16, ReuseAddr => 1)
        or die "name server on TCP port $port: $!\n";
    my ($fh, $seen) = tempfile('dnsXXXXXX', TMPDIR => 1, UNLINK => 0);
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        $fh->autoflush(1);
        eval {
            serve({ udp => $udp, tcp => $tcp, seen => $fh,
                names => $opt{names} });
        };
        print STDERR "# name server: $@" if $@;
        require POSIX;
        POSIX::_exit(1);
    }
    return bless { pid => $pid, owner => $$, port => $port, seen => $seen },
        $class;
}

sub port { return $_[0]{port} }

sub asked {
    my ($self, $name, $how) = @_;
    $how //= 'udp';
    return scalar grep { $_ eq "1 $name $how" }
        split /\n/, slurp($self->{seen});
}

sub asked_tcp { return $_[0]->asked($_[1], 'tcp') }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill KILL => $pid;
    waitpid $pid, 0;
    unlink $self->{seen};
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->stop if ($self->{owner} // 0) == $$;
    return;
}

# ---- records ----

sub encode_name { return join('', map { pack 'C/a', $_ } split /\./, $_[0]) . "\0" }

sub record {
    my ($name, $type, $ttl, $data) = @_;
    return encode_name($name) . pack 'nnNn/a', $type, 1, $ttl, $data;
}

# The records for NAME of TYPE (1: A, 28: AAAA), aliases first.
sub records {
    my ($names, $name, $type, $depth) = @_;
    my $n   = $names->{$name} or return;
    return if ($depth // 0) > 20;
    my $ttl = $n->{ttl} // 60;
    if ($n->{cname}) {
        return (
            record($name, 5, $ttl, encode_name($n->{cname})),
            records($names, $n->{cname}, $type, ($depth // 0) + 1)
        );
    }
    return map { record($name, 1, $ttl, inet_aton($_)) } @{ $n->{a} || [] }
        if $type == 1;
    return map { record($name, 28, $ttl, inet_pton(AF_INET6, $_)) }
        @{ $n->{aaaa} || [] }
        if $type == 28;
    return;
}

sub answer {
    my ($id, $flags, $question, @records) = @_;
    return $id . pack('nnnnn', 0x8180 | $flags, 1, scalar @records, 0, 0)
        . $question . join '', @records;
}

# ---- serving ----

# { id, question, name, type }, or nothing.
sub parse {
    my ($query) = @_;
    return if length $query < 17;
    my ($at, @labels) = (12);
    while (my $len = ord substr $query, $at, 1) {
        push @labels, substr $query, $at + 1, $len;
        $at += 1 + $len;
    }
    return if length $query < $at + 5;
    return {
        id       => substr($query, 0, 2),
        question => substr($query, 12, $at + 5 - 12),
        name     => lc join('.', @labels),
        type     => unpack('n', substr $query, $at + 1, 2),
    };
}

# What is not to be believed.
sub spoof {
    my ($s, $q, $n, $send) = @_;
    my @wrong = (record($q->{name}, 1, 600, inet_aton($n->{spoof})));
    for my $bit (1, 0x100, 0xffff) {
        $send->(answer(pack('n', unpack('n', $q->{id}) ^ $bit), 0,
            $q->{question}, @wrong));
    }
    $send->(answer($q->{id}, 0, encode_name('else.test') . "\0\1\0\1",
        record('else.test', 1, 600, inet_aton($n->{spoof}))));
    $s->{other} ||= IO::Socket::INET->new(
        LocalAddr => '127.0.0.1',
        Proto     => 'udp'
    );
    $send->(answer($q->{id}, 0, $q->{question}, @wrong), $s->{other});
    return;
}

# Answers Q; SEND takes a message and perhaps a socket to send it from.
sub reply {
    my ($s, $q, $how, $send) = @_;
    my $n = $s->{names}{ $q->{name} };
    my ($id, $question) = @$q{qw(id question)};
    if ($n && $n->{junk}) {
        return $send->($id . "\xff" x 40);
    }
    if ($n && $n->{loops}) {
        return $send->($id . pack('nnnnn', 0x8180, 1, 1, 0, 0) . $question
                . pack('nnnNn/a', 0xc000 | 12 + length $question, 1, 1, 60,
                "\x7f\0\0\1"));
    }
    if ($n && $n->{cut} && $how eq 'udp') {
        return $send->(answer($id, 0x200, $question));
    }
    if ($n && $n->{spoof} && $q->{type} == 1) {
        spoof($s, $q, $n, $send);
    }
    my $rcode   = $n ? $n->{rcode} || 0 : 3;
    my @records = $rcode ? () : records($s->{names}, $q->{name}, $q->{type});
    my $text    = answer($id, $rcode, $question, @records);
    $text = substr $text, 0, -3 if $n && $n->{short};
    return $send->($text);
}

# A query that came; SEND as above.
sub take {
    my ($s, $query, $how, $send) = @_;
    my $q = parse($query) or return;
    print { $s->{seen} } "$q->{type} $q->{name} $how\n";
    my $n = $s->{names}{ $q->{name} } || {};
    return if $n->{mute};
    my $reply = sub { reply($s, $q, $how, $send) };
    if ($n->{until}) {
        push @{ $s->{held}{ $n->{until} } }, $reply;
        return;
    }
    $_->() for @{ delete $s->{held}{ $q->{name} } || [] };
    if ($n->{wait}) {
        push @{ $s->{later} }, [time + $n->{wait}, $reply];
        return;
    }
    return $reply->();
}

sub take_udp {
    my ($s) = @_;
    my $from = recv $s->{udp}, my $query, 4096, 0;
    return if !defined $from;
    return take($s, $query, 'udp', sub {
        my ($text, $socket) = @_;
        send $socket // $s->{udp}, $text, 0, $from;
    });
}

# One read of a TCP connection, which may bring queries.  False: it is over.
sub take_tcp {
    my ($s, $c) = @_;
    sysread($c, $s->{in}{$c}, 65536, length($s->{in}{$c} // '')) or return 0;
    while ($s->{in}{$c} =~ /^(..)/s) {
        my $len = unpack 'n', $1;
        last if length $s->{in}{$c} < 2 + $len;
        my $query = substr $s->{in}{$c}, 0, 2 + $len, '';
        my $q     = parse(substr $query, 2) or return 0;
        my $cut   = ($s->{names}{ $q->{name} } || {})->{cut} // '';
        print { $s->{seen} } "$q->{type} $q->{name} tcp\n" if $cut =~ /\D/;
        next     if $cut eq 'mute';
        return 0 if $cut eq 'close';
        if ($cut eq 'junk') {
            syswrite $c, "\0\x10" . "\xff" x 16;
            next;
        }
        take($s, substr($query, 2), 'tcp', sub {
            my ($text) = @_;
            syswrite $c, pack 'n/a', $text;
        });
    }
    return 1;
}

sub serve {
    my ($s)    = @_;
    my $test   = getppid;
    my $select = IO::Select->new(@$s{qw(udp tcp)});
    $s->{later} = [];
    while (1) {
        my @ready = $select->can_read(@{ $s->{later} } ? 0.005 : 1);
        last if !@ready && getppid != $test;
        for my $socket (@ready) {
            if ($socket == $s->{udp}) {
                take_udp($s);
            }
            elsif ($socket == $s->{tcp}) {
                my $c = $socket->accept or next;
                $select->add($c);
            }
            elsif (!take_tcp($s, $socket)) {
                $select->remove($socket);
                delete $s->{in}{$socket};
                close $socket;
            }
        }
        my @due = grep { $_->[0] <= time } @{ $s->{later} };
        $s->{later} = [grep { $_->[0] > time } @{ $s->{later} }];
        $_->[1]->() for @due;
    }
    return;
}

1;
