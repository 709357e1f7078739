# tags: prefork hardlua
# ngx.ctx: one table per request, through its phases, never another's.

use LuaCo::Test;

requests(
    {   name => 'through the phases',
        get  => '/api/ctx/phases?mine=1',
        body => "access handler 1\n",
        log  => qr/trail: access handler log$/,
    },
    {   name => 'replaced on the way',
        get  => '/api/ctx/phases?mine=2&replace=1',
        body => "replaced handler 2\n",
        log  => qr/trail: replaced handler log$/,
    },
    {   name => 'replaced often',
        get  => '/api/ctx/dropped?n=10000',
        body => "ok\n",
    },
);

subtest 'requests of one connection' => sub {
    my $c = raw();
    for (1 .. 3) {
        is $c->get('/api/ctx/fresh')->body, "true\n", 'a fresh table';
    }
    $c->request('GET', '/api/ctx/fresh') for 1 .. 3;
    is $c->response->body, "true\n", 'in a pipeline' for 1 .. 3;
};

subtest 'requests at the same time' => sub {
    my @c = map { raw() } 1 .. 8;
    $c[$_]->request('GET', "/api/ctx/phases?mine=$_&sleep=0.1")
        for 0 .. $#c;
    is $c[$_]->response->body, "access handler $_\n", "number $_"
        for reverse 0 .. $#c;
};

# A table is let go with its request: a state with one VM counts them.
subtest 'gone with the request' => sub {
    my $s = LuaCo::Server->new(conf => <<'CONF');
LuaCoVMs 1
<LuaCoInit>
    alive = setmetatable({}, {__mode = "k"})
</LuaCoInit>
<Location /x>
    LuaCoVirtual On
    <LuaCoHandler>
        ngx.ctx.big = string.rep("x", 1e5)
        alive[ngx.ctx] = true
        if ngx.var.arg_replace then
            ngx.ctx = {}
            alive[ngx.ctx] = true
        end
        ngx.sleep(0)
        collectgarbage()
        collectgarbage()
        local n = 0
        for _ in pairs(alive) do n = n + 1 end
        ngx.say(n)
    </LuaCoHandler>
</Location>
CONF
    $s->start;
    $s->raw->get('/x') for 1 .. 20;
    $s->raw->get('/x?replace=1') for 1 .. 20;
    is $s->raw->get('/x')->body, "1\n", 'only its own is alive';
};

subtest 'without a request' => sub {
    my $s = LuaCo::Server->new(conf => <<'CONF');
<LuaCoInit>
    ngx.log(ngx.ERR, "get: ", select(2, pcall(function() return ngx.ctx end)))
    ngx.log(ngx.ERR, "set: ", select(2, pcall(function() ngx.ctx = {} end)))
</LuaCoInit>
<LuaCoInitWorker>
    ngx.ctx.a = "worker"
    ngx.log(ngx.ERR, "ctx: ", ngx.ctx.a)
    ngx.ctx = {b = "replaced"}
    ngx.log(ngx.ERR, "ctx: ", ngx.ctx.a, ngx.ctx.b)
</LuaCoInitWorker>
CONF
    $s->start;
    ok $s->wait_for_log(qr/ctx: nilreplaced$/), 'InitWorker has one';
    my $text = $s->log->rewind->text;
    like $text, qr/ctx: worker$/m,                'with what it put there';
    like $text, qr/get: \S+: no request found$/m, 'Init has none to read';
    like $text, qr/set: \S+: no request found$/m, 'nor to write';
};

done_testing;
