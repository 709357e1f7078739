package LuaCo::Run;

# The test runner.  A run consists of passes: the unit tests and every .t file
# on one MPM (event unless asked otherwise), then the files tagged "prefork" on
# the prefork MPM.  A pass writes httpd's configuration by Apache::Test, starts
# one server, runs its files one after the other, stops the server and looks
# through the logs.  Whatever a pass has started is gone when it ends.
#
# A test file may carry a line "# tags: WORD..." (" * tags:" in C):
#   prefork           run it on the prefork MPM as well (and on worker, nightly)
#   hardlua           part of `make hardlua`, as all of t/sched is
#   no-asan, no-tsan, no-valgrind   left out there; the file says why
#   slow              its time limit is ten times that of others
#
# Beside t/api/x.t may stand t/api/x.conf, included in the main server of the
# pass that runs x.t, see topic_config().

use strict;
use warnings;

use File::Find ();
use File::Path qw(make_path remove_tree);
use Getopt::Long ();
use IO::Socket::INET;
use List::Util ();
use TAP::Harness;
use TAP::Parser::Aggregator;

use LuaCo::Certs;
use LuaCo::Httpd;
use LuaCo::Sanitizer;
use LuaCo::Util qw(free_port wait_until marked_processes kill_marked
    describe_process seconds slurp spew);

# Seconds that one test file may take.
use constant TIME_LIMIT => 120;

sub new {
    my ($class, @argv) = @_;
    my $self = bless {
        mpm     => 'event',
        variant => $ENV{LUACO_VARIANT} || 'plain',
        passed  => 0,
        failed  => 0,
        faults  => [],
    }, $class;
    local @ARGV = @argv;
    Getopt::Long::GetOptions(
        'mpm=s'     => \$self->{mpm},
        'soak'      => \$self->{soak},
        'shuffle:s' => \$self->{shuffle},
        'verbose'   => \$self->{verbose},
        'only-unit' => \$self->{only_unit},
    ) or die "t/TEST.PL: bad option\n";
    $self->{names} = [@ARGV];
    $self->{tool}  = LuaCo::Sanitizer->new($self->{variant});
    return $self;
}

# ---- which tests ----

