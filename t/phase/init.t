# tags: prefork
# LuaCoInit, LuaCoInitWorker, LuaCoVMs, the package paths, what requests share
# and what they do not, and LuaCoCodeCache with files that change.

use LuaCo::Test;
use LuaCo::Util qw(spew);
use Time::HiRes qw(utime);

my $cache = join '', map {<<"CONF"} qw(On Stat Off);
<Location "/cache/$_">
    LuaCoCodeCache $_
    LuaCoHandler "\@Root\@/lua/file.lua"
</Location>
Alias "/script/$_/" "\@Root\@/scripts/"
<Location "/script/$_">
    LuaCoCodeCache $_
    SetHandler lua-co-script
</Location>
CONF
my $conf = <<'CONF' . $cache;
LuaCoVMs 1
LuaCoPackagePath "@Root@/lua/?.lua;;"
LuaCoPackageCPath "@Root@/nowhere/?.so;;"
<LuaCoInit>
    from_init = "set by init"
    preloaded = require "counter"
    preloaded.count = 100
</LuaCoInit>
<LuaCoInitWorker>
    from_worker = from_init .. ", then by the worker"
</LuaCoInitWorker>
<Directory "@Root@/scripts">
    Require all granted
</Directory>
<Location "/globals">
    <LuaCoHandler>
        ngx.say(from_init, "; ", from_worker, "; ", preloaded.count)
        ngx.say(package.path:match("^[^;]+lua/%?%.lua;") ~= nil, " ",
            package.path:find("/usr", 1, true) ~= nil, " ",
            package.cpath:find("/nowhere/?.so;", 1, true) ~= nil)
    </LuaCoHandler>
</Location>
<Location "/leak">
    <LuaCoHandler>
        ngx.say(tostring(leaked), " ", tostring(_G.other))
        leaked = "of one request"
        _G.other = "too"
        ngx.sleep(0.001)
        ngx.say(leaked, " ", other)
    </LuaCoHandler>
</Location>
<Location "/module">
    <LuaCoHandler>
        local counter = require "counter"
        counter.count = counter.count + 1
        ngx.say(counter.count, " ", counter == preloaded)
    </LuaCoHandler>
</Location>
<Location "/missing">
    <LuaCoHandler>
        require "no.such.module"
    </LuaCoHandler>
</Location>
CONF

my $s = LuaCo::Server->new(
    workers => 1,
    conf    => $conf,
    files   => {
        'lua/counter.lua'    => "return { count = 0 }\n",
        'lua/file.lua'       => "ngx.say('one')\n",
        'scripts/script.lua' => "ngx.say('one')\n",
        'scripts/late.lua'   => "ngx.say('late')\n",
    }
);
$s->start;

sub body { return $s->raw->get($_[0])->body }

is body('/globals'),
    "set by init; set by init, then by the worker; 100\ntrue true true\n",
    'globals of LuaCoInit and LuaCoInitWorker, package.path';
for my $i (1, 2) {
    $s->log->mark;
    is body('/leak'), "nil nil\nof one request too\n",
        "request $i sees its own globals alone";
    ok $s->wait_for_log(
        qr/writing a global Lua variable \('leaked'\) which may lead to race/),
        "and is warned, $i";
}
is body('/module'), "101 true\n", 'a module is shared';
is body('/module'), "102 true\n", 'by requests';
$s->log->mark;
is $s->raw->get('/missing')->status, 500, 'a module that is not there';
is $s->log->count(qr/module 'no.such.module' not found/), 1, 'one line says so';

