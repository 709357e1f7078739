# README.md: the configuration and the files that it shows make a server, on
# which its curl lines print what stands below them.
#
# A fenced block counts if the line before it is "<!-- run -->" (apache:
# configuration, console: commands with their output) or "<!-- file: NAME -->".

use LuaCo::Test;
use LuaCo::Util qw(slurp);

use Text::ParseWords qw(shellwords);

my $readme = slurp(LuaCo::Httpd::top() . '/README.md');
my ($conf, $blocks, %files, @console) = ('', 0);
while ($readme =~ /^<!-- (run|file: (\S+)) -->\n```(\w+)\n(.*?)^```$/gms) {
    my ($file, $kind, $text) = ($2, $3, $4);
    $blocks++;
    if    (defined $file)      { $files{$file} = $text }
    elsif ($kind eq 'apache')  { $conf .= $text }
    elsif ($kind eq 'console') { push @console, $text }
    else                       { fail "what is a block of $kind?" }
}
is $blocks, scalar(() = $readme =~ /^<!-- /gm), 'each mark has its block';
my $configs = () = $readme =~ /^```apache$/gm;
my $run     = () = $readme =~ /^<!-- run -->\n```apache$/gm;
is $run, $configs, 'no configuration is left out';
ok @console >= 8, 'commands to run';

my $s = LuaCo::Server->new(
    files => { %files, 'htdocs/reports/q3.txt' => "42\n" });
my $here = 'localhost:' . $s->port;
# The port is known only now.
s/localhost:8080/$here/g for $conf, @console;
$s->set_conf($conf);
my ($ok, $said) = $s->configtest;
ok $ok, 'the configuration' or diag $said;
$s->start;

for my $block (@console) {
    my ($first, @commands) = split /^\$ /m, $block;
    is $first, '', 'a block begins with a command';
    for (@commands) {
        my ($command, $expected) = /^([^\n]*)\n(.*)\z/s;
        my ($curl, @args) = shellwords($command);
        is $curl, 'curl', $command;
        is curl('-4', @args), $expected, 'prints what README.md says';
    }
}

ok $s->wait_for_log(qr/answered with 200/),        'LuaCoLog';
ok $s->wait_for_log(qr/\[lua\] .*wrong key for /), 'ngx.log';

# The log lines that are shown are of the shape that is written.
my ($shown) = $readme =~ /^    \[luaco:error\] \.\.\. (.*)$/m;
(my $shape = quotemeta $shown) =~ s/site\\\.conf\\:\d+/test\\.conf:\\d+/g;
ok $s->wait_for_log(qr/\[luaco:error\] .*$shape/), 'the error line'
    or diag $shown;
($shown) = $readme =~ /^    (luaco: \d+ VMs;.*)$/m;
$shape = join '\d+', map {quotemeta} split /\d+/, $shown;
ok $s->log->rewind->count(qr/$shape/), 'the notice at start' or diag $shown;

done_testing;
