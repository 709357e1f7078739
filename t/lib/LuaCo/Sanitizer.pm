package LuaCo::Sanitizer;

# What differs between the variants of a run: how httpd and the unit tests are
# started, and what the sanitizers' reports mean.
#
# Only the module and the unit tests are instrumented; the runtime gets into
# httpd by LD_PRELOAD.  Reports go to files (log_path), which are read here
# after the run.  Suppressions are applied here too and not by the runtime,
# since ours are stricter: see read_suppressions().

use strict;
use warnings;

use LuaCo::Httpd;
use LuaCo::Util qw(slurp);

# The variant, and another file of suppressions than the variant's.
sub new {
    my ($class, $variant, $file) = @_;
    my $self = bless {
        variant => $variant,
        file    => $file // LuaCo::Httpd::top() . "/build/$variant.supp",
    }, $class;
    $self->{suppressions} = $self->read_suppressions;
    return $self;
}

# How many times longer than usual things may take.
my %slowness = (asan => 3, tsan => 6, hard => 6, valgrind => 20);

sub slowness { return $slowness{ $_[0]{variant} } || 1 }

sub runtime_library {
    my ($name) = @_;
    my $cc = $ENV{CC} || 'gcc';
    chomp(my $file = qx($cc -print-file-name=$name));
    die "no $name beside $cc\n" unless $file =~ m{^/};
    return $file;
}

sub reports_to {
    return LuaCo::Httpd::top() . '/t/logs/san/report';
}

sub options {
    my (%option) = @_;
    return join ':', map {"$_=$option{$_}"} sort keys %option;
}

# Environment and wrapper of this variant, as words of a command line.
sub words {
    my ($self, $unit) = @_;
    # A runtime that keeps too much shall not take the machine with it.
    my %log = (log_path => reports_to(), hard_rss_limit_mb => 6000);
    if ($self->{variant} eq 'asan') {
        my $asan = options(
            %log,
            # Pools of httpd are not freed one by one at exit: our own leaks
            # show as growth in the soak tests.
            detect_leaks => $unit ? 1 : 0,
            # Tests ask Lua for memory that cannot be had.
            allocator_may_return_null => 1,
            strict_string_checks      => 1,
        );
        my $ubsan = options(log_path => reports_to(), print_stacktrace => 1);
        my @words = ('env', "ASAN_OPTIONS=$asan", "UBSAN_OPTIONS=$ubsan");
        push @words, 'LD_PRELOAD='
            . join(':', map { runtime_library($_) } 'libasan.so',
            'libubsan.so')
            unless $unit;
        return @words;
    }
    if ($self->{variant} eq 'tsan') {
        my $tsan = options(
            %log,
            exitcode               => 0,
            die_after_fork         => 0,
            history_size           => 4,
            second_deadlock_stack  => 1,
            # httpd's prefork children end from inside a signal handler.
            report_signal_unsafe   => 0,
            allocator_may_return_null => 1,
        );
        # Kernels that randomise more address bits than this runtime knows of
        # stop it with "unexpected memory mapping": setarch -R.
        # Some containers forbid it, and some do not need it.
        my @fixed = ('setarch', '-R');
        @fixed = () if system("@fixed true 2>/dev/null") != 0;
        my @words = (@fixed, 'env', "TSAN_OPTIONS=$tsan");
        push @words, 'LD_PRELOAD='
            . join(':', LuaCo::Httpd::out() . '/preload.so',
            runtime_library('libtsan.so'));
        return @words;
    }
    if ($self->{variant} eq 'onebyte') {
        return () if $unit;
        return ('env', 'LD_PRELOAD=' . LuaCo::Httpd::out() . '/preload.so');
    }
    if ($self->{variant} eq 'hard') {
        my $lib = LuaCo::Httpd::top() . '/build/out/hardlua';
        return ('env', "LD_LIBRARY_PATH=$lib");
    }
    if ($self->{variant} eq 'valgrind' && $unit) {
        return (
            'valgrind', '-q', '--leak-check=full', '--error-exitcode=99',
            '--errors-for-leak-kinds=definite',
            '--track-fds=no'
        );
    }
    if ($self->{variant} eq 'valgrind') {
        # Fair to all threads: a busy one would starve the others for seconds.
        return ('valgrind', '-q', '--leak-check=no', '--fair-sched=try',
            '--num-callers=30', '--log-file=' . reports_to() . '.%p');
    }
    return ();
}

sub httpd_prefix {
    my ($self) = @_;
    return join ' ', $self->words(0);
}

sub unit_prefix {
    my ($self) = @_;
    return $self->words(1);
}

# ---- reports ----

# A frame of the module or of a unit test.
my $ours = qr{\blco_|\blx_|luaco|(?:^|[\s/])src/\w+/\w+\.[ch]\b|t/unit/};

# build/asan.supp and so on hold lines "FUNCTION" (with * as a wildcard): a
# function of httpd, APR, perl, OpenSSL or Lua that stands in the stacks of
# reports which are none of our business, and above it a comment that says why.
# Never a function of ours: such a line is refused, and so is a stack with a
# frame of ours, see suppressed().
sub read_suppressions {
    my ($self) = @_;
    my $file = $self->{file};
    return [] unless -e $file;
    my @found;
    my $why = '';
    for my $line (split /\n/, slurp($file)) {
        if ($line =~ /^#\s*(.*)/) {
            $why .= $1;
            next;
        }
        $why = '', next if $line !~ /\S/;
        die "$file: \"$line\" without a comment that says why\n" unless $why;
        die "$file: \"$line\" is no function name\n"
            unless $line =~ /^[\w*]+$/ && $line =~ /[a-zA-Z]{3}/;
        my $regex = join '.*', map {quotemeta} split /\*/, $line, -1;
        $regex = qr/^$regex$/;
        die "$file: \"$line\" is a name of ours\n"
            if $line =~ /^lco_|^lx_|luaco/;
        for my $name ('lco_', 'lx_', 'luaco_module', $self->our_functions) {
            die "$file: \"$line\" would match $name\n" if $name =~ $regex;
        }
        push @found, { name => $line, regex => $regex, used => 0 };
    }
    return \@found;
}

