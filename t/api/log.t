# tags: prefork hardlua
# Lines of ngx.log and print.

use LuaCo::Test;
use LuaCo::Util qw(slurp);

# The line of the <LuaCoHandler> of a location of log.conf.
sub line_of {
    my ($location) = @_;
    my $n = 0;
    my $seen;
    for (split /\n/, slurp(LuaCo::Httpd::top() . '/t/api/log.conf')) {
        $n++;
        $seen = 1 if $_ eq "<Location $location>";
        return $n if $seen && /<LuaCoHandler>/;
    }
    die "no $location\n";
}

my $place = 'LuaCoHandler\(log\.conf:' . line_of('/api/log/place') . '\)';

requests(
    {   name => 'file, line and function',
        get  => '/api/log/place',
        body => "ok\n",
        log  => [
            qr/\[lua\] $place:1: main chunk$/,
            qr/\[lua\] $place:2: f\(\): local function$/,
            qr/\[lua\] $place:5: g\(\): field$/,
            qr/\[lua\] $place:8: m\(\): method$/,
            qr/\[lua\] $place:11: nameless$/,
            qr/\[lua\] $place:12: wrapped$/,
            qr/\[lua\] \[C\]:-1: by pcall$/,
            # Lua 5.4 leaves out the underscores.
            qr/\[lua\] $place:15: (?:__)?index\(\): metamethod$/,
            qr/\[lua\] $place:20: thread$/,
            qr/\[luaco:notice\] .*\[lua\] $place:22: printed$/,
        ],
    },
    {   name => 'code of a file',
        get  => '/api/log/file',
        body => "ok\n",
        log  => [
            qr/\[lua\] log\.lua:1: main chunk of a file$/,
            qr/\[lua\] log\.lua:3: f\(\): function of a file$/,
        ],
    },
    {   name => 'levels',
        get  => '/api/log/levels',
        body => "ok\n",
        log  => [
            qr/\[luaco:emerg\] .*level STDERR$/,
            qr/\[luaco:emerg\] .*level EMERG$/,
            qr/\[luaco:alert\] .*level ALERT$/,
            qr/\[luaco:crit\] .*level CRIT$/,
            qr/\[luaco:error\] .*level ERR$/,
            qr/\[luaco:warn\] .*level WARN$/,
            qr/\[luaco:notice\] .*level NOTICE$/,
            qr/\[luaco:info\] .*level INFO$/,
            qr/\[luaco:debug\] .*level DEBUG$/,
            qr/\[luaco:notice\] .*level print$/,
        ],
    },
    {   name   => 'a level that is off: arguments are not looked at',
        get    => '/api/log/off',
        body   => "ok\n",
        log    => qr/an error that is on$/,
        no_log => qr/a warning that is off/,
    },
    {   name => 'values',
        get  => '/api/log/values',
        body => qr/^\S+: '__tostring' must return a string\ninner\n$/,
        log  => [
            qr/values: 1 1\.5 30 1e\+100truefalsenilnull\[TS\]\|$/,
            qr/\[lua\] \S+:4: $/,
        ],
    },
    {   name => 'bytes that httpd escapes, and NUL',
        get  => '/api/log/bytes',
        body => "ok\n",
        log  => [
            qr/nul \[\\\\x00\] end; crlf \[\\r\\n\] end; tab \[\\t\] ctl \[\\x01\\x1f\\x7f\] end$/,
            qr/format %s %d %n %%$/,
            qr/many nuls (?:\\\\x00x){50} end of nuls$/,
        ],
    },
    {   name   => 'long messages',
        get    => '/api/log/long',
        body   => "ok\n",
        log    => [
            qr/long x{7000} seven$/, qr/longer y{7500,8192}$/,
            qr/after the long ones$/,
        ],
        no_log => qr/hundred/,
    },
);

subtest 'without a request' => sub {
    my $s = LuaCo::Server->new(
        conf => <<'CONF', luaco => 1);
LogLevel luaco:debug
<LuaCoInit>
    print("from Init")
    local function f() ngx.log(ngx.DEBUG, "debug from Init") end
    f()
</LuaCoInit>
<LuaCoInitWorker>
    ngx.log(ngx.CRIT, "from InitWorker ", ngx.get_phase())
</LuaCoInitWorker>
CONF
    $s->start;
    ok $s->wait_for_log(qr/\[luaco:crit\] .*LuaCoInitWorker\(test\.conf:\d+\):1: from InitWorker init_worker$/),
        'InitWorker';
    like $s->log->rewind->text,
        qr/\[luaco:notice\] .*\[lua\] LuaCoInit\(test\.conf:2\):1: from Init$/m,
        'Init';
    like $s->log->text,
        qr/\[luaco:debug\] .*\[lua\] LuaCoInit\(test\.conf:2\):2: f\(\): debug from Init$/m,
        'and in a function';
};

done_testing;
