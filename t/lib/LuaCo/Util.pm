package LuaCo::Util;

# What the runner and the tools of the tests share: free ports, time limits,
# processes that a run has left.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(free_port seconds wait_until marked_processes
    kill_marked describe_process slurp spew);

my %given;

# A TCP port of 127.0.0.1 that nobody listens on, never the same one twice.
# Below the range that the kernel takes for outgoing connections, so that none
# of them sits on it when the server starts.
sub free_port {
    for (1 .. 500) {
        my $port = 20000 + int rand 12000;
        next if $given{$port};
        my $probe = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $port,
            Proto     => 'tcp',
            Listen    => 1,
            ReuseAddr => 1,
        ) or next;
        close $probe;
        $given{$port} = 1;
        return $port;
    }
    die "no free port found\n";
}

# A limit for waiting, longer where the server is slow (sanitizers, valgrind).
sub seconds {
    my ($n) = @_;
    return $n * ($ENV{LUACO_SLOW} || 1);
}

# Calls CHECK until it returns something true, which is the result, or until
# the limit in seconds (default 20) has passed: undef.
sub wait_until {
    my ($check, $limit) = @_;
    my $end   = time + seconds($limit // 20);
    my $pause = 0.005;
    while (1) {
        my $result = $check->();
        return $result if $result;
        return undef if time > $end;
        sleep $pause;
        $pause *= 1.5 if $pause < 0.1;
    }
}

# Process ids of this user whose environment was started with LUACO_RUN=MARK:
# whatever a run has started, however it daemonised.
sub marked_processes {
    my ($mark) = @_;
    my @pids;
    opendir my $proc, '/proc' or return;
    for my $pid (grep {/^\d+$/} readdir $proc) {
        next if $pid == $$;
        next unless ((stat "/proc/$pid")[4] // -1) == $>;
        open my $fh, '<', "/proc/$pid/environ" or next;
        local $/;
        my $environ = <$fh> // next;
        push @pids, $pid if "\0$environ\0" =~ /\0LUACO_RUN=\Q$mark\E\0/;
    }
    return @pids;
}

sub describe_process {
    my ($pid) = @_;
    my $line = eval { slurp("/proc/$pid/cmdline") } // '';
    $line =~ tr/\0/ /;
    return "$pid $line";
}

# Ends them: SIGTERM, and SIGKILL for what is still there after three seconds.
sub kill_marked {
    my ($mark) = @_;
    my @pids = marked_processes($mark) or return;
    kill TERM => @pids;
    for (1 .. 30) {
        sleep 0.1;
        1 while waitpid(-1, 1) > 0;
        @pids = marked_processes($mark) or return;
    }
    kill KILL => @pids;
    return;
}

sub slurp {
    my ($file) = @_;
    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    my $text = <$fh>;
    return $text // '';
}

sub spew {
    my ($file, $text) = @_;
    open my $fh, '>', $file or die "$file: $!\n";
    print {$fh} $text;
    close $fh or die "$file: $!\n";
    return;
}

1;
