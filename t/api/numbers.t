# LuaCoNumbers: how ngx.* and the standard library write and take floats.

use LuaCo::Test;

my $code = <<'LUA';
        local v = {60/2, 2^53, -3.0, 1.5, 1e100, 1/0, -1/0, 7, 1e15}
        ngx.say({v[1], " ", v[2], " ", v[3], " ", v[4], " ", v[5], " ", v[6], " ", v[7], " ", v[8], " ", v[9]})
        ngx.say(v[1], " ", tostring(v[1]), " ", table.concat({v[1]}), " ", string.format("%s", v[1]))
        ngx.header.x_number = v[1]
        ngx.ctx.n = v[1]
        ngx.var.number = v[1]
        ngx.say(ngx.var.number)
        ngx.log(ngx.ERR, "number ", v[1], ".")
        ngx.say(v[1] .. "")
LUA

for my $row (
    [   luajit => '30 9.007199254741e+15 -3 1.5 1e+100 inf -inf 7 1e+15',
        '30 30 30 30', '30', '30'
    ],
    [   lua => '30.0 9.007199254741e+15 -3.0 1.5 1e+100 inf -inf 7 1e+15',
        '30.0 30.0 30.0 30.0', '30.0', '30.0'
    ],
    )
{
    my ($mode, $list, $ways, $var, $log) = @$row;
    subtest $mode => sub {
        my $s = LuaCo::Server->new(conf => <<"CONF");
LuaCoNumbers $mode
<Location /x>
    LuaCoVirtual On
    <LuaCoHandler>
$code
    </LuaCoHandler>
</Location>
CONF
        $s->start;
        my $r = $s->raw->get('/x');
        is $r->body, "$list\n$ways\n$var\n30.0\n", 'written';
        ok $s->wait_for_log(qr/number \Q$log\E\.$/), 'logged';
    };
}

done_testing;
