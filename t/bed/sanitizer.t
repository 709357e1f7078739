# How the sanitizers' reports are read, and what a suppression may do.

use LuaCo::Test;
use LuaCo::Sanitizer;

my $race = <<'REPORT';
==================
WARNING: ThreadSanitizer: data race (pid=1)
  Write of size 8 at 0x7b by thread T1:
    #0 apr_foreign <null> (libapr-1.so.0+0x1)
    #1 WRITER <null> (apache2+0x2)

  Previous read of size 8 at 0x7b by thread T2:
    #0 apr_other <null> (libapr-1.so.0+0x3)

  Thread T2 (tid=2, running) created by thread T1 at:
    #0 pthread_create <null> (libtsan.so+0x4)
    #1 lco_vm_start src/vm/vm.c:1 (mod_luaco.so+0x5)

SUMMARY: ThreadSanitizer: data race (libapr-1.so.0+0x1) in apr_foreign
==================
REPORT

sub tool {
    my ($suppressions, $variant) = @_;
    my $file = config('t_logs') . '/test.supp';
    LuaCo::Util::spew($file, $suppressions);
    return LuaCo::Sanitizer->new($variant // 'tsan', $file);
}

my $n = 0;

sub faults {
    my ($tool, $text) = @_;
    my $dir = config('t_logs') . '/reports' . ++$n;
    mkdir $dir;
    LuaCo::Util::spew("$dir/report.1", $text);
    # It prints what it finds.
    open my $stdout, '>&', \*STDOUT;
    open STDOUT, '>', '/dev/null';
    my @faults = $tool->read_reports($dir);
    open STDOUT, '>&', $stdout;
    return join "\n", @faults;
}

my $what = 'WARNING: ThreadSanitizer: data race: ';
is faults(tool(''), $race),
    $what . 'apr_foreign < WRITER; apr_other (1 times)', 'a race';
is faults(tool(''), $race x 3),
    $what . 'apr_foreign < WRITER; apr_other (3 times)', 'three of them';
is faults(tool(''), ''), '', 'an empty file';

my $known = tool("# it is known\napr_for*\n\n# another\napr_never\n");
is faults($known, $race), '', 'a race that is known';
is join(',', $known->unused),
    'build/tsan.supp: "apr_never" matched nothing', 'a line without use';

(my $ours = $race) =~ s/WRITER/lco_req_wake/;
is faults(tool("# known\napr_for*\n"), $ours),
    $what . 'apr_foreign < lco_req_wake; apr_other (1 times)',
    'not where a frame is ours';

for (
    ["apr_foreign\n",          qr/without a comment/,  'no reason'],
    ["# why\n*\n",             qr/is no function/,     'everything'],
    ["# why\nlco_req_wake\n",  qr/a name of ours/,     'a function of ours'],
    ["# why\n*_module\n",      qr/would match luaco_/, 'our module'],
    ["# why\nrace:apr_pool\n", qr/is no function/,     'no function'],
    )
{
    my ($text, $why, $name) = @$_;
    eval { tool($text) };
    like $@, $why, "refused: $name";
}

my $leak = <<'REPORT';

=================================================================
==1==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 8 byte(s) in 1 object(s) allocated from:
    #0 0x7f in malloc (libasan.so+0x1)
    #1 0x7e in luaL_newstate (liblua5.3.so.0+0x2)

Indirect leak of 9 byte(s) in 1 object(s) allocated from:
    #0 0x7f in malloc (libasan.so+0x1)
    #1 0x7e in main t/unit/test_x.c:3

SUMMARY: AddressSanitizer: 17 byte(s) leaked in 2 allocation(s).
REPORT
is faults(tool('', 'asan'), $leak) =~ tr/\n//, 1, 'two leaks';
like faults(tool("# known\nluaL_newstate\n", 'asan'), $leak),
    qr/^Indirect leak of 9 byte.*$/, 'one of them known';

my $ub = "src/a/b.c:1:2: runtime error: left shift of 1\n"
    . "    #0 0x1 in lco_a src/a/b.c:1\n"
    . "src/a/b.c:3:4: runtime error: division by zero\n";
is faults(tool('', 'asan'), $ub) =~ tr/\n//, 1, 'two undefined behaviours';

my $memcheck = <<'REPORT';
--7-- WARNING: unhandled amd64-linux syscall: 441
--7-- You may be able to write your own handler.
==7== Thread 13:
==7== Invalid read of size 16
==7==    at 0x1219CD19: ???
==7==    by 0x124C6EE7: ???
==7==  Address 0x126c6edf is 2 bytes inside a block of size 9 alloc'd
==7==    at 0x48417B4: malloc (in /usr/libexec/valgrind/x.so)
==7==    by 0x631FD1E: take (alloc.c:47)
==7== 
==7== Conditional jump or move depends on uninitialised value(s)
==7==    at 0x1218F971: ???
==7==    by 0x73615A9: ???
==7== 
==7== Thread 2:
==7== Invalid write of size 8
==7==    at 0x1218F971: lco_vm_alloc (alloc.c:104)
==7==    by 0x73615A9: ??? (in /usr/lib/liblua5.3.so.0)
==7==  Address 0x0 is not stack'd, malloc'd or (recently) free'd
==7== 
REPORT
like faults(tool('', 'valgrind'), $memcheck),
    qr/\AInvalid write of size 8: lco_vm_alloc\b[^\n]*\n?\z/,
    'of memcheck one: code without any name is PCRE2';

done_testing;
