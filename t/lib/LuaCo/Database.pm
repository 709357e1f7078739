package LuaCo::Database;

# A database server of the test's own:
#
#     my $db = LuaCo::Database->mariadb(port => port('mariadb'));
#     my $db = LuaCo::Database->postgres(port => port('postgres'));
#
# It listens on 127.0.0.1 and on the socket file $db->unix, keeps its data in a
# temporary folder, and ends with the test.  The user "luaco" has the password
# "secret" (mysql_native_password; md5) and a database "test"; PostgreSQL lets
# "trusted" in without one.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;

use LuaCo::Util qw(free_port slurp spew wait_until);

sub port { return $_[0]{port} }
sub unix { return $_[0]{unix} }

sub new_in {
    my ($class, $name, %opt) = @_;
    my $dir = tempdir("${name}XXXXXX", TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    return bless {
        name  => $name,
        port  => $opt{port} || free_port(),
        dir   => $dir,
        owner => $$,
    }, $class;
}

# A child process that writes to the log; INPUT is a file, or nothing.
sub spawn {
    my ($self, $input, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN, '<', $input // '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command
            or do { require POSIX; POSIX::_exit(127) };
    }
    return $pid;
}

sub run_once {
    my ($self, @command) = @_;
    waitpid $self->spawn(@command), 0;
    return if $? == 0;
    die "$command[1]:\n" . slurp("$self->{dir}/log");
}

# The server; it is there when a client can connect to both sockets.
sub run {
    my ($self, @command) = @_;
    $self->{pid} = $self->spawn(undef, @command);
    return $self if wait_until(
        sub {
            waitpid($self->{pid}, 1) == 0
                or die "$self->{name}:\n" . slurp("$self->{dir}/log");
            return IO::Socket::INET->new(
                PeerAddr => "127.0.0.1:$self->{port}")
                && IO::Socket::UNIX->new(Peer => $self->{unix});
        },
        60
    );
    die "$self->{name} does not answer:\n" . slurp("$self->{dir}/log");
}

sub mariadb {
    my ($class, %opt) = @_;
    my $self = $class->new_in('mariadb', %opt);
    my $dir  = $self->{dir};
    my $sql  = '/usr/share/mysql';
    $self->{unix} = "$dir/socket";
    mkdir "$dir/$_" for qw(data data/mysql);
    # Most of its start is InnoDB's, which nothing here needs.
    my @server = (
        'mariadbd', '--no-defaults', "--datadir=$dir/data",
        '--skip-innodb', '--default-storage-engine=Aria'
    );
    # What mariadb-install-db does, which is in a package with a service.
    spew("$dir/boot.sql",
        join "\n", 'CREATE DATABASE IF NOT EXISTS mysql;', 'USE mysql;',
        map { slurp("$sql/$_.sql") }
            qw(mysql_system_tables mysql_system_tables_data));
    $self->run_once("$dir/boot.sql", @server, '--bootstrap');
    spew("$dir/init.sql", <<'SQL');
CREATE DATABASE test;
CREATE USER 'luaco'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('secret');
GRANT ALL ON test.* TO 'luaco'@'%';
SQL
    return $self->run(
        @server,
        "--port=$self->{port}", '--bind-address=127.0.0.1',
        "--socket=$self->{unix}", "--pid-file=$dir/pid",
        "--init-file=$dir/init.sql", '--skip-name-resolve',
        '--max-allowed-packet=64M'
    );
}

sub postgres {
    my ($class, %opt) = @_;
    my $self = $class->new_in('postgres', %opt);
    my $dir  = $self->{dir};
    my ($bin) = sort { $b cmp $a } glob '/usr/lib/postgresql/*/bin';
    die "no PostgreSQL below /usr/lib/postgresql\n" unless $bin;
    $self->{unix} = "$dir/.s.PGSQL.$self->{port}";
    $self->run_once(undef, "$bin/initdb", '-D', "$dir/data", '-N', '-U',
        'trusted', '-A', 'trust', '-E', 'UTF8', '--locale=C');
    spew("$dir/boot.sql", <<'SQL');
SET password_encryption = 'md5';
CREATE USER luaco PASSWORD 'secret';
CREATE DATABASE test OWNER luaco;
SQL
    $self->run_once("$dir/boot.sql", "$bin/postgres", '--single', '-D',
        "$dir/data", 'postgres');
    spew("$dir/data/pg_hba.conf", <<'HBA');
local all trusted              trust
host  all trusted 127.0.0.1/32 trust
local all all                  md5
host  all all     127.0.0.1/32 md5
HBA
    return $self->run("$bin/postgres", '-D', "$dir/data", '-p', $self->{port},
        '-h', '127.0.0.1', '-k', $dir, '-F');
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    # SIGINT: PostgreSQL's processes would outlive a SIGKILL of their parent.
    kill $self->{name} eq 'postgres' ? 'INT' : 'KILL', $pid;
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
