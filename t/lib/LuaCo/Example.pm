package LuaCo::Example;

# The example site as `make run` starts it: build/run-example in a process of
# its own, whose output is kept.
#
#     my $site = LuaCo::Example->start;         # or start(port => N)
#     get('/hello', port => $site->port);
#     $site->stop('INT');                       # its wait status
#
# What was read from its first lines: urls() (paths), port().  tree() lists its
# process and all below it, folder() is where it keeps its files.

use strict;
use warnings;

use File::Path qw(make_path);

use LuaCo::Httpd;
use LuaCo::Util qw(free_port slurp wait_until);

my $number = 0;

sub start {
    my ($class, %opt) = @_;
    my $top    = LuaCo::Httpd::top();
    my $folder = "$top/t/logs/example$$." . ++$number;
    make_path($folder);
    # By this name the runner looks through it for what must not be there.
    my $output = "$folder/start_log";
    my $port   = $opt{port} || free_port();
    my $pid    = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>',  $output;
        open STDERR, '>&', \*STDOUT;
        exec $^X, "$top/build/run-example", $port or print "perl: $!\n";
        require POSIX;
        POSIX::_exit(127);
    }
    my $self = bless { pid => $pid, output => $output, owner => $$ }, $class;
    my $gone;
    wait_until(
        sub {
            return 1 if $self->text =~ m{^  http://\S+/server-status\b}m;
            return $gone = waitpid($pid, 1) == $pid;
        },
        40
    );
    if ($gone || $self->text !~ m{^  http://127\.0\.0\.1:(\d+)/ }m) {
        delete $self->{pid} if $gone;
        die "the example site does not start:\n" . $self->text;
    }
    $self->{port} = $1;
    $self->{urls} = [$self->text =~ m{^  http://127\.0\.0\.1:$1(/\S*)}mg];
    return $self;
}

sub pid  { return $_[0]{pid} }
sub port { return $_[0]{port} }
sub urls { return @{ $_[0]{urls} } }

# What it has printed until now, the error log of its httpd included.
sub text {
    my ($self) = @_;
    return -e $self->{output} ? slurp($self->{output}) : '';
}

sub tree {
    my ($self) = @_;
    my @tree = ($self->{pid});
    my @look = @tree;
    while (defined(my $pid = shift @look)) {
        # A process that is gone has no children.
        my $below = eval { slurp("/proc/$pid/task/$pid/children") } // '';
        push @look, split ' ', $below;
        push @tree, split ' ', $below;
    }
    return @tree;
}

sub folder {
    my ($self) = @_;
    for my $pid ($self->tree) {
        my $command = eval { slurp("/proc/$pid/cmdline") } // '';
        return $1 if $command =~ m{\0-f\0(/[^\0]*)/httpd\.conf\0};
    }
    die "no httpd below build/run-example\n";
}

# Sends SIGNAL as a terminal does, to build/run-example alone: httpd is in a
# group of its own.  Its wait status, or undef.
sub stop {
    my ($self, $signal) = @_;
    my $pid = $self->{pid} or return undef;
    kill $signal => $pid;
    my $status;
    wait_until(
        sub {
            return 0 unless waitpid($pid, 1) == $pid;
            $status = $?;
            return 1;
        },
        30
    );
    delete $self->{pid} if defined $status;
    return $status;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@);
    $self->stop('TERM');
    return;
}

1;
