package LuaCo::Httpd;

# How httpd is run in the tests: which binary, which modules, and what comes
# before the command for a variant of the build (a preloaded sanitizer, a Lua
# library in front of the system's).  The machine's own configuration of httpd
# plays no part.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use LuaCo::Util qw(slurp spew);

# Loaded by every server of the tests, in this order; a module that the
# machine's httpd has linked in or lacks is left out.
my @modules = qw(
    authn_core authz_core authn_file authz_host authz_user auth_basic
    access_compat reqtimeout filter deflate mime log_config logio env expires
    headers setenvif ratelimit ssl http2 proxy proxy_http proxy_balancer
    slotmem_shm lbmethod_byrequests status dir alias rewrite include
    negotiation macro unique_id lua
);

# The top folder of the tree that runs.
sub top {
    return abs_path(dirname(__FILE__) . '/../../..');
}

sub apxs {
    my ($what) = @_;
    my $apxs = $ENV{APXS} || 'apxs';
    chomp(my $value = qx($apxs -q $what));
    die "$apxs -q $what failed\n" if $?;
    return $value;
}

sub binary {
    return $ENV{LUACO_HTTPD} ||= apxs('SBINDIR') . '/' . apxs('PROGNAME');
}

sub libexecdir {
    return $ENV{LUACO_LIBEXECDIR} ||= apxs('LIBEXECDIR');
}

# Where the module and the unit tests of the variant were built.
sub out {
    return $ENV{LUACO_OUT} || top() . '/build/out/plain';
}

sub module {
    return out() . '/mod_luaco.so';
}

# A module of t/c-modules, built for the tests: testmod('hooktrace').
sub testmod {
    my ($name) = @_;
    return out() . "/testmod/mod_$name.so";
}

# LoadModule lines for this MPM, without our own module, which needs command().
# mod_lua stays out where ours is built with another Lua than the one it brings:
# httpd loads modules with their symbols open to all, and only where these carry
# versions, as in Debian, would the two libraries stay apart.
sub load_modules {
    my ($mpm, @more) = @_;
    my $dir = libexecdir();
    my $lua = $ENV{LUACO_LUA} || 'lua5.3';
    return join '',
        map {"LoadModule ${_}_module $dir/mod_$_.so\n"}
        grep { -e "$dir/mod_$_.so" && ($_ ne 'lua' || $lua eq 'lua5.3') }
        "mpm_$mpm", @modules, @more;
}

# The command line that runs httpd with these arguments, as a list.  The
# configuration may ask for the variant: <IfDefine luaco_tsan>.
sub command {
    my (@args) = @_;
    my $variant = $ENV{LUACO_VARIANT} || 'plain';
    return (split(' ', $ENV{LUACO_HTTPD_PREFIX} // ''),
        binary(), '-D', "luaco_$variant", @args);
}

# COMMAND with libraries of t/preload in front of the system's, behind a
# sanitizer's runtime, which wants to be the first.
sub preload {
    my ($names, @command) = @_;
    return @command unless @$names;
    my $libs = join ':', map { out() . "/preload/$_.so" } @$names;
    for my $word (@command) {
        return @command if $word =~ s/^(LD_PRELOAD=.*)/$1:$libs/;
    }
    return ('env', "LD_PRELOAD=$libs", @command);
}

# For every configuration.  httpd's mutexes between processes are pthread's in
# shared memory, of which the thread sanitizer sees one process only.
sub common_config {
    return "<IfDefine luaco_tsan>\n    Mutex posixsem default\n</IfDefine>\n";
}

my $suite;

# A word of Apache::Test's configuration of the running suite, or undef.
sub suite {
    my ($word) = @_;
    if (!$suite) {
        my $file = top() . '/t/conf/apache_test_config.pm';
        die "tests are run by build/run-tests, or make test T=FILE\n"
            unless -e $file;
        # Apache::Test may have read it by another name.
        require $file unless apache_test_config->can('new');
        $suite = apache_test_config->new->{vars};
    }
    return $suite->{ lc $word };
}

# In DIR, unless they are there: ca.crt, and server.crt with server.key signed
# by it, for localhost and 127.0.0.1.
sub make_certificates {
    my ($dir) = @_;
    return if -s "$dir/server.crt";
    mkdir $dir;
    spew("$dir/openssl.cnf", <<'CNF');
[req]
distinguished_name = name
prompt = no
[name]
CN = mod_luaco tests
[ca]
basicConstraints = critical,CA:true
[server]
basicConstraints = CA:false
subjectAltName = DNS:localhost,IP:127.0.0.1
CNF
    my $new = 'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        . ' -config openssl.cnf';
    my $log = "$dir/openssl.log";
    system(
        "cd '$dir' && exec >openssl.log 2>&1 && "
            . "$new -x509 -days 3650 -extensions ca -keyout ca.key -out ca.crt"
            . " && $new -subj /CN=localhost -keyout server.key -out server.csr"
            . ' && openssl x509 -req -days 3650 -in server.csr -CA ca.crt'
            . ' -CAkey ca.key -CAcreateserial -extfile openssl.cnf'
            . ' -extensions server -out server.crt'
    ) == 0 or die "openssl failed:\n" . slurp($log);
    return;
}

1;
