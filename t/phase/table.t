# Which function runs in which phase: calls every function of the table in
# t/compare/cases/phase/_apis.lua in every phase; `make compare` does the same
# in both servers.

use LuaCo::Test;

my $top  = LuaCo::Httpd::top() . '/t';
my $file = "$top/phase/lua/table.lua";
my $dir  = "$top/compare/cases/phase";

# Is there a directive of this name?
sub has {
    my ($directive) = @_;
    my $try = LuaCo::Server->new(
        conf  => "$directive ok.lua\n",
        files => { 'ok.lua' => '' },
    );
    my ($ok) = $try->configtest;
    return $ok;
}

my %directive = (
    rewrite       => 'LuaCoRewrite',
    access        => 'LuaCoAccess',
    precontent    => 'LuaCoPreContent',
    content       => 'LuaCoHandler',
    header_filter => 'LuaCoHeaderFilter',
    body_filter   => 'LuaCoBodyFilter',
    log           => 'LuaCoLog',
);
my $conf = <<"CONF";
LuaCoVMs 1
<LuaCoInit>
    TABLE_DIR = "$dir"
    dofile("$file")
</LuaCoInit>
LuaCoInitWorker $file
LuaCoExitWorker $file
<Directory "\@DocumentRoot\@">
    Require all granted
</Directory>
<LuaCoServerRewrite>
    if ngx.var.uri:find("^/server_rewrite") then
        dofile("$file")
    end
</LuaCoServerRewrite>
<Location "/set">
    LuaCoSet X "$file"
</Location>
<Location "/authz">
    Require luaco "\@Root\@/authz.lua"
</Location>
<Location "/names">
    <LuaCoHandler>
        local known = {}
        for _, api in ipairs(dofile("$dir/_apis.lua").apis) do
            known[api[1]] = true
        end
        local function look(name, t)
            for key, value in pairs(t) do
                local path = name .. "." .. tostring(key)
                if type(value) == "function" and not known[path] then
                    ngx.say(path)
                end
            end
        end
        look("ngx", ngx)
        for _, name in ipairs { "req", "resp", "thread", "re", "config" } do
            look("ngx." .. name, ngx[name] or {})
        end
    </LuaCoHandler>
</Location>
CONF
my @phases = qw(set server_rewrite authz);
for my $phase (sort keys %directive) {
    next if !has($directive{$phase});
    push @phases, $phase;
    $conf .= qq(<Location "/$phase">\n    $directive{$phase} "$file"\n)
        . "</Location>\n";
}

my $s = LuaCo::Server->new(
    conf  => $conf,
    files => {
        map({ ("htdocs/$_" => "file\n") } @phases),
        'authz.lua' => "table_phase = 'authz'\ndofile('$file')\n",
    },
);

# What the walk of PHASE had to say since the mark.
sub walked {
    my ($phase, $ends) = @_;
    ok $s->wait_for_log(qr/TABLE walked: $phase to/), "$phase: walked"
        or diag $s->log->text
        if !$ends;
    my @wrong = map {s/.*TABLE wrong: //r} $s->log->lines(qr/TABLE wrong/);
    is join("\n", @wrong), '', "$phase: as the table says";
    return;
}

$s->start;
walked('init');
walked('init_worker');
is $s->raw->get('/names')->body, '', 'all functions are in the table';

for my $phase (@phases) {
    $s->log->mark;
    $s->raw->get("/$phase");
    walked($phase);
    for my $n (1 .. 4) {
        $s->log->mark;
        my $c = $s->raw;
        $c->request('GET', "/$phase?n=$n");
        eval { $c->response };
        # The next request on the only VM comes after all of this one.
        $s->raw->get('/names');
        walked($phase, 1);
    }
}
$s->log->mark;
ok $s->stop, 'it stops';
walked('exit_worker');

done_testing;
