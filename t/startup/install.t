# make install and make uninstall into a DESTDIR, and that Debian's a2enmod
# finds what it needs there.

use LuaCo::Test;
use LuaCo::Util qw(slurp spew);

use File::Find ();
use File::Path qw(make_path);

my $top  = LuaCo::Httpd::top();
my $dest = "$top/t/logs/install$$";
my $conf = LuaCo::Httpd::apxs('SYSCONFDIR');
my $so   = LuaCo::Httpd::libexecdir() . '/mod_luaco.so';
my $debian = -d "$conf/mods-available";

# What a command prints; its exit status is in $?.
sub run {
    my (@command) = @_;
    my $pid = open my $out, '-|' // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        # We may run below a make whose flags are not for this one.
        delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES)};
        exec @command or print "$command[0]: $!\n";
        require POSIX;
        POSIX::_exit(127);
    }
    local $/;
    my $text = <$out> // '';
    close $out;
    return $text;
}

# The module is built; a copy of the tree may have no objects to prove it.
sub make {
    my ($target) = @_;
    return run('make', '-C', $top, '-o', 'module',
        'VARIANT=' . ($ENV{LUACO_VARIANT} || 'plain'),
        'LUA=' . ($ENV{LUACO_LUA} || 'lua5.3'),
        "DESTDIR=$dest", $target);
}

sub files {
    my @files;
    File::Find::find(
        {   no_chdir => 1,
            wanted   => sub { push @files, substr $_, length $dest unless -d }
        },
        $dest
    );
    return sort @files;
}

sub mode {
    my ($file) = @_;
    return sprintf '%04o', (stat $file)[2] & 07777;
}

my @expected = ($so);
push @expected, map {"$conf/mods-available/luaco.$_"} 'conf', 'load'
    if $debian;

make_path($dest);
my $said = make('install');
is $?, 0, 'make install' or diag $said;
is_deeply [files()], [sort @expected], 'what it installs';
is mode("$dest$so"), '0644', 'all may read it';
is slurp("$dest$so"), slurp(LuaCo::Httpd::module()), 'it is the module';

subtest 'a2enmod' => sub {
    plan skip_all => 'httpd is not laid out as in Debian' unless $debian;
    my ($a2enmod)
        = grep {-x} map {"$_/a2enmod"} split(/:/, $ENV{PATH}), '/usr/sbin';
    ok $a2enmod, 'Debian has an a2enmod' or return;

    make_path("$dest$conf/mods-enabled", "$dest/state");
    spew("$dest$conf/envvars", '');
    local $ENV{APACHE_CONFDIR}         = "$dest$conf";
    local $ENV{APACHE_STATE_DIRECTORY} = "$dest/state";
    delete local $ENV{APACHE_ENVVARS};
    my $output = run($a2enmod, 'luaco');
    is $?, 0, 'a2enmod luaco' or diag $output;
    like $output, qr/^Enabling module luaco\.$/m, 'it says so';
    for my $file (qw(luaco.load luaco.conf)) {
        is slurp("$dest$conf/mods-enabled/$file"),
            slurp("$dest$conf/mods-available/$file"), "$file is enabled";
    }

    # As Debian's apache2.conf includes them; httpd would look for the module
    # where it will be.
    my $load = slurp("$dest$conf/mods-enabled/luaco.load");
    is $load, "LoadModule luaco_module $so\n", 'luaco.load';
    $load =~ s{ /}{ $dest/};
    my $s = LuaCo::Server->new(
        luaco => 0,
        mpm   => 'event',
        files => { 'luaco.load' => $load },
        conf  => <<"CONF",
Include "\@Root\@/luaco.load"
Include "$dest$conf/mods-enabled/*.conf"
<Location /hello>
    <LuaCoHandler>
        ngx.say("hello")
    </LuaCoHandler>
</Location>
CONF
        factor => 2,
    );
    $s->start;
    is $s->raw->get('/hello')->body, "hello\n", 'a server with it';
    ok $s->log->count(qr/each child parks up to 520 requests/),
        'with the factor of luaco.conf: 8 threads, 64 for each';
    ok $s->stop, 'it stops';
};

subtest 'again, over what is there' => sub {
    plan skip_all => 'httpd is not laid out as in Debian' unless $debian;
    my $file = "$dest$conf/mods-available/luaco.conf";
    spew($file, "# mine\n");
    make('install');
    is $?,           0,          'make install';
    is slurp($file), "# mine\n", 'a configuration that was changed stays';
    make('uninstall');
    is $?,           0,          'make uninstall';
    is slurp($file), "# mine\n", 'here, too';
    unlink $file;
    make('install');
    is slurp($file), slurp("$top/build/luaco.conf"), 'and can be had anew';
};

$said = make('uninstall');
is $?, 0, 'make uninstall' or diag $said;
my @left = grep { !m{/envvars$|^/state/} } files();
is "@left", '', 'nothing is left';
make('uninstall');
is $?, 0, 'twice does no harm';

done_testing;
