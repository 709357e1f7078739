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

done_testing;
