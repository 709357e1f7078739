package LuaCo::Dns;

# A name server for tests, in a process of its own, over UDP on 127.0.0.1:
#
#     my $dns = LuaCo::Dns->start(
#         port  => port('dns'),
#         names => {
#             'a.test'     => { a => ['127.0.0.1'], aaaa => ['::1'], ttl => 60 },
#             'alias.test' => { cname => 'a.test' },
#             'bad.test'   => { rcode => 2 },      SERVFAIL
#             'mute.test'  => { mute => 1 },       no answer
#             'slow.test'  => { wait => 0.1, a => [...] },
#             'junk.test'  => { junk => 1 },       bytes that are no answer
#         });
#     $dns->asked('a.test')      how often the A record was asked for
#
# Other names do not exist (rcode 3).

use strict;
use warnings;

use File::Temp qw(tempfile);
use IO::Socket::INET;
use Socket qw(inet_aton inet_pton AF_INET6);
use Time::HiRes qw(sleep);

use LuaCo::Util qw(free_port slurp);

sub start {
    my ($class, %opt) = @_;
    my $port   = $opt{port} || free_port();
    my $socket = IO::Socket::INET->new(
        Proto     => 'udp',
        LocalAddr => '127.0.0.1',
        LocalPort => $port,
    ) or die "name server on port $port: $!\n";
    my ($fh, $seen) = tempfile('dnsXXXXXX', TMPDIR => 1, UNLINK => 0);
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        eval { serve($socket, $fh, $opt{names}) };
        print STDERR "# name server: $@" if $@;
        require POSIX;
        POSIX::_exit(1);
    }
    close $socket;
    return bless { pid => $pid, owner => $$, port => $port, seen => $seen },
        $class;
}

sub port { return $_[0]{port} }

sub asked {
    my ($self, $name) = @_;
    return scalar grep { $_ eq "1 $name" } split /\n/, slurp($self->{seen});
}

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

sub encode_name { return join('', map { pack 'C/a', $_ } split /\./, $_[0]) . "\0" }

sub record {
    my ($name, $type, $ttl, $data) = @_;
    return encode_name($name) . pack 'nnNn/a', $type, 1, $ttl, $data;
}

# The records for NAME of TYPE (1: A, 28: AAAA), aliases first.
sub records {
    my ($names, $name, $type, $depth) = @_;
    my $n   = $names->{$name} or return;
    return if ($depth // 0) > 5;
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

sub serve {
    my ($socket, $seen, $names) = @_;
    my $test = getppid;
    require IO::Select;
    my $select = IO::Select->new($socket);
    $seen->autoflush(1);
    while (1) {
        if (!$select->can_read(1)) {
            last if getppid != $test;
            next;
        }
        my $from = recv $socket, my $query, 4096, 0;
        next if !defined $from || length $query < 17;
        my ($at, @labels) = (12);
        while (my $len = ord substr $query, $at, 1) {
            push @labels, substr $query, $at + 1, $len;
            $at += 1 + $len;
        }
        my $name = lc join '.', @labels;
        my $type = unpack 'n', substr $query, $at + 1, 2;
        print {$seen} "$type $name\n";
        my $n = $names->{$name};
        next if $n && $n->{mute};
        sleep $n->{wait} if $n && $n->{wait};
        if ($n && $n->{junk}) {
            send $socket, substr($query, 0, 2) . ("\xff" x 40), 0, $from;
            next;
        }
        my $rcode   = $n ? $n->{rcode} || 0 : 3;
        my @records = $rcode ? () : records($names, $name, $type);
        my $answer = substr($query, 0, 2)
            . pack('nnnnn', 0x8180 | $rcode, 1, scalar @records, 0, 0)
            . substr($query, 12, $at + 5 - 12)
            . join '', @records;
        send $socket, $answer, 0, $from;
    }
    return;
}

1;
