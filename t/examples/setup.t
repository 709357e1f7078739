# build/setup without root: what is missing is named, with the line to run.

use LuaCo::Test;
use LuaCo::Util qw(slurp spew);

use File::Path qw(make_path);

plan skip_all => 'root would install it' if $> == 0;
plan skip_all => 'no Debian' unless grep { -x "$_/dpkg-query" }
    split /:/, $ENV{PATH};

my $top    = LuaCo::Httpd::top();
my $folder = "$top/t/logs/setup$$";
make_path("$folder/build", "$folder/bin");
spew("$folder/build/setup", slurp("$top/build/setup"));
spew("$folder/build/packages.txt", <<'LIST');
[there]
dpkg
[missing]
# a comment
dpkg
luaco-no-such-package
luaco-nor-this
LIST
# A sudo that asks for a password that nobody gives.
spew("$folder/bin/sudo", "#!/bin/sh\necho sudo \"\$@\" >>'$folder/asked'\nexit 1\n");
chmod 0755, "$folder/bin/sudo", "$folder/build/setup";

sub setup {
    my (@args) = @_;
    local $ENV{PATH} = "$folder/bin:$ENV{PATH}";
    my $output = "$folder/output";
    my $pid    = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>',  $output;
        open STDERR, '>&', \*STDOUT;
        exec "$folder/build/setup", @args;
        die "exec: $!\n";
    }
    waitpid $pid, 0;
    return ($? >> 8, slurp($output));
}

my ($status, $said) = setup('there');
is $status, 0,  'nothing is missing';
is $said,   '', 'and nothing is said';

my $line = 'apt-get install --no-install-recommends -y'
    . ' luaco-no-such-package luaco-nor-this';
($status, $said) = setup('there', 'missing');
is $status, 2, 'without root: 2';
like $said, qr/^ *\Q$line\E$/m, 'and the line to run';
is slurp("$folder/asked"), "sudo -n true\n", 'sudo was asked, silently';

($status, $said) = setup('nothing');
isnt $status, 0, 'a group that is not in the list';
like $said, qr/no group "nothing"/, 'is an error';

{
    local $ENV{SETUP} = 'no';
    ($status, $said) = setup('missing');
    is $status, 0, 'SETUP=no looks at nothing';
}

done_testing;