sub tags {
    my ($file) = @_;
    return map { $_ => 1 }
        map { split ' ' } slurp($file) =~ m{^(?:#| \*) tags:(.*)$}mg;
}

# Every test below FOLDER: .t files, and .c files of t/unit as their programs.
sub tests_below {
    my ($folder) = @_;
    my @found;
    File::Find::find(
        {   no_chdir => 1,
            wanted   => sub {
                push @found, $_ if /\.t$/ || m{^t/unit/[^/]+\.c$};
            }
        },
        $folder
    );
    return sort @found;
}

# The tests that were asked for, or all but the soaks.
sub all_tests {
    my ($self) = @_;
    my @tests;
    for my $name (@{ $self->{names} }) {
        $name =~ s{/+$}{};
        if (-d $name) {
            push @tests, tests_below($name);
        }
        elsif ($name =~ /\.(?:t|c)$/ && -e $name) {
            push @tests, $name;
        }
        else {
            die "t/TEST.PL: no such test: $name\n";
        }
    }
    if (!@{ $self->{names} }) {
        @tests = grep { !m{^t/soak/} || $self->{soak} } tests_below('t');
        @tests = grep {/\.c$/} @tests if $self->{only_unit};
    }
    # C first: what fails there explains what fails later.
    my @unit = grep {/\.c$/} @tests;
    my @perl = grep {/\.t$/} @tests;
    if (defined $self->{shuffle}) {
        my $seed = $self->{shuffle} || time;
        print "order by seed $seed\n";
        srand $seed;
        @perl = List::Util::shuffle(@perl);
    }
    return (\@unit, \@perl);
}

# What this variant of the build leaves out.
sub fits_variant {
    my ($self, $file) = @_;
    my %tag     = tags($file);
    my $variant = $self->{variant};
    return $tag{onebyte} if $variant eq 'onebyte';
    return !$tag{"no-$variant"} if $variant ne 'hard' || $file =~ /\.c$/;
    return $tag{hardlua} || $file =~ m{^t/sched/};
}

# A list of [MPM, files...].
sub passes {
    my ($self) = @_;
    my ($unit, $perl) = $self->all_tests;
    # A file that is named itself is run, whatever its tags say.
    my %named = map { $_ => 1 } @{ $self->{names} };
    my @unit  = grep { $named{$_} || $self->fits_variant($_) } @$unit;
    my @perl  = grep { $named{$_} || $self->fits_variant($_) } @$perl;
    my @anywhere = grep { my %tag = tags($_); $tag{prefork} } @perl;
    if ($self->{mpm} ne 'event') {
        my %tagged = map { $_ => 1 } @anywhere;
        return [$self->{mpm}, grep { $named{$_} || $tagged{$_} } @perl];
    }
    my @passes = ([event => @unit, @perl]);
    push @passes, [prefork => @anywhere]
        if @anywhere && $self->{variant} !~ /^(?:hard|valgrind)$/;
    return @passes;
}

# The logs of an earlier pass of this run stay under its name.
sub make_log_folders {
    my ($self, $mpm) = @_;
    rename 't/logs', "t/logs.$self->{last_mpm}" if $self->{last_mpm};
    $self->{last_mpm} = $mpm;
    remove_tree('t/logs', 't/state');
    make_path('t/logs/conf', 't/logs/san');
    return;
}

# ---- configuration ----

# t/api/x.conf beside t/api/x.t, with these words replaced; line numbers stay.
#   @ServerRoot@ (t)  @DocumentRoot@ (t/htdocs)  @LogDir@ (t/logs)
#   @Dir@ (the folder of the .conf)  @Port@  @SSLPort@
#   @Port_NAME@   a free port, for the test: LuaCo::Test::port('NAME')
sub topic_config {
    my ($self, $vars, $file) = @_;
    my $text = slurp($file);
    (my $dir = $file) =~ s{/[^/]+$}{};
    my %word = (
        ServerRoot   => "$vars->{top}/t",
        DocumentRoot => "$vars->{top}/t/htdocs",
        LogDir       => "$vars->{top}/t/logs",
        Dir          => "$vars->{top}/$dir",
        Port         => $vars->{port},
        SSLPort      => $vars->{sslport},
    );
    my $words = join '|', keys %word;
    $text =~ s/\@($words)\@/$word{$1}/g;
    $text =~ s/\@Port_(\w+)\@/$vars->{"port_\L$1"} ||= free_port()/ge;
    (my $copy = $file) =~ s{^t/}{t/logs/conf/};
    (my $copydir = $copy) =~ s{/[^/]+$}{};
    make_path($copydir);
    spew($copy, $text);
    return qq(Include "$vars->{top}/$copy"\n);
}

# Writes t/conf/httpd.conf and what it includes for this pass, and
# t/conf/apache_test_config.pm, by which the tests find the server.
sub configure {
    my ($self, $mpm, @files) = @_;
    unlink 't/conf/apache_test_config.pm';
    my $top = LuaCo::Httpd::top();
    my %vars = (
        top     => $top,
        port    => free_port(),
        sslport => free_port(),
        luaco   => LuaCo::Httpd::module(),
        mpm     => $mpm,
    );
    my $topics = '';
    for my $file (@files) {
        (my $conf = $file) =~ s/\.t$/.conf/ or next;
        $topics .= $self->topic_config(\%vars, $conf) if -e $conf;
    }
    spew('t/logs/conf/topics.conf',
        LuaCo::Httpd::common_config() . $topics);
    spew('t/logs/conf/modules.conf', LuaCo::Httpd::load_modules($mpm, 'cgid'));
    LuaCo::Httpd::make_certificates("$top/t/logs/ssl");
    LuaCo::Certs::make("$top/t/logs/peers");

    $self->{port} = $vars{port};
    delete $vars{top};
    # In a process of its own: Apache::Test remembers the pass before.
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        my $good = eval { write_config($top, %vars); 1 };
        print STDERR $@ unless $good;
        require POSIX;
        POSIX::_exit($good ? 0 : 1);
    }
    waitpid $pid, 0;
    die "Apache::Test could not write the configuration\n" if $?;
    return;
}

sub write_config {
    my ($top, %vars) = @_;
    require Apache::TestConfig;
    require Apache::TestTrace;
    # It reports each file that it writes.
    no warnings 'once';
    $Apache::TestTrace::Level = 'error';
    my $config = Apache::TestConfig->new(
        {   %vars,
            httpd      => LuaCo::Httpd::binary(),
            httpd_conf => "$top/t/logs/conf/modules.conf",
            servername => '127.0.0.1',
            t_conf     => "$top/t/conf",
            save       => 1,
        }
    );
    $config->httpd_config;
    $config->generate_httpd_conf;
    $config->save;
    return;
}

# ---- server ----

sub start_server {
    my ($self, $mpm) = @_;
    my $top     = LuaCo::Httpd::top();
    my @command = LuaCo::Httpd::command(
        '-d', "$top/t", '-f', "$top/t/conf/httpd.conf", '-DFOREGROUND'
    );
    my $log = 't/logs/start_log';
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        # A group of its own: an interrupt at the terminal is ours to handle.
        setpgrp;
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', $log;
        open STDERR, '>&', \*STDOUT;
        exec @command or die "$command[0]: $!\n";
    }
    $self->{server} = $pid;
    my $gone;
    my $up = wait_until(
        sub {
            if (waitpid($pid, 1) == $pid) {
                $gone = 1;
                return 1;
            }
            return IO::Socket::INET->new(
                PeerAddr => '127.0.0.1',
                PeerPort => $self->{port},
            );
        },
        30
    );
    return 1 if $up && !$gone;
    delete $self->{server} if $gone;
    $self->stop_server;
    my $why = slurp($log);
    $why .= slurp('t/logs/error_log') if -e 't/logs/error_log';
    print $why;
    $self->fault("httpd ($mpm) does not start");
    return 0;
}

