package LuaCo::Server;

# An httpd of a test's own: any MPM, any configuration, start errors, restarts.
# It lives in a folder below t/logs, listens on 127.0.0.1 and ends with the
# test, whatever way that goes.
#
#     my $s = LuaCo::Server->new(mpm => 'prefork', conf => <<'CONF');
#     <Location /x>
#     ...
#     CONF
#     $s->start;                                # dies if it does not start
#     $s->raw->get('/x')->status;
#     ok $s->wait_for_log(qr/.../);
#     $s->graceful;
#
# In the configuration these words are replaced: @Port@ @SSLPort@ @Root@ (its
# folder) @DocumentRoot@ @LogDir@ @Port_NAME@ (a free port, ->port_of('NAME')).
# It is a file of its own, test.conf, so that line numbers in messages count
# from its first line.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Path qw(make_path);
use IO::Socket::INET;

use LuaCo::Httpd;
use LuaCo::Log;
use LuaCo::Raw;
use LuaCo::Util qw(free_port seconds slurp spew wait_until);

my $number = 0;
my %running;

# new(conf => TEXT, mpm => 'event',
#     threads => 8, children => 1,          of event and worker
#     workers => 8,                         of prefork
#     factor => 64,                         AsyncRequestWorkerFactor
#     luaco => 1,                           load our module
#     modules => ['cgid'],                  more than LuaCo::Httpd names
#     ssl => 0,                             a TLS host on @SSLPort@
#     files => { 'htdocs/a.lua' => TEXT },  below @Root@
#     pre => TEXT,                          before everything else
#     env => { NAME => VALUE },
#     preload => ['clock'])                 libraries of t/preload
sub new {
    my ($class, %opt) = @_;
    my $self = bless {
        mpm      => $ENV{LUACO_MPM} || 'event',
        threads  => 8,
        children => 1,
        workers  => 8,
        factor   => 64,
        luaco    => 1,
        conf     => '',
        pre      => '',
        env      => {},
        modules  => [],
        preload  => [],
        %opt,
        owner => $$,
        ports => {},
    }, $class;
    my $top = LuaCo::Httpd::top();
    $self->{root} = "$top/t/logs/s$$." . ++$number;
    make_path("$self->{root}/logs", "$self->{root}/htdocs");
    $self->{log} = LuaCo::Log->new("$self->{root}/logs/error_log");
    LuaCo::Httpd::make_certificates("$top/t/logs/ssl");
    $self->{ssl_files} = "$top/t/logs/ssl";
    $self->write('mime.types', "text/html html\ntext/plain txt\n");
    $self->write($_, $opt{files}{$_}) for keys %{ $opt{files} || {} };
    $self->pick_ports;
    return $self;
}

sub root     { return $_[0]{root} }
sub port     { return $_[0]{port} }
sub ssl_port { return $_[0]{ssl_port} }
sub log      { return $_[0]{log} }

