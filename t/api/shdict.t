# tags: prefork hardlua
# LuaCoSharedDict and ngx.shared.  The same Lua runs in nginx too, with other
# arguments and at random: t/compare/cases/shdict.  What happens to the memory
# when a process dies: t/unit/test_shdict*.c.

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

my $rest = <<'CONF';
<Location />
    LuaCoVirtual On
</Location>
<Location /lua>
    <LuaCoHandler>
        local d = ngx.shared.dogs
        local function show(...)
            local t = table.pack(...)
            for i = 1, t.n do
                local v = t[i]
                t[i] = math.type(v) == "float" and "float " .. v or type(v) == "string" and ("%q"):format(v) or tostring(v)
            end
            ngx.say(table.concat(t, " "))
        end
        local function try(f, ...)
            local t = table.pack(pcall(f, ...))
            if not t[1] then t[2] = t[2]:gsub("^%S+:%d+: ", "") end
            show(table.unpack(t, 2, t.n))
        end
        ngx.req.read_body()
        local f, err = load(ngx.req.get_body_data(), "=test", "t", setmetatable({ d = d, show = show, try = try }, { __index = _G }))
        if not f then return ngx.say(err) end
        f()
    </LuaCoHandler>
</Location>
<Location /phases>
    <LuaCoSet one>
        ngx.shared.cats:rpush("phases", "set")
        return ngx.shared.cats:llen("phases")
    </LuaCoSet>
    <LuaCoRewrite>
        ngx.shared.cats:rpush("phases", "rewrite")
    </LuaCoRewrite>
    <LuaCoAccess>
        ngx.sleep(0)
        ngx.shared.cats:rpush("phases", "access")
    </LuaCoAccess>
    <LuaCoPreContent>
        ngx.shared.cats:rpush("phases", "precontent")
    </LuaCoPreContent>
    <LuaCoHandler>
        ngx.thread.wait(ngx.thread.spawn(function()
            ngx.sleep(0.001)
            ngx.shared.cats:rpush("phases", "thread")
        end))
        ngx.say(ngx.var.one)
    </LuaCoHandler>
    <LuaCoHeaderFilter>
        ngx.shared.cats:rpush("phases", "header filter")
    </LuaCoHeaderFilter>
    <LuaCoBodyFilter>
        if not ngx.ctx.done then ngx.shared.cats:rpush("phases", "body filter") end
        ngx.ctx.done = true
    </LuaCoBodyFilter>
    <LuaCoLog>
        ngx.shared.cats:rpush("phases", "log")
        ngx.log(ngx.ERR, "the log has run")
    </LuaCoLog>
</Location>
<Location /phased>
    <LuaCoHandler>
        local v = ngx.shared.cats:lpop("phases")
        while v do
            ngx.say(v)
            v = ngx.shared.cats:lpop("phases")
        end
    </LuaCoHandler>
</Location>
<Location /count>
    <LuaCoHandler>
        ngx.say((ngx.shared.dogs:incr("count", 1, 0)))
    </LuaCoHandler>