sub stop_server {
    my ($self) = @_;
    my $pid = delete $self->{server} or return;
    kill TERM => $pid;
    my $gone = wait_until(sub { waitpid($pid, 1) != 0 }, 15);
    return if $gone;
    kill KILL => -$pid;
    waitpid $pid, 0;
    $self->fault('httpd did not end within 15 seconds of SIGTERM');
    return;
}

# ---- what went wrong beside the tests ----

sub fault {
    my ($self, $text) = @_;
    push @{ $self->{faults} }, $text;
    return;
}

# Every error log of the pass, those of private servers too.
sub error_logs {
    my @logs;
    return unless -d 't/logs';
    File::Find::find(
        {   no_chdir => 1,
            wanted   => sub { push @logs, $_ if m{/(?:error|start)_log$} }
        },
        't/logs'
    );
    return sort @logs;
}

sub look_through_logs {
    my ($self) = @_;
    for my $log (error_logs()) {
        open my $fh, '<', $log or next;
        while (<$fh>) {
            # A test that wants a child to die uses SIGKILL.
            if (/exit signal (?!Killed)\w+|core dump|\bPANIC\b|LCO_ASSERT/) {
                chomp;
                $self->fault("$log: $_");
            }
            if (/\b(?:Address|Thread|Leak|UndefinedBehavior)Sanitizer\b/
                || /:\d+:\d+: runtime error: /) {
                chomp;
                $self->fault("$log: $_");
            }
        }
    }
    $self->fault($_) for $self->{tool}->read_reports('t/logs/san');
    return;
}

# ---- one pass ----

sub harness {
    my ($self, $mpm) = @_;
    my $timeout = sub {
        my ($file) = @_;
        my %tag = tags($file);
        return seconds(TIME_LIMIT) * ($tag{slow} ? 10 : 1);
    };
    return TAP::Harness->new(
        {   verbosity => $self->{verbose} ? 1 : 0,
            timer     => 1,
            color     => -t STDOUT ? 1 : 0,
            exec      => sub {
                my (undef, $file) = @_;
                my @limit = ('timeout', '-k', '5', $timeout->($file));
                if ($file =~ m{([^/]+)\.c$}) {
                    return [
                        @limit,
                        $self->{tool}->unit_prefix,
                        LuaCo::Httpd::out() . "/unit/$1"
                    ];
                }
                return [@limit, $^X, '-It/lib', $file];
            },
        }
    );
}

