# tags: prefork hardlua
# ngx.encode_args and ngx.decode_args in each phase, after a yield, in a light
# thread; big tables. What they give is in t/compare/cases/args.

use LuaCo::Test;

my $s = LuaCo::Server->new(conf => <<'CONF');
<LuaCoInit>
    function round_trip(n)
        local t = {}
        for i = 1, n do t["k &" .. i] = {"v=" .. i, true, i / 2} end
        local back = ngx.decode_args(ngx.encode_args(t), 0)
        for k, v in pairs(t) do
            local b = assert(back[k])
            assert(b[1] == v[1] and b[2] == true and b[3] == tostring(v[3]))
            back[k] = nil
        end
        assert(next(back) == nil)
        return ngx.get_phase() .. " " .. n
    end
    print(round_trip(10))
</LuaCoInit>
<LuaCoInitWorker>
    ngx.log(ngx.WARN, round_trip(10), ".")
</LuaCoInitWorker>
<Location /x>
    LuaCoVirtual On
    <LuaCoAccess>
        ngx.ctx.access = round_trip(10)
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say(ngx.ctx.access)
        ngx.say(round_trip(3000))
        ngx.sleep(0.001)
        ngx.say(select(2, ngx.thread.wait(ngx.thread.spawn(round_trip, 20))))
        ngx.say(coroutine.wrap(round_trip)(30))
        local t, err = ngx.decode_args(("a=1&"):rep(100000), 0)
        ngx.say(#t.a, " ", tostring(err))
        local t, err = ngx.decode_args(("a=1&"):rep(100000))
        ngx.say(#t.a, " ", tostring(err))
        ngx.say(#ngx.encode_args{k = ("%"):rep(1000000)})
        local given = {n = 5}
        ngx.encode_args(given)
        ngx.say(math.type(given.n))
    </LuaCoHandler>
    <LuaCoLog>
        ngx.log(ngx.WARN, round_trip(10), ".")
    </LuaCoLog>
</Location>
CONF
$s->start;
is $s->raw->get('/x')->body, <<'TEXT', 'in a request';
access 10
content 3000
content 20
content 30
100000 nil
100 truncated
3000002
integer
TEXT
ok $s->wait_for_log(qr/\[lua\] .*: init_worker 10\.$/), 'LuaCoInitWorker';
ok $s->wait_for_log(qr/\[lua\] .*: log 10\.$/),         'LuaCoLog';

done_testing;
