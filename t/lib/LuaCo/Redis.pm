package LuaCo::Redis;

# A redis-server of the test's own:
#
#     my $redis = LuaCo::Redis->start(port => port('redis'));
#     $redis->stop; $redis->run;      on the same port
#
# It listens on 127.0.0.1 and on the socket file $redis->unix, keeps nothing,
# and ends with the test.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;

use LuaCo::Util qw(free_port slurp wait_until);

sub start {
    my ($class, %opt) = @_;
    my $self = bless {
        port  => $opt{port} || free_port(),
        dir   => tempdir('redisXXXXXX', TMPDIR => 1, CLEANUP => 1),
        owner => $$,
    }, $class;
    chmod 0755, $self->{dir};
    $self->run;
    return $self;
}

sub port { return $_[0]{port} }
sub unix { return "$_[0]{dir}/redis.sock" }

sub run {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', "$dir/log";
        open STDERR, '>&', \*STDOUT;
        exec { 'redis-server' } 'redis-server', '--port', $self->{port}, '--bind', '127.0.0.1',
            '--unixsocket', $self->unix, '--unixsocketperm', '777',
            '--dir', $dir, '--save', '', '--appendonly', 'no',
            '--daemonize', 'no'
            or do { require POSIX; POSIX::_exit(127) };
    }
    $self->{pid} = $pid;
    wait_until(
        sub {
            IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}");
        }
    ) or die "redis-server does not answer:\n" . slurp("$dir/log");
    return;
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
    $self->stop if $self->{owner} == $$;
    return;
}

1;