sub url {
    my ($self, $path) = @_;
    return "http://127.0.0.1:$self->{port}" . ($path // '/');
}

sub port_of {
    my ($self, $name) = @_;
    return $self->{ports}{ lc $name } ||= free_port();
}

# A file below root(); folders come by themselves.
sub write {
    my ($self, $name, $text) = @_;
    my $path = "$self->{root}/$name";
    (my $dir = $path) =~ s{/[^/]+$}{};
    make_path($dir);
    spew($path, $text);
    return $path;
}

# A raw connection to it: raw(tls => 1), see LuaCo::Raw->connect.
sub raw {
    my ($self, %opt) = @_;
    return LuaCo::Raw->connect(
        port => $opt{tls} ? $self->{ssl_port} : $self->{port},
        %opt
    );
}

# Requests without end to URI while it does something else: LuaCo::Load.
sub load {
    my ($self, $uri, %opt) = @_;
    require LuaCo::Load;
    return LuaCo::Load->start(
        port => $self->{port},
        uri  => $uri,
        log  => $self->root . '/logs/access_log',
        %opt
    );
}

# ---- configuration ----

sub pick_ports {
    my ($self) = @_;
    $self->{port}     = free_port();
    $self->{ssl_port} = free_port();
    return;
}

sub replace_words {
    my ($self, $text) = @_;
    my %word = (
        Port         => $self->{port},
        SSLPort      => $self->{ssl_port},
        Root         => $self->{root},
        DocumentRoot => "$self->{root}/htdocs",
        LogDir       => "$self->{root}/logs",
    );
    my $words = join '|', keys %word;
    $text =~ s/\@($words)\@/$word{$1}/g;
    $text =~ s/\@Port_(\w+)\@/$self->port_of($1)/ge;
    return $text;
}

# Another configuration, for the next start or restart.
sub set_conf {
    my ($self, $conf) = @_;
    $self->{conf} = $conf;
    $self->write_config;
    return $self;
}

sub write_config {
    my ($self) = @_;
    my $modules
        = LuaCo::Httpd::load_modules($self->{mpm}, @{ $self->{modules} });
    my $luaco
        = $self->{luaco}
        ? 'LoadModule luaco_module "' . LuaCo::Httpd::module() . qq("\n)
        : '';
    my $all = $self->{threads} * $self->{children};
    # Children that end in good order keep their slots meanwhile.
    my $slots = $self->{children} + 4;
    my $level = $self->{luaco} ? 'notice luaco:info' : 'notice';
    my $mpm = $self->{mpm} eq 'prefork'
        ? <<"PREFORK"
StartServers $self->{workers}
MinSpareServers 1
MaxSpareServers $self->{workers}
ServerLimit $self->{workers}
MaxRequestWorkers $self->{workers}
PREFORK
        : <<"THREADED";
ServerLimit $slots
StartServers $self->{children}
ThreadLimit $self->{threads}
ThreadsPerChild $self->{threads}
MaxRequestWorkers $all
MinSpareThreads 1
MaxSpareThreads $all
THREADED
    $mpm .= "AsyncRequestWorkerFactor $self->{factor}\n"
        if $self->{mpm} eq 'event';
    my $ssl = $self->{ssl} ? <<'SSL' : '';
Listen 127.0.0.1:@SSLPort@
<VirtualHost 127.0.0.1:@SSLPort@>
    ServerName localhost
    SSLEngine On
    SSLCertificateFile "@Certs@/server.crt"
    SSLCertificateKeyFile "@Certs@/server.key"
</VirtualHost>
SSL
    $ssl =~ s/\@Certs\@/$self->{ssl_files}/g;
    my $common = LuaCo::Httpd::common_config();
    $self->write('httpd.conf', $self->replace_words(<<"CONF"));
$self->{pre}
$common
$modules$luaco$mpm
ServerRoot "\@Root\@"
ServerName localhost
Listen 127.0.0.1:\@Port\@
PidFile "\@LogDir\@/httpd.pid"
DefaultRuntimeDir "\@LogDir\@"
TypesConfig "\@Root\@/mime.types"
<IfModule cgid_module>
    ScriptSock "\@LogDir\@/cgisock"
</IfModule>
ErrorLog "\@LogDir\@/error_log"
LogLevel $level
LogFormat "%h %l %u %t \\"%r\\" %>s %b"
CustomLog "\@LogDir\@/access_log" "%h %l %u %t \\"%r\\" %>s %b"
DocumentRoot "\@DocumentRoot\@"
Timeout 60
KeepAliveTimeout 5
ExtendedStatus On
<Directory "\@DocumentRoot\@">
    Require all granted
</Directory>
<Location /server-status>
    SetHandler server-status
</Location>
$ssl
Include "\@Root\@/test.conf"
CONF
    $self->write('test.conf', $self->replace_words($self->{conf}));
    return;
}

sub command {
    my ($self, @more) = @_;
    my @command = LuaCo::Httpd::command('-d', $self->{root}, '-f',
        "$self->{root}/httpd.conf", @more);
    return LuaCo::Httpd::preload($self->{preload}, @command);
}

# `httpd -t`: (succeeded, what it printed).
sub configtest {
    my ($self) = @_;
    $self->write_config;
    my $output = "$self->{root}/logs/configtest";
    my $pid    = $self->spawn($output, '-t');
    waitpid $pid, 0;
    return ($? == 0, slurp($output));
}

sub spawn {
    my ($self, $output, @args) = @_;
    my @command = $self->command(@args);
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    # A group of its own, to be killed with all its children.
    setpgrp;
    @ENV{ keys %{ $self->{env} } } = values %{ $self->{env} };
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>>', $output;
    open STDERR, '>&', \*STDOUT;
    exec @command or print "$command[0]: $!\n";
    require POSIX;
    POSIX::_exit(127);
}

# ---- life ----

# Starts it and waits until it accepts connections.  Returns 1, or 0 when httpd
# gave up: start_error() is what it said then.
sub try_start {
    my ($self) = @_;
    for my $attempt (1 .. 3) {
        $self->write_config;
        $self->{start_log} = "$self->{root}/logs/start_log";
        unlink $self->{start_log};
        $self->{log}->mark;
        my $pid = $self->spawn($self->{start_log}, '-DFOREGROUND');
        $self->{pid} = $pid;
        $running{$self} = [$pid, $$];
        my $gone;
        my $up = wait_until(
            sub {
                if (waitpid($pid, 1) == $pid) {
                    $gone = 1;
                    return 1;
                }
                # Not before the parent is through with the configuration.
                return -s "$self->{root}/logs/httpd.pid"
                    && $self->children
                    && IO::Socket::INET->new(
                    PeerAddr => '127.0.0.1',
                    PeerPort => $self->{port},
                    );
            },
            30
        );
        return 1 if $up && !$gone;
        $self->forget if $gone;
        $self->kill_hard unless $gone;
        # Somebody took the port meanwhile: with others, again.
        last if $self->start_error !~ /Address already in use/;
        $self->pick_ports;
    }
    return 0;
}

sub start {
    my ($self) = @_;
    $self->try_start
        or die "httpd does not start:\n" . $self->start_error . "\n";
    return $self;
}

# What httpd printed and logged at its last start.
sub start_error {
    my ($self) = @_;
    my $printed = -e $self->{start_log} ? slurp($self->{start_log}) : '';
    return $printed . $self->{log}->text;
}

sub pid { return $_[0]{pid} }

sub is_running {
    my ($self) = @_;
    my $pid = $self->{pid} or return 0;
    if (waitpid($pid, 1) == $pid) {
        $self->{exit_status} = $?;
        $self->forget;
        return 0;
    }
    return 1;
}

# Process ids of its children (mod_cgid's daemon is one of them, if loaded).
sub children {
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    my $list = eval { slurp("/proc/$pid/task/$pid/children") } // '';
    my @pids = sort { $a <=> $b } split ' ', $list;
    return @pids;
}

sub signal {
    my ($self, $signal) = @_;
    kill $signal => $self->{pid} if $self->{pid};
    return $self;
}

# graceful(): USR1, restart(): HUP.  Both wait until the new generation is
# ready, which is when the parent says so in the log.
sub graceful { return $_[0]->again('USR1', $_[1]) }
sub restart  { return $_[0]->again('HUP',  $_[1]) }

sub again {
    my ($self, $signal, $limit) = @_;
    my $ready = qr/resuming normal operations/;
    my $log   = LuaCo::Log->new($self->{log}->file);
    $self->write_config;
    $self->signal($signal);
    $log->wait_for($ready, limit => $limit // 30)
        or die "no restart after SIG$signal:\n" . $log->text;
    return $self;
}

# Lets running requests end: SIGWINCH.  Does not wait: see wait_exit().
sub graceful_stop {
    my ($self) = @_;
    return $self->signal('WINCH');
}

# Waits until it has ended by itself; its exit status, or undef.
sub wait_exit {
    my ($self, $limit) = @_;
    wait_until(sub { !$self->is_running }, $limit // 30) or return undef;
    return $self->{exit_status};
}

# SIGTERM, and SIGKILL when that does not help: returns false then.
sub stop {
    my ($self, $limit) = @_;
    return 1 unless $self->is_running;
    # httpd's hard stop closes, in another thread, the very sockets that its
    # workers close (close_worker_sockets in event.c), and may crash over it:
    # they get a moment for what the test has just ended.
    select undef, undef, undef, 0.05;
    $self->signal('TERM');
    my $status = $self->wait_exit($limit // 15);
    return 1 if defined $status;
    $self->kill_hard;
    return 0;
}

sub kill_hard {
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    kill KILL => -$pid;
    waitpid $pid, 0;
    $self->forget;
    return;
}

sub forget {
    my ($self) = @_;
    delete $self->{pid};
    delete $running{$self};
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    $self->kill_hard if $self->{owner} == $$;
    return;
}

END {
    local $?;
    for my $entry (values %running) {
        my ($pid, $owner) = @$entry;
        kill KILL => -$pid if $owner == $$;
    }
}
# A test that is told to end runs its END blocks.
for my $signal (qw(INT TERM HUP)) {
    $SIG{$signal} ||= sub { exit 130 };
}

# ---- looking at it ----

sub wait_for_log {
    my ($self, @args) = @_;
    return $self->{log}->wait_for(@args);
}

# mod_status by /server-status?auto, as a hash: BusyWorkers, Scoreboard, ...
# The request itself keeps one worker busy.
sub status {
    my ($self) = @_;
    return parse_status($self->{port});
}

sub parse_status {
    my ($port) = @_;
    my $c = LuaCo::Raw->connect(port => $port);
    $c->request('GET', '/server-status?auto',
        headers => [Connection => 'close']);
    my $text = $c->response->body;
    $c->close;
    return { $text =~ /^([^:\n]+): (.*)$/mg };
}

1;
