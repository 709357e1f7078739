# tags: prefork hardlua
# require "ngx.errlog" and LuaCoCaptureErrorLog, as lua-resty-core's
# documentation has them.

use LuaCo::Test;

my $show = <<'LUA';
        local errlog = require "ngx.errlog"
        local function show(logs)
            for i = 1, #logs, 3 do
                ngx.say(logs[i], " ", math.abs(logs[i + 1] - ngx.now()) < 600, " ", (logs[i + 2]:gsub("^%[lua%] %S+ ", "")))
            end
        end
        local function try(f, ...)
            local ok, a, b = pcall(f, ...)
            ngx.say(tostring(ok), " ", (tostring(a):gsub("^%S+:%d+: ", "")), " ", tostring(b))
        end
LUA

my $s = LuaCo::Server->new(conf => <<"CONF");
LuaCoVMs 1
LuaCoCaptureErrorLog 32k
LogLevel luaco:info
<LuaCoInit>
    ngx.log(ngx.ERR, "from init")
</LuaCoInit>
<LocationMatch "^/">
    LuaCoVirtual On
</LocationMatch>
<Location /empty>
    <LuaCoHandler>
$show
        repeat until #errlog.get_logs(0) == 0
        errlog.set_filter_level(ngx.DEBUG)
        ngx.say("empty")
    </LuaCoHandler>
</Location>
<Location /first>
    <LuaCoHandler>
$show
        local found
        local logs = errlog.get_logs(0)
        for i = 3, #logs, 3 do found = found or logs[i]:match("from init") end
        ngx.say(found)
    </LuaCoHandler>
</Location>
<Location /levels>
    <LuaCoHandler>