sub run_pass {
    my ($self, $aggregate, $mpm, @files) = @_;
    return unless @files;
    my @perl = grep {/\.t$/} @files;
    local $ENV{LUACO_MPM} = $mpm;
    print "\n== $mpm", $self->{variant} eq 'plain' ? '' : ", $self->{variant}",
        "\n";
    $self->make_log_folders($mpm);
    $self->configure($mpm, @perl) if @perl;
    # Unlike that of any other run on this machine, in whatever container.
    my $mark = join '.', $$, ++$self->{pass_number}, $^T, int rand 1e9;
    local $ENV{LUACO_RUN} = $mark;
    $self->{mark} = $mark;
    local $ENV{LUACO_HTTPD_PREFIX} = $self->{tool}->httpd_prefix;
    if (@perl && !$self->start_server($mpm)) {
        kill_marked($mark);
        $self->look_through_logs;
        return;
    }
    $self->harness($mpm)
        ->aggregate_tests($aggregate, map { [$_, "$mpm: $_"] } @files);
    my @left = grep { $_ != ($self->{server} || 0) } $self->strays;
    $self->stop_server;
    $self->fault("left running by a test: $_")
        for map { describe_process($_) } @left;
    kill_marked($mark);
    $self->look_through_logs;
    return;
}

# Processes of this pass that are not the server or its children.
sub strays {
    my ($self) = @_;
    my $server = $self->{server} || 0;
    my @left;
    for my $pid (marked_processes($self->{mark})) {
        my $stat = eval { slurp("/proc/$pid/stat") } or next;
        my ($state, undef, $group) = $stat =~ /\) (\S) (\d+) (\d+)/;
        next if !defined $group || $group == $server || $state eq 'Z';
        push @left, $pid;
    }
    return @left;
}

sub run {
    my ($self) = @_;
    chdir LuaCo::Httpd::top();
    # Nothing of the caller's setting may decide where requests go.
    delete @ENV{ grep {/_proxy$|^APACHE_|^HARNESS_|^PERL5LIB$/i} keys %ENV };
    $ENV{LC_ALL} = 'C';
    # Without it libc forgets the zone's name and learns it again at each
    # strftime(), under a lock that the thread sanitizer does not know.
    $ENV{TZ} ||= 'UTC';
    $ENV{PERL_USE_UNSAFE_INC} = 0;
    # Tests with something random in them start from it, see t/README.md.
    $ENV{LUACO_SEED} ||= 1;
    # CI runs two of us at a time.
    $ENV{LUACO_SLOW} ||= $self->{tool}->slowness * ($ENV{CI} ? 3 : 1);
    $| = 1;
    remove_tree(glob 't/logs.*');

    my $interrupted = sub {
        my ($signal) = @_;
        $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
        print "\ninterrupted\n";
        kill KILL => -$self->{server} if $self->{server};
        kill_marked($self->{mark}) if $self->{mark};
        exit 130;
    };
    local @SIG{qw(INT TERM HUP)} = ($interrupted) x 3;

    my $aggregate = TAP::Parser::Aggregator->new;
    $aggregate->start;
    my $harness = $self->harness($self->{mpm});
    my $ran = 0;
    for my $pass ($self->passes) {
        my ($mpm, @files) = @$pass;
        $ran += @files;
        $self->run_pass($aggregate, $mpm, @files);
    }
    $aggregate->stop;
    return $self->conclude($aggregate, $harness, $ran);
}

# The closing lines: what failed, then "N passed, N failed".
sub conclude {
    my ($self, $aggregate, $harness, $ran) = @_;
    if ($ran) {
        $harness->formatter->prepare($aggregate->descriptions);
        $harness->summary($aggregate);
    }
    else {
        $self->fault('no test was run');
    }
    if ($ran && !@{ $self->{names} } && !$self->{only_unit}) {
        $self->fault($_) for $self->{tool}->unused;
    }
    my @faults = @{ $self->{faults} };
    print "\nBeside the tests:\n", map {"  $_\n"} @faults if @faults;
    my $passed = $aggregate->passed;
    # A file that ended early or by a signal failed, whatever it printed.
    my $failed = $aggregate->failed + @faults;
    for my $parser ($aggregate->parsers) {
        $failed++ if $parser->has_problems && !$parser->failed;
    }
    print "$passed passed, $failed failed\n";
    return $failed ? 1 : 0;
}

1;