</Location>
<Location /write>
    <LuaCoHandler>
        local d = ngx.shared.full
        for i = 1, 200 do
            local k = "k" .. math.random(60)
            d:set(k, k:rep(math.random(40)))
            d:rpush("l" .. math.random(9), k)
            d:lpop("l" .. math.random(9))
            d:incr("n" .. math.random(9), 1, 0)
            local v = d:get(k)
            if v and v ~= k:rep(#v // #k) then ngx.log(ngx.ERR, "WRONG: ", k, " ", v) end
        end
        ngx.say("ok")
    </LuaCoHandler>
</Location>
CONF
my $dicts = "LuaCoSharedDict dogs 1m\nLuaCoSharedDict cats 16k\nLuaCoSharedDict full 64k\nLuaCoVMs 2\nLogLevel luaco:info\n"
    . "<LuaCoInit>\nngx.shared.cats:incr('init', 1, 0)\n</LuaCoInit>\n"
    . "<LuaCoInitWorker>\nngx.shared.cats:incr('init_worker', 1, 0)\n</LuaCoInitWorker>\n"
    . "<LuaCoExitWorker>\nngx.shared.cats:incr('exit_worker', 1, 0)\n</LuaCoExitWorker>\n";

my $s = LuaCo::Server->new(children => 2, conf => $dicts . $rest)->start;

sub run { return fetch_from($s, '/lua', $_[0]) }

sub fetch_from {
    my ($server, $path, $body) = @_;
    my $c = $server->raw;
    $c->request(defined $body ? 'POST' : 'GET',
        $path, defined $body ? (body => $body) : ());
    return $c->response->body;
}

# After a restart: a child of the time before may answer first.
sub soon {
    my ($name, $code, $expected) = @_;
    my $got;
    wait_until(sub { ($got = run($code)) eq $expected });
    is $got, $expected, $name;
    return;
}

sub lua {
    my ($name, $code, $expected) = @_;
    is run($code), $expected, $name;
    run('d:flush_all() d:flush_expired()');
    return;
}

lua 'values', <<'LUA', <<'END';
show(d:set("s", "text\0more"))
show(d:get("s"))
show(d:set("i", math.maxinteger), d:get("i"))
show(d:set("i", math.mininteger), d:get("i"))
show(d:set("w", 3.0), d:get("w"))
show(d:set("f", 0.1), d:get("f"))
show(d:set("inf", -1/0), d:get("inf"))
show(d:set("t", true), d:get("t"))
show(d:set("t", false), d:get("t"))
show(d:set("t", nil), d:get("t"))
show(d:set("e", ""), d:get("e"))
show(d:get("none"))
show(ngx.shared.none)
show(d:set("fl", 1, 0, 77))
show(d:get("fl"))
show(d:set(12, "number"), d:get("12"))
show(d:set("big", ("x"):rep(300000)), #d:get("big"))
show(d:capacity(), d:free_space() < 1048576 - 300000, d:free_space() > 500000)
LUA
true nil false
"text\0more"
true 9223372036854775807
true -9223372036854775808
true 3
true float 0.1
true float -inf
true true
true false
true nil
true ""
nil
nil
true nil false
1 77
true "number"
true 300000
1048576 true true
END

lua 'add, replace, delete', <<'LUA', <<'END';
show(d:add("a", 1))
show(d:add("a", 2))
show(d:safe_add("a", 2))
show(d:replace("a", 3))
show(d:replace("b", 3))
show(d:get("a"))
show(d:delete("a"))
show(d:delete("a"))
show(d:get("a"))
show(d:add("a", nil))
LUA
true nil false
false "exists" false
false "exists" false
true nil false
false "not found" false
3
true nil false
true nil false
nil
false "attempt to add or replace nil values" false
END

lua 'incr', <<'LUA', <<'END';
show(d:incr("n", 1))
show(d:incr("n", 1, 10))
show(d:incr("n", "2"))
show(d:incr("n", 0.5))
show(d:incr("n", 0.5))
show(d:set("m", math.maxinteger - 1), d:incr("m", 1))
show(d:incr("m", 1) == 2^63)
show(d:incr("t", 1, 0, 100), d:ttl("t") > 99)
d:set("s", "1")
show(d:incr("s", 1))
try(d.incr, d, "n", {})
try(d.incr, d, "n", 1, "x")
try(d.incr, d, "n", 1, 0, -1)
try(d.incr, d, "n", 1, nil, 1)
LUA
nil "not found"
11 nil false
13
float 13.5
14
true 9223372036854775807
true
1 true
nil "not a number"
"cannot convert 'nil' to 'double'"
"bad init arg: number expected, got string"
"bad \"init_ttl\" argument"
"must provide \"init\" when providing \"init_ttl\""
END

lua 'lifetimes', <<'LUA', <<'END';
show(d:set("a", 1, 0.001))
show(d:set("b", 2, 1000, 5), d:ttl("b") > 999, d:ttl("b") <= 1000)
show(d:set("c", 3), d:ttl("c"), d:ttl("d"))
repeat ngx.sleep(0.001) until not d:get("a")
show(d:get_stale("b"))
show(d:get_stale("c"))
d:expire("b", 0.001)
repeat ngx.sleep(0.001) until d:ttl("b") < 0
show(d:get_stale("b"))
show(d:ttl("b") < 0)
show(d:expire("b", 1000), d:get("b"))
show(d:expire("b", 0), d:ttl("b"))
show(d:expire("d", 1))
try(d.expire, d, "b")
try(d.set, d, "b", 1, -1)
for i = 1, 5 do d:set("e" .. i, i) end
for i = 1, 5 do d:expire("e" .. i, 0.001) end
repeat ngx.sleep(0.001) until d:ttl("e5") < 0
show(d:flush_expired(2), d:flush_expired(), d:flush_expired())
show(d:flush_all())
show(d:get("b"), d:flush_expired())
LUA
true nil false
true true true
true 0 nil "not found"
2 5 false
3 nil false
2 5 true
true
true 2 5
true 0
nil "not found"
"bad \"exptime\" argument"
"bad \"exptime\" argument"
2 3 0

nil 0
END

lua 'lists', <<'LUA', <<'END';
show(d:lpush("l", "b"), d:lpush("l", 1), d:rpush("l", 2.5), d:rpush("l", math.maxinteger))
show(d:llen("l"))
show(d:get("l"))
show(d:lpop("l"), d:rpop("l"), d:rpop("l"), d:rpop("l"), d:rpop("l"))
show(d:llen("l"), d:lpop("l"))
d:set("s", 1)
show(d:lpush("s", 1))
show(d:llen("s"))
show(d:lpop("s"))
show(d:rpush("x", true))
try(d.lpush, d, "l")
try(d.llen, d, {})
LUA
1 2 3 4
4
nil "value is a list"
1 9223372036854775807 float 2.5 "b" nil
0 nil
nil "value not a list"
nil "value not a list"
nil "value not a list"
nil "bad value type"
"expecting 3 arguments, but only seen 2"
"bad argument #2 to '?' (string expected, got table)"
END

lua 'keys', <<'LUA', <<'END';
for i = 1, 1030 do d:set("k" .. i, i) end
d:get("k1")
local all = d:get_keys(0)
show(#d:get_keys(), #d:get_keys(3), #all, all[1], all[1029], all[1030])
show(d:set("", 1))
show(d:get(nil))
show(d:set(("k"):rep(65535), 1), d:get(("k"):rep(65535)))
show(d:set(("k"):rep(65536), 1))
show(d:set("k", {}))
LUA
1024 3 1030 "k2" "k1030" "k1"
nil "empty key"
nil "nil key"
true 1
nil "key too long"
nil "bad value type"
END

lua 'something else as the dictionary', <<'LUA', <<'END';
try(d.get, nil, "k")
try(d.get, {}, "k")
try(d.get, { ngx.null }, "k")
try(d.get, { io.stdout }, "k")
try(d.get, { setmetatable({}, nil) }, "k")
try(d.set, "x", "k", 1)
try(d.lpush, 1, "k", 1)
try(d.get_keys, {})
try(d.flush_expired, 1)
try(d.capacity)
show(d.nothing)
d.own = 5
show(rawget(d, "own"))
d.own = nil
LUA
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad \"zone\" argument"
"bad user data for the ngx_shm_zone_t pointer"
"bad argument #1 to '?' (table expected, got number)"
"bad \"zone\" argument"
nil
5
END

lua 'a full one', <<'LUA', <<'END';
d = ngx.shared.full
local ok, err, forced
local v = ("x"):rep(1000)
for i = 1, 1000 do
    ok, err, forced = d:set(i, v)
    if forced then break end
end
show(ok, err, forced, d:get("1"))
show(d:safe_set("new", v))
show(d:safe_add("new", v))
show(d:set("larger", ("y"):rep(65536)))
show(d:set("half", ("y"):rep(20000)))
show(#d:get("half"))
d:flush_all() d:flush_expired()
d:set("stays", 1)
local n
repeat n, err = d:lpush("list", v) until not n
show(n, err, d:get("stays"))
d:flush_all() d:flush_expired()
LUA
true nil true nil
false "no memory" false
false "no memory" false
false "no memory" true
true nil false
20000
nil "no memory" 1
END

lua 'a finalizer that uses a dictionary', <<'LUA', <<'END';
d:set("long", ("l"):rep(5000))
for i = 1, 200 do d:set("key" .. i, i) end
for i = 1, 2000 do
    setmetatable({}, { __gc = function() d:get("long") d:get_keys() end })
    local keys = d:get_keys(0)
    assert(#keys == 201 and keys[201]:match("^key%d+$") or keys[201] == "long", keys[201])
    assert(d:get("key7") == 7)
end
show("whole")
LUA
"whole"
END

is fetch_from($s, '/phases'), "1\n", 'in LuaCoSet';
ok $s->wait_for_log(qr/the log has run/), 'LuaCoLog';
is fetch_from($s, '/phased'), <<'END', 'in every phase';
set
rewrite
access
precontent
thread
header filter
body filter
log
END

subtest 'all VMs and children, restarts' => sub {
    is run('show(ngx.shared.cats:get("init"))'), "2\n", 'LuaCoInit, in the parent';
    for (1 .. 20) {
        is fetch_from($s, '/count'), "$_\n", "request $_";
    }
    run('d:set("kept", "for long")');
    $s->graceful;
    is run('show(d:get("kept"))'), qq{"for long"\n}, 'graceful: kept';
    is run('show(ngx.shared.cats:get("init"))'), "4\n", 'LuaCoInit adds to it';
    $s->restart;
    is run('show(d:get("kept"))'), qq{"for long"\n}, 'restart: kept';
    my $other = $dicts;
    $other =~ s/dogs 1m/dogs 2m/;
    $other =~ s/^LuaCoSharedDict cats.*//m;
    $other =~ s/^.*cats.*//mg;
    $s->set_conf($other . $rest);
    $s->graceful;
    soon 'another size: a new one; none: gone',
        'show(d:get("kept"), d:capacity(), ngx.shared.cats)',
        "nil 2097152 nil\n";
    $s->set_conf($dicts . $rest);
    $s->graceful;
    soon 'what comes back is new',
        'show(d:get("kept"), ngx.shared.cats and ngx.shared.cats:get("init"))',
        "nil 2\n";
};

subtest 'children are killed' => sub {
    my $load = $s->load('/write', clients => 4);
    for my $n (1 .. 12) {
        my @pids = $s->children;
        ok $load->wait_done(10 * $n), 'requests go on';
        kill KILL => $pids[0] if @pids;
    }
    my $sum = $load->stop;
    cmp_ok $sum->{done}, '>', 100, 'most were answered';
    unlike $s->log->text, qr/WRONG/, 'no value was wrong';
    is fetch_from($s, '/write'), "ok\n", 'it goes on';
};

ok $s->stop, 'stopped';

subtest 'directives' => sub {
    my @refused = (
        ['no size',          'LuaCoSharedDict dogs',     qr/takes two arguments/],
        ['below 8k',         'LuaCoSharedDict dogs 8191', qr/must have a size .* not '8191'/],
        ['no number',        'LuaCoSharedDict dogs big', qr/must have a size/],
        ['a unit unknown',   'LuaCoSharedDict dogs 1g',  qr/must have a size/],
        ['below 0',          'LuaCoSharedDict dogs -1m', qr/must have a size/],
        ['a fraction',       'LuaCoSharedDict dogs 1.5m', qr/must have a size/],
        ['far too large',    'LuaCoSharedDict dogs 99999999999999999999m', qr/must have a size/],
        ['too large',        'LuaCoSharedDict dogs 131073m', qr/must have a size/],
        ['an empty name',    'LuaCoSharedDict "" 1m',    qr/takes two arguments/],
        ['twice',            "LuaCoSharedDict a 1m\nLuaCoSharedDict b 1m\nLuaCoSharedDict a 2m", qr/LuaCoSharedDict a is duplicate, the first is on line 1/, 3],
        ['in a host',        "<VirtualHost *>\nLuaCoSharedDict a 1m\n</VirtualHost>", qr/LuaCoSharedDict/, 2],
        ['in a section',     "<Location />\nLuaCoSharedDict a 1m\n</Location>", qr/LuaCoSharedDict not allowed/, 2],
    );
    for (@refused) {
        my ($name, $conf, $says, $line) = @$_;
        my $t = LuaCo::Server->new(conf => "$conf\n");
        my ($good, $said) = $t->configtest;
        ok !$good, "$name: refused";
        like $said, $says, "$name: why";
        like $said, qr/line @{[$line || 1]} of /, "$name: where";
    }
    my $t = LuaCo::Server->new(conf => "LuaCoSharedDict small 8k\nLuaCoSharedDict K 12K\nLuaCoSharedDict M 2M\nLuaCoSharedDict n 100000\n"
        . "<LuaCoInit>\nlocal s = ngx.shared\nngx.log(ngx.ERR, s.small:capacity(), ' ', s.K:capacity(), ' ', s.M:capacity(), ' ', s.n:capacity())\n</LuaCoInit>\n");
    $t->start;
    ok $t->wait_for_log(qr/8192 12288 2097152 100000/), 'sizes';
    $t->stop;
};

done_testing;