sub our_functions {
    my ($self) = @_;
    return @{ $self->{ours} } if $self->{ours};
    my $module = LuaCo::Httpd::module();
    my @names = -e $module ? qx(nm --defined-only $module) : ();
    $self->{ours} = [map { /^\S+ [tTdDbBrR] (\w+)/ ? $1 : () } @names];
    return @{ $self->{ours} };
}

# Splits a report file into single reports.
sub split_reports {
    my ($text) = @_;
    return grep {/WARNING|ERROR|FATAL/} split /^={18,}$/m, $text
        if $text =~ /ThreadSanitizer/;
    # "--1234--" is what valgrind says of itself.
    return valgrind_reports($text) if $text =~ /^(?:==|--)\d+(?:==|--) /m;
    if ($text =~ /LeakSanitizer/) {
        return grep {/^(?:Direct|Indirect) leak/} split /\n\n+/, $text;
    }
    return grep {/\S/} split /^(?=\S+: runtime error: )/m, $text
        if $text =~ /: runtime error: /;
    return $text =~ /\S/ ? ($text) : ();
}

# Valgrind's, with their frames written as the others do.
sub valgrind_reports {
    my ($text) = @_;
    my ($n, @lines) = (0);
    for my $line (split /\n/, $text) {
        # What programs print themselves is none.
        $line =~ s/^==\d+== ?// or next;
        $n = 0 if $line =~ s/^\s+at 0x/ at 0x/;
        $line =~ s/^\s+(?:at|by) 0x[0-9A-F]+: /sprintf '    #%d ', $n++/e;
        push @lines, $line;
    }
    # Code without any name is made while it runs: PCRE2's JIT, which reads
    # registers full of a subject and looks at the part that counts.
    return grep { !/\A(?:Thread.*\n)?.*\n(?:    #\d+ \?\?\?\n?)+(?:\s*Address|\z)/ }
        grep {/^    #0 /m} split /\n[ ]*\n+/, join "\n", @lines;
}

# The stacks of a report that say what happened, each a list of frames.  Where
# a thread or a block of memory comes from is not among them.
sub stacks {
    my ($report) = @_;
    my (@stacks, $in);
    for my $line (split /\n/, $report) {
        if ($line =~ /^\s+#(\d+)\s+(.*)/) {
            push @stacks, [] if $1 == 0 && $in;
            push @{ $stacks[-1] }, $2 if $in && @stacks;
        }
        elsif ($line =~ /\S/) {
            $in = $line !~ /created (?:by|at)|allocated by|Location is|Mutex M|Block was alloc/;
        }
    }
    return @stacks;
}

# Is it explained by a suppression?  Not when a frame of ours stands in one of
# the stacks that say what happened.
sub suppressed {
    my ($self, $report) = @_;
    my @stacks = stacks($report);
    for my $stack (@stacks) {
        return 0 if grep { $_ =~ $ours } @$stack;
    }
    for my $entry (@{ $self->{suppressions} }) {
        for my $stack (@stacks) {
            for my $frame (@$stack) {
                my ($function) = $frame =~ /(?:in )?([\w.]+)/;
                ($function) = $frame =~ /in ([\w.]+)/ if $frame =~ /^0x/;
                if (defined $function && $function =~ $entry->{regex}) {
                    $entry->{used}++;
                    return 1;
                }
            }
        }
    }
    return 0;
}

# A report in one line, for where only the end of a log is seen: the first
# frames of each stack, innermost first.
sub digest {
    my ($report) = @_;
    my @lines;
    for my $stack (stacks($report)) {
        my @names;
        for my $frame (@$stack) {
            # A function without a name is known by its library.
            my ($name) = $frame =~ /^(?:0x\w+ in )?([\w.]+)/;
            ($name) = $frame =~ m{([^/(]+)\+0x\w+\)} unless defined $name;
            push @names, $name // '?';
        }
        splice @names, 8;
        push @lines, join ' < ', @names;
    }
    splice @lines, 4;
    return @lines ? ': ' . join('; ', @lines) : '';
}

# Reads the report files below DIR; returns one line for each report that
# counts, after having printed it once.
sub read_reports {
    my ($self, $dir) = @_;
    my (@faults, %printed);
    for my $file (sort glob "$dir/report.*") {
        for my $report (split_reports(slurp($file))) {
            next if $self->suppressed($report);
            my ($what) = $report
                =~ /((?:SUMMARY|ERROR|WARNING): \w+Sanitizer.*|\S+ runtime error: .*|^\w+ leak of .*|^(?:Invalid|Conditional|Use of|Syscall|Mismatched|Source and).*)/m;
            $what = 'a report' unless defined $what;
            $what =~ s/0x[0-9a-f]+/0x../g;
            $what =~ s/\s*\(pid=\d+\)//;
            $what .= digest($report);
            if (!$printed{$what}++) {
                print "\n$file:\n$report\n";
            }
        }
    }
    return map {"$_ ($printed{$_} times)"} sort keys %printed;
}

# Suppressions that nothing needed.
sub unused {
    my ($self) = @_;
    return map {"build/$self->{variant}.supp: \"$_->{name}\" matched nothing"}
        grep { !$_->{used} } @{ $self->{suppressions} };
}

1;