# Files that change while the server runs.
for my $kind ('/cache/%s', '/script/%s/script.lua') {
    my $file = $s->root
        . ($kind =~ /cache/ ? '/lua/file.lua' : '/scripts/script.lua');
    my %now = map { $_ => sprintf $kind, $_ } qw(On Stat Off);
    spew($file, "ngx.say('one')\n");
    # The sections share what one of them compiled, so that they are asked in
    # this order.
    is body($now{$_}), "one\n", "$now{$_}: at first" for qw(On Stat Off);
    spew($file, "ngx.say('two')\n");
    utime time + 10, time + 10, $file;
    is body($now{On}), "one\n", "$now{On}: keeps what it has";
    is body($now{Stat}), "two\n", "$now{Stat}: sees the change";
    is body($now{Off}),  "two\n", "$now{Off}: too";
    spew($file, "ngx.say('broken'\n");
    utime time + 20, time + 20, $file;
    $s->log->mark;
    is $s->raw->get($now{Stat})->status, 500, "$now{Stat}: broken";
    is $s->raw->get($now{Off})->status,  500, "$now{Off}: broken";
    is $s->log->count(qr/failed to load \w+: .*:2: '\)' expected/), 2,
        'one line each';
    spew($file, "ngx.say('three')\n");
    utime time + 30, time + 30, $file;
    is body($now{Stat}), "three\n", "$now{Stat}: mended";
    is body($now{Off}),  "three\n", "$now{Off}: mended";
}
is body('/script/On/late.lua'), "late\n", 'a script';
chmod 0, $s->root . '/scripts/late.lua';
$s->log->mark;
is $s->raw->get('/script/Off/late.lua')->status, 403, 'which may not be read';
is $s->log->count(qr/late\.lua: Permission denied/), 1, 'one line says so';
unlink $s->root . '/scripts/late.lua';
is $s->raw->get('/script/On/late.lua')->status, 404,
    'a script that is gone, compiled or not';
# Off is for development: each request reads its modules again, those that
# LuaCoInit had loaded too.
is body('/module'), "1 false\n", 'LuaCoCodeCache Off forgets modules';
ok $s->stop, 'it stops';

# LuaCoInit that fails stops the start.
my %failing = (
    'an error'  => ["error('no way')", qr/LuaCoInit failed: .*no way/],
    'no string' => ['error({})',       qr/LuaCoInit failed: .*not a string/],
    'a yield'   => ['coroutine.yield()', qr/LuaCoInit failed: .*yield/],
    'a sleep' =>
        ['ngx.sleep(1)', qr/LuaCoInit failed: .*(?:no request|disabled)/],
    'no end of stack' => [
        'local function f() return 1 + f() end f()',
        qr/LuaCoInit failed: .*stack overflow/
    ],
);
for my $what (sort keys %failing) {
    my ($code, $why) = @{ $failing{$what} };
    my $bad = LuaCo::Server->new(
        conf => "<LuaCoInit>\n    $code\n</LuaCoInit>\n");
    my ($ok) = $bad->configtest;
    ok $ok, "$what in LuaCoInit compiles";
    ok !$bad->try_start, "$what: no start";
    like $bad->start_error . $bad->log->rewind->text, $why, "$what: why";
}

# LuaCoInitWorker that fails is a line of the log.
my $worker = LuaCo::Server->new(
    workers => 1,
    conf    => "LuaCoVMs 1\n<LuaCoInitWorker>\n    error('no way')\n"
        . "</LuaCoInitWorker>\n<Location /x>\n<LuaCoHandler>\n"
        . "ngx.say('runs')\n</LuaCoHandler>\n</Location>\n"
)->start;
is $worker->raw->get('/x')->body, "runs\n", 'the server runs';
ok $worker->log->rewind->wait_for(qr/LuaCoInitWorker failed: .*no way/),
    'and says what failed';

# More VMs than one: each has its own globals and modules.
my $many = LuaCo::Server->new(
    mpm  => 'event',
    conf => <<'CONF'
LuaCoVMs 3
<LuaCoInit>
    shared = { n = 0 }
</LuaCoInit>
<Location /vm>
    <LuaCoHandler>
        shared.n = shared.n + 1
        ngx.say(tostring(shared), " ", shared.n)
    </LuaCoHandler>
</Location>
CONF
)->start;
my %vm;
for my $i (1 .. 30) {
    my ($vm, $n) = $many->raw->get('/vm')->body =~ /(table: \S+) (\d+)/;
    is $n, ++$vm{$vm}, "request $i: the next of its VM";
}
is scalar(keys %vm), 3, 'three VMs had requests';

done_testing;
