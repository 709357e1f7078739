# tags: prefork hardlua onebyte
# Cosockets and a real memcached, over TCP and UDP.

use LuaCo::Test;

use IO::Socket::INET;
use LuaCo::Util qw(wait_until);

my $port = port('memcached');
my @user = $> ? () : (-u => 'nobody');
my $pid  = fork // die "fork: $!\n";
if (!$pid) {
    open STDIN, '<', '/dev/null';
    exec { 'memcached' } 'memcached', -l => '127.0.0.1', -p => $port,
        -U => $port, -t => 1, @user
        or do { require POSIX; POSIX::_exit(127) };
}
END { local $?; kill KILL => $pid if $pid; waitpid $pid, 0 if $pid }
ok wait_until(sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") }),
    'memcached is there';

requests(
    {   name => 'over TCP',
        get  => '/api/sock_memcached/tcp',
        body => "STORED\nVALUE dog 32 10\ntrue\nEND\nnil\ntrue\n"
            . "CLIENT_ERROR cannot increment or decrement non-numeric value\n"
            . "DELETED\nEND\nERROR\n100\n1\n",
    },
    {   name => 'over UDP',
        get  => '/api/sock_memcached/udp',
        body => "STORED\r\n20\n",
    },
);

done_testing;
