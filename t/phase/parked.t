# What may happen to a request while it is parked in each phase that may wait:
# half of Timeout goes by, the client goes, the child is told to end.

use LuaCo::Test;

my @phases = qw(server_rewrite rewrite access precontent);
my $conf   = <<'CONF';
Timeout 2
LuaCoServerRewrite "@Root@/phase.lua"
<Location "/">
    LuaCoRewrite "@Root@/phase.lua"
    LuaCoAccess "@Root@/phase.lua"
    LuaCoPreContent "@Root@/phase.lua"
</Location>
<Directory "@DocumentRoot@">
    Require all granted
</Directory>
<LuaCoLog>
    ngx.log(ngx.NOTICE, "logged: ", ngx.var.status, " ", ngx.ctx.steps, ". for ",
        ngx.var.arg_wait, " ", ngx.var.arg_t, ".")
</LuaCoLog>
LogLevel luaco:trace4
CONF
my $lua = <<'LUA';
local phase = ngx.get_phase()
ngx.ctx.steps = (ngx.ctx.steps or "") .. " " .. phase
if ngx.var.arg_wait == phase then
    ngx.log(ngx.NOTICE, "waits in ", phase)
    ngx.sleep(tonumber(ngx.var.arg_t))
    ngx.ctx.steps = ngx.ctx.steps .. " waited"
end
LUA
my %files = ('phase.lua' => $lua, 'htdocs/a.txt' => "a file\n");
my $s     = LuaCo::Server->new(conf => $conf, files => {%files});
$s->start;

sub start {
    my ($phase, $t) = @_;
    my $c = $s->raw(timeout => 60);
    $c->request('GET', "/a.txt?wait=$phase&t=$t");
    $s->wait_for_log(qr/waits in $phase/) or die "$phase does not wait";
    return $c;
}

# Past Timeout: parked anew on the way, without a step of Lua twice.
for my $phase (@phases) {
    $s->log->mark;
    my $c = start($phase, 2.5);
    is $c->response->body, "a file\n", "$phase: longer than Timeout";
    my $line = $s->wait_for_log(qr/logged: .* for $phase 2\.5\./);
    my $steps = join ' ', map { $_ eq $phase ? "$_ waited" : $_ } @phases;
    like $line, qr/logged: 200  $steps\./, "$phase: each once";
    cmp_ok $s->log->count(qr/luaco: park$/), '>', 1, "$phase: parked again";
    is $c->get('/a.txt')->body, "a file\n", "$phase: the connection lives";
}

# The client goes: Lua runs on, the request ends by itself.
for my $phase (@phases) {
    $s->log->mark;
    my $c = start($phase, 0.2);
    $c->close;
    my $line = $s->wait_for_log(qr/logged: .* for $phase 0\.2\./) // '';
    like $line, qr/logged: 200 .* waited/, "$phase: ran on without a client";
}

# A graceful restart waits for them.
$s->log->mark;
my @waiting = map { start($_, 1) } @phases;
$s->graceful;
is $_->response->body, "a file\n", 'a graceful restart: answered'
    for @waiting;

# A stop does not.
$s->log->mark;
@waiting = map { start($_, 3600) } @phases;
ok $s->stop, 'a stop';
for my $c (@waiting) {
    my $r = eval { $c->response };
    ok !$r || $r->status == 503, 'a stop: no answer, or 503';
}
is $s->log->count(qr/exit signal|AH00052/), 0, 'no child died';

done_testing;
