# tags: prefork hardlua
# require "ngx.semaphore".  Its order among light threads and its errors run in
# nginx too: t/compare/cases/semaphore.

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

my $s = LuaCo::Server->new(children => 1, workers => 8, conf => <<'CONF')->start;
LuaCoVMs 1
LogLevel luaco:info
<LuaCoInit>
    semaphore = require "ngx.semaphore"
    shared = semaphore.new()
    posted = semaphore.new(1):post()
    local ok, err = pcall(shared.wait, shared, 1)
    init = err:gsub("^%S+:%d+: ", "")
</LuaCoInit>
<Location />
    LuaCoVirtual On
    LuaCoCheckClientAbort On
</Location>
<Location /init>
    <LuaCoHandler>
        ngx.say(init, " ", tostring(posted))
    </LuaCoHandler>
</Location>
<Location /wait>
    <LuaCoHandler>
        ngx.say("begun")
        ngx.flush(true)
        ngx.say(tostring(shared:wait(60)))
    </LuaCoHandler>
</Location>
<Location /access>
    <LuaCoAccess>
        assert(shared:wait(60))
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("let in")
    </LuaCoHandler>
</Location>
<Location /post>
    <LuaCoHandler>
        shared:post(tonumber(ngx.var.args))
        ngx.say(shared:count())
    </LuaCoHandler>
</Location>
<Location /count>
    <LuaCoHandler>
        ngx.say(shared:count())
    </LuaCoHandler>
</Location>
<Location /exit>
    <LuaCoHandler>
        for i = 1, 3 do
            ngx.thread.spawn(function() shared:wait(60) ngx.log(ngx.ERR, "WRONG") end)
        end
        ngx.say(shared:count())
        if ngx.var.args then shared:post(2) end
        ngx.exit(200)
    </LuaCoHandler>
</Location>
<Location /kill>
    <LuaCoHandler>
        local sema = semaphore.new()
        local got = {}
        local function wait(name) if sema:wait(5) then got[#got + 1] = name end end
        local a = ngx.thread.spawn(wait, "a")
        local b = ngx.thread.spawn(wait, "b")
        sema:post()
        -- handed to a, which has not run yet
        ngx.say(tostring(ngx.thread.kill(a)), " ", sema:count())
        ngx.thread.wait(b)
        ngx.say(table.concat(got, " "), " ", sema:count())
    </LuaCoHandler>
</Location>
<Location /collect>
    <LuaCoHandler>
        local t = {}
        for i = 1, 50 do
            local sema = semaphore.new()
            t[i] = ngx.thread.spawn(function()
                local own = sema
                sema = nil
                local ok, err = own.wait(own, 0.02)
                return tostring(ok) .. " " .. err
            end)
            -- it is on the stack of its waiter alone
            if sema then sema.sem = nil end
        end
        collectgarbage()
        collectgarbage()
        local _, said
        for i = 1, 50 do _, said = ngx.thread.wait(t[i]) end
        ngx.say(said)
    </LuaCoHandler>
</Location>
<Location /lock>
    <LuaCoHandler>
        -- a lock around what waits
        lock = lock or semaphore.new(1)
        inside = inside or 0
        assert(lock:wait(60))
        inside = inside + 1
        local n = inside
        ngx.sleep(0)
        inside = inside - 1
        lock:post()
        ngx.say(n)
    </LuaCoHandler>
</Location>
CONF

sub said { return $s->raw->get($_[0])->body }

sub counts {
    my ($n, $name) = @_;
    my $got;
    wait_until(sub { chomp($got = said('/count')); $got eq $n });
    is $got, $n, $name;
    return;
}

sub begin {
    my ($uri) = @_;
    my $c = $s->raw;
    $c->request('GET', $uri);
    if ($uri eq '/wait') {
        $c->response_head;
        $c->read_chunk;
    }
    return $c;
}

is said('/init'), "no request found true\n", 'in LuaCoInit';
is said('/collect'), "false timeout\n", 'a semaphore that only its waiter has';
is said("/kill"), "1 0\nb 0\n", 'what a killed one was handed goes on';

SKIP: {
    skip 'one request at a time', 10 if $s->{mpm} eq 'prefork';
    my @c = map { my $c = begin('/wait'); counts(-$_, "$_ wait"); $c } 1 .. 3;
    is said('/post'), "-2\n", 'one is handed on';
    is $c[0]->read_chunk, "true\n", 'to the first';
    $c[1]->reset;
    counts(-1, 'the client of the second goes away');
    my $access = begin('/access');
    counts(-2, 'an access check waits');
    is said('/post?3'), "1\n", 'more than are waited for';
    is $c[2]->read_chunk, "true\n", 'the third';
    is $access->response->body, "let in\n", 'the access check';
    is said('/count'), "1\n", 'one is left';
    is said('/wait'), "begun\ntrue\n", 'and taken';
    is said('/exit'), "-3\n", 'ngx.exit while three wait';
    counts(0, 'they have left');
    is said('/exit?1'), "-3\n", 'ngx.exit after two of them were posted';
    counts(2, 'which gives them back');
    said('/wait') for 1, 2;
    my $c = begin('/wait');
    $s->graceful;
    $c->close;
}
my $load = $s->load('/lock', clients => 4, body => qr/^1$/);
ok $load->wait_done(200), 'a lock';
my $sum = $load->stop;
is $sum->{failed}, 0, 'never two inside' or diag $sum->{why};
ok $s->stop, 'stopped';
unlike $s->log->text, qr/WRONG/, 'nobody was resumed after the end';

done_testing;
