package LuaCo::Load;

# Requests without end from several clients, in a process of its own, while
# the test does something to the server:
#
#     my $load = LuaCo::Load->start(port => $port, uri => '/x', clients => 4);
#     ...
#     ok $load->wait_done(100);
#     my $sum = $load->stop;       # { done => N, failed => N, why => TEXT,
#                                  #   dropped => N }
#
# Each client keeps its connection as long as the server does and makes a new
# one then.  A request fails that gets no whole answer, or one that is not
# expected (status => 200, body => REGEX), except on a kept connection that is
# closed before the first byte of an answer: HTTP lets a server do that.
#
# With log => FILE, the server's access log, each URI gets an id, and what the
# server closed without an answer counts as dropped, not as failed, when no line
# of the log has that id.  On a graceful stop the event MPM's idle workers exit
# while connection_count is below their number, and workers count a connection
# only when they begin with it: what the listener had accepted and put into the
# queue a moment before is closed unread (worker_thread_should_exit_early()).

use strict;
use warnings;

use LuaCo::Raw;
use LuaCo::Util qw(slurp wait_until);

sub start {
    my ($class, %opt) = @_;
    $opt{clients} ||= 4;
    $opt{status}  ||= 200;
    my @parts;
    for (1 .. $opt{clients}) {
        pipe my $read, my $write or die "pipe: $!\n";
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            close $read;
            $write->autoflush(1);
            eval { client(\%opt, $write) };
            require POSIX;
            POSIX::_exit(0);
        }
        close $write;
        $read->blocking(0);
        push @parts, { pid => $pid, read => $read, told => '' };
    }
    return bless { parts => \@parts, owner => $$, log => $opt{log} }, $class;
}

sub client {
    my ($opt, $tell) = @_;
    my ($ending, $n) = (0, 0);
    $SIG{TERM} = sub { $ending = 1 };
    my $parent = getppid;
    my $c;
    while (!$ending && getppid == $parent) {
        my $kept = $c ? 1 : 0;
        my $uri  = $opt->{uri};
        my $id   = "$$." . ++$n;
        $uri .= ($uri =~ /\?/ ? '&' : '?') . "id=$id" if $opt->{log};
        my $good = eval {
            $c ||= LuaCo::Raw->connect(
                port => $opt->{port},
                tls  => $opt->{tls}
            );
            $c->request('GET', $uri,
                headers => $opt->{headers} || []);
            my $r = $c->response;
            die 'status ' . $r->status . "\n"
                if $r->status != $opt->{status};
            die "body\n" if $opt->{body} && $r->body !~ $opt->{body};
            my $end = $r->{to_close}
                || lc($r->header('connection') // '') eq 'close';
            if ($end) {
                $c->close;
                undef $c;
            }
            1;
        };
        if ($good) {
            print {$tell} "+\n";
            next;
        }
        my $why = $@;
        undef $c;
        next if $kept && $why =~ /there was ""$|^send after 0 bytes/;
        # stop()'s signal came while it connected.
        last if $ending && $why =~ /^connect .*Interrupted system call/;
        $why =~ s/\n/ /g;
        my $closed = $why =~ /there was "" $/;
        print {$tell} $opt->{log} && $closed ? "?$id $why\n" : "-$why\n";
    }
    return;
}

sub read_all {
    my ($self) = @_;
    for my $part (@{ $self->{parts} }) {
        while (sysread $part->{read}, my $piece, 65536) {
            $part->{told} .= $piece;
        }
    }
    return join '', map { $_->{told} } @{ $self->{parts} };
}

# Requests answered until now.
sub done {
    my ($self) = @_;
    return scalar(() = $self->read_all =~ /^\+$/mg);
}

sub wait_done {
    my ($self, $n, $limit) = @_;
    return wait_until(sub { $self->done >= $n }, $limit);
}

# Lets the clients end their last requests; the sum of all.
sub stop {
    my ($self) = @_;
    for my $part (@{ $self->{parts} }) {
        kill TERM => $part->{pid};
    }
    for my $part (@{ $self->{parts} }) {
        $part->{read}->blocking(1);
        $self->read_all;
        waitpid delete $part->{pid}, 0;
    }
    my $told = $self->read_all;
    my @why  = $told =~ /^-(.*)$/mg;
    my %closed = $told =~ /^\?(\S+) (.*)$/mg;
    if (%closed) {
        # A request whose connection was closed has had its line.
        my %logged = map { $_ => 1 }
            slurp($self->{log}) =~ m{ \S*[?&]id=([\d.]+) HTTP/}g;
        push @why, map { $closed{$_} } grep { $logged{$_} } keys %closed;
        delete @closed{ keys %logged };
    }
    my %count;
    $count{$_}++ for @why;
    return {
        done   => $self->done,
        failed => scalar @why,
        dropped => scalar keys %closed,
        why    => join '; ', map {"$count{$_} x $_"} sort keys %count
    };
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@);
    for my $part (grep { $_->{pid} } @{ $self->{parts} }) {
        kill KILL => $part->{pid};
        waitpid $part->{pid}, 0;
    }
    return;
}

1;