$show
        for _, l in ipairs{"STDERR", "EMERG", "ALERT", "CRIT", "ERR", "WARN", "NOTICE", "INFO", "DEBUG"} do ngx.log(ngx[l], l) end
        local first = errlog.get_logs(3)
        ngx.say(#first)
        show(first)
        local rest = {}
        for i = 1, 30 do rest[i] = "old" end
        ngx.say(errlog.get_logs(nil, rest) == rest, " ", rest[15]:sub(-4), " ", tostring(rest[16]), " ", rest[17])
        for i = 16, 30 do rest[i] = nil end
        show(rest)
        ngx.say(#errlog.get_logs(), " ", #errlog.get_logs(1))
        for i = 1, 25 do ngx.log(ngx.ERR, "many ", i) end
        ngx.say(#errlog.get_logs() / 3 // 1, " ", #errlog.get_logs(-1) / 3 // 1)
    </LuaCoHandler>
</Location>
<Location /filter>
    <LuaCoHandler>
$show
        ngx.say(errlog.set_filter_level(ngx.WARN))
        for _, l in ipairs{"ERR", "WARN", "NOTICE", "INFO"} do ngx.log(ngx[l], l) end
        errlog.set_filter_level(ngx.DEBUG)
        show(errlog.get_logs())
    </LuaCoHandler>
</Location>
<Location /raw>
    <LuaCoHandler>
$show
        errlog.raw_log(ngx.WARN, "a raw \\0 message")
        errlog.raw_log(ngx.ERR, "")
        errlog.raw_log(ngx.DEBUG, "below LogLevel")
        show(errlog.get_logs())
        ngx.say(errlog.get_sys_filter_level())
    </LuaCoHandler>
</Location>
<Location /debug>
    LogLevel luaco:trace2
    <LuaCoHandler>
        ngx.say(require("ngx.errlog").get_sys_filter_level())
    </LuaCoHandler>
</Location>
<Location /errors>
    <LuaCoHandler>
$show
        try(errlog.set_filter_level)
        try(errlog.set_filter_level, false)
        try(errlog.set_filter_level, 9)
        try(errlog.set_filter_level, -1)
        try(errlog.set_filter_level, "x")
        try(errlog.set_filter_level, {})
        try(errlog.get_logs, {})
        try(errlog.get_logs, 1, "x")
        try(errlog.raw_log)
        try(errlog.raw_log, "1", "x")
        try(errlog.raw_log, 1)
        try(errlog.raw_log, 1, 2)
        try(errlog.raw_log, 9, "x")
        try(errlog.raw_log, -1, "x")
        try(errlog.raw_log, 0/0, "x")
    </LuaCoHandler>
</Location>
<Location /full>
    <LuaCoHandler>
$show
        for i = 1, 100 do ngx.log(ngx.ERR, i, ("x"):rep(1000)) end
        local logs = errlog.get_logs(0)
        ngx.say(#logs // 3 > 20, " ", #logs // 3 < 33, " ", logs[#logs]:find(" 100x") ~= nil)
    </LuaCoHandler>
</Location>
<Location /phases>
    <LuaCoAccess>
        require("ngx.errlog").raw_log(ngx.ERR, "access")
    </LuaCoAccess>
    <LuaCoHandler>
$show
        ngx.sleep(0.001)
        ngx.thread.wait(ngx.thread.spawn(function() ngx.sleep(0.001) errlog.raw_log(ngx.ERR, "thread") end))
        show(errlog.get_logs())
    </LuaCoHandler>
    <LuaCoLog>
        require("ngx.errlog").raw_log(ngx.ERR, "log: " .. tostring(#require("ngx.errlog").get_logs()))
    </LuaCoLog>
</Location>
CONF
$s->start;

# One child: what one request logs the next one finds.
my $c = $s->raw;
sub said { return $c->get($_[0])->body }

is said('/first'), "from init\n", 'what LuaCoInit logged';
is said('/empty'), "empty\n", 'taken out';
is said('/levels'), <<'END', 'levels, and how many at once';
9
1 true STDERR
1 true EMERG
2 true ALERT
true INFO nil old
3 true CRIT
4 true ERR
5 true WARN
6 true NOTICE
7 true INFO
0 0
10 15
END
is said('/filter'), "true\n4 true ERR\n5 true WARN\n", 'set_filter_level';
is said('/raw'), "5 true a raw \\\\x00 message\n4 true \n7\n", 'raw_log';
is said('/debug'), "8\n", 'get_sys_filter_level';
said('/empty');
is said('/errors'), <<'END', 'errors';
true nil missing "level" argument
true nil missing "level" argument
true nil bad log level: 9
true nil bad log level: -1
false bad argument #1 to 'ngx.errlog.set_filter_level' (number expected, got string) nil
false bad argument #1 to 'ngx.errlog.set_filter_level' (number expected, got table) nil
false bad argument #1 to 'ngx.errlog.get_logs' (number expected, got table) nil
false bad argument #2 to 'ngx.errlog.get_logs' (table expected, got string) nil
false bad argument #1 to 'raw_log' (must be a number) nil
false bad argument #1 to 'raw_log' (must be a number) nil
false bad argument #2 to 'raw_log' (must be a string) nil
false bad argument #2 to 'raw_log' (must be a string) nil
false bad log level nil
false bad log level nil
false bad log level nil
END
said('/empty');
is said('/full'), "true true true\n", 'the oldest go first';
is said('/phases'), "4 true access\n4 true thread\n", 'phases';
ok $s->wait_for_log(qr/log: 0$/), 'LuaCoLog';
$s->stop;

subtest 'without the directive' => sub {
    $s->set_conf(<<"CONF");
<Location />
    LuaCoVirtual On
    <LuaCoHandler>
$show
        ngx.say(errlog.get_logs())
        ngx.say(errlog.set_filter_level(ngx.ERR))
        errlog.raw_log(ngx.ERR, "raw")
        ngx.say(errlog.get_sys_filter_level())
    </LuaCoHandler>
</Location>
CONF
    $s->start;
    is $s->raw->get('/')->body,
        qq{nildirective "LuaCoCaptureErrorLog" is not set\n} x 2 . "7\n", 'nil';
    $s->stop;
};

subtest 'many at once' => sub {
    $s->set_conf(<<"CONF");
LuaCoVMs 3
LuaCoCaptureErrorLog 16k
<Location />
    LuaCoVirtual On
    <LuaCoHandler>
        local errlog = require "ngx.errlog"
        local n = tonumber(ngx.var.request_id:sub(1, 2), 16)
        for i = 1, 20 do
            ngx.log(ngx.ERR, "mark", ("x"):rep(n * i % 700), "end")
            if i % 7 == 0 then ngx.sleep(0) end
        end
        local logs = errlog.get_logs(n % 30)
        for i = 1, #logs, 3 do
            if logs[i + 2]:find("mark", 1, true) and not logs[i + 2]:find("markx*end\$") then ngx.say("torn: ", logs[i + 2]) end
        end
        ngx.say("whole")
    </LuaCoHandler>
</Location>
CONF
    $s->start;
    my $load = $s->load('/', clients => 6, body => qr/\Awhole\n\z/);
    ok $load->wait_done(300), 'requests';
    my $sum = $load->stop;
    is $sum->{failed}, 0, 'none torn' or diag $sum->{why};
    $s->stop;
};

subtest 'the directive' => sub {
    for my $size (qw(x 1 4095 3k 2048m 99999999999999999999 4kk -4k)) {
        $s->set_conf("LuaCoCaptureErrorLog $size\n");
        unlink $s->root . '/logs/configtest';
        my ($ok, $output) = $s->configtest;
        ok !$ok, "size $size";
        like $output, qr/LuaCoCaptureErrorLog must be a size from 4k on/,
            'says why';
    }
    $s->set_conf("<Location /x>\nLuaCoCaptureErrorLog 4k\n</Location>\n");
    my ($ok, $output) = $s->configtest;
    like $output, qr/LuaCoCaptureErrorLog not allowed in <Location> context/, 'context';
};

done_testing;
