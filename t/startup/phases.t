# The directives of the phases around the handler: where each may stand, what
# is refused with file and line, that .htaccess has none of them, and how
# sections and virtual hosts inherit.

use LuaCo::Test;

my @refused = (
    [   'LuaCoSet without a file', "LuaCoSet X\n",
        1,                         qr/LuaCoSet takes a variable/
    ],
    ['LuaCoSet alone', "LuaCoSet\n", 1, qr/LuaCoSet takes a variable/],
    [   'LuaCoSet: no such file',
        "LuaCoSet X nowhere.lua\n",
        1, qr/LuaCoSet: cannot open \S+nowhere\.lua/
    ],
    [   'LuaCoSet: a broken block',
        "\n<LuaCoSet X a b>\nreturn return\n</LuaCoSet>\n",
        2, qr/^LuaCoSet\(test\.conf:2\):1: unexpected symbol/m
    ],
    [   'LuaCoSet: a block without a variable',
        "<LuaCoSet>\n</LuaCoSet>\n",
        1, qr/<LuaCoSet needs the name of a variable/
    ],
    [   'LuaCoSet: no end of the tag',
        "<LuaCoSet X\n</LuaCoSet>\n",
        1, qr/<LuaCoSet needs the name of a variable, and a '>'/
    ],
    [   'LuaCoSet: not closed',
        "<LuaCoSet X>\nreturn 1\n",
        1, qr{<LuaCoSet> was not closed by a line </LuaCoSet>}
    ],
    (   map {
            [   "LuaCoSet $_",
                "LuaCoSet $_ ok.lua\n",
                1, qr/LuaCoSet: '\S*' is no name of a variable/
            ]
        } '$x',
        '1x', 'a-b', 'a.b', '""'
    ),
    (   map {
            [   "LuaCoSet $_",
                "<Location /x>\n<LuaCoSet $_>\n</LuaCoSet>\n</Location>\n",
                2,
                qr/LuaCoSet: '$_' is a variable that cannot be given a value/
            ]
        } qw(uri remote_addr REQUEST_URI http_x arg_y cookie_z status)
    ),
    [   'LuaCoSet: no expression',
        "LuaCoSet X ok.lua \"%{NOWHERE\"\n",
        1, qr/LuaCoSet: cannot parse '%\{NOWHERE'/
    ],
    [   'LuaCoSet twice',
        "LuaCoSet X ok.lua\nLuaCoSet Y ok.lua\n"
            . "<LuaCoSet X a>\n</LuaCoSet>\n",
        3, qr/LuaCoSet X is duplicate, the first is on line 1/
    ],
    [   'LuaCoRewrite twice',
        "LuaCoRewrite ok.lua\nLuaCoRewrite None\n",
        2, qr/LuaCoRewrite is duplicate, the first is on line 1/
    ],
    [   'LuaCoServerRewrite: a broken block',
        "<LuaCoServerRewrite>\nx x\n</LuaCoServerRewrite>\n",
        1, qr/^LuaCoServerRewrite\(test\.conf:1\):1: syntax error/m
    ],
    [   'LuaCoPreContent: two files',
        "LuaCoPreContent a b\n",
        1, qr/LuaCoPreContent takes one argument/
    ],
    [   'Require luaco', "<Location /x>\nRequire luaco\n</Location>\n",
        2, qr/Require luaco takes one argument/
    ],
    [   'Require luaco None',
        "<Location /x>\nRequire luaco None\n</Location>\n",
        2, qr/Require luaco takes one argument/
    ],
    [   'Require luaco a b',
        "<Location /x>\nRequire luaco ok.lua b\n</Location>\n",
        2, qr/Require luaco takes one argument/
    ],
    [   'Require luaco: a broken file',
        "<Location /x>\n<RequireAll>\nRequire luaco bad.lua\n</RequireAll>\n"
            . "</Location>\n",
        3, qr/Require luaco: \S*bad\.lua:2: unexpected symbol/
    ],
);
for my $directive ('LuaCoExitWorker ok.lua',
    "<LuaCoExitWorker>\n</LuaCoExitWorker>")
{
    push @refused,
        [
        'LuaCoExitWorker in <VirtualHost>',
        "<VirtualHost *>\n$directive\n</VirtualHost>\n",
        2,
        qr/LuaCoExitWorker cannot occur within <VirtualHost> section/
        ];
}
for my $directive ('LuaCoExitWorker ok.lua', 'LuaCoServerRewrite ok.lua',
    "<LuaCoServerRewrite>\n</LuaCoServerRewrite>")
{
    my ($name) = $directive =~ /(\w+)/;
    for my $section ('Location /x', 'Directory /x', 'Files x', 'If true') {
        my ($tag) = $section =~ /(\w+)/;
        push @refused,
            [
            "$name in <$tag>", "<$section>\n$directive\n</$tag>\n",
            2,                 qr/$name not allowed in <$tag> context/
            ];
    }
}
for my $directive (
    'LuaCoRewrite ok.lua',
    'LuaCoPreContent ok.lua',
    'LuaCoSet X ok.lua',
    "<LuaCoSet X>\n</LuaCoSet>"
    )
{
    my ($name) = $directive =~ /(\w+)/;
    push @refused,
        [
        "$name in <Limit>",
        "<Location /x>\n<Limit GET>\n$directive\n</Limit>\n</Location>\n",
        3,
        qr/$name cannot occur within <Limit> or <LimitExcept> section/
        ],
        [
        "$name in <Proxy>", "<Proxy *>\n$directive\n</Proxy>\n",
        2,                  qr/$name cannot occur within <Proxy> section/
        ];
}

my @taken = (
    ['LuaCoExitWorker', "LuaCoExitWorker ok.lua\n"],
    [   'LuaCoServerRewrite',
        "LuaCoServerRewrite ok.lua\n<VirtualHost *>\n"
            . "LuaCoServerRewrite None\n</VirtualHost>\n"
    ],
    [   'LuaCoSet',
        "LuaCoSet x_1 ok.lua a \"%{REQUEST_URI} b\"\nLuaCoSet args None\n"
            . "<luacoset _y \"%{HTTP:Host}\">\n</LUACOSET>\n"
    ],
    [   'LuaCoSet in a macro',
        "<Macro M \$v>\n<LuaCoSet \$v \"\$v\">\nreturn '\$v'\n</LuaCoSet>\n"
            . "</Macro>\nUse M one\nUse M two\n"
    ],
);
for my $section (
    'Location /x', 'LocationMatch x', 'Directory /x', 'DirectoryMatch x',
    'Files x',     'FilesMatch x',    'If true',      'VirtualHost *'
    )
{
    my ($tag) = $section =~ /(\w+)/;
    my $require
        = $tag =~ /Virtual/ ? '' : "    Require luaco ok.lua\n";
    push @taken, ["in <$tag>", <<"CONF"];
<$section>
    LuaCoSet X ok.lua
    <LuaCoRewrite>
    </LuaCoRewrite>
    LuaCoPreContent None
$require</$tag>
CONF
}

my $s = LuaCo::Server->new(
    files => {
        'ok.lua'  => "x = 1\n",
        'bad.lua' => "local x\nx = = 1\n",
    },
);

sub configtest {
    my ($conf) = @_;
    $s->set_conf($conf);
    unlink $s->root . '/logs/configtest';
    return $s->configtest;
}

for (@refused) {
    my ($what, $conf, $line, $message) = @$_;
    my ($ok, $output) = configtest($conf);
    ok !$ok, "$what: refused";
    like $output, qr/line $line of \S*test\.conf/, "$what: place";
    like $output, $message, "$what: reason";
}
for (@taken) {
    my ($what, $conf) = @$_;
    my ($ok, $output) = configtest($conf);
    ok $ok, $what or diag $output;
}

# ---- at run time ----

my @htaccess = (
    'LuaCoRewrite ok.lua', 'LuaCoPreContent ok.lua', 'LuaCoSet X ok.lua',
    'LuaCoServerRewrite ok.lua', 'LuaCoExitWorker ok.lua',
    'Require luaco ok.lua', "<LuaCoSet X>\n</LuaCoSet>",
);
for my $i (0 .. $#htaccess) {
    $s->write("htdocs/ht$i/.htaccess", "$htaccess[$i]\n");
    $s->write("htdocs/ht$i/a.txt",     "file\n");
}
$s->write('htdocs/a.txt', "file\n");
$s->set_conf(<<'CONF');
<Directory "@DocumentRoot@">
    AllowOverride All
    AllowOverrideList LuaCoRewrite LuaCoPreContent LuaCoSet LuaCoServerRewrite LuaCoExitWorker
</Directory>
<LuaCoServerRewrite>
    ngx.header["X-Server"] = "main"
</LuaCoServerRewrite>
<LuaCoRewrite>
    ngx.header["X-Rewrite"] = "main"
</LuaCoRewrite>
Listen 127.0.0.1:@Port_own@
<VirtualHost 127.0.0.1:@Port_own@>
    DocumentRoot "@DocumentRoot@"
    <LuaCoServerRewrite>
        ngx.header["X-Server"] = "own"
    </LuaCoServerRewrite>
    LuaCoRewrite None
</VirtualHost>
Listen 127.0.0.1:@Port_same@
<VirtualHost 127.0.0.1:@Port_same@>
    DocumentRoot "@DocumentRoot@"
</VirtualHost>
Listen 127.0.0.1:@Port_none@
<VirtualHost 127.0.0.1:@Port_none@>
    DocumentRoot "@DocumentRoot@"
    LuaCoServerRewrite None
    <Files "a.txt">
        <LuaCoRewrite>
            ngx.header["X-Rewrite"] = "files"
        </LuaCoRewrite>
    </Files>
    <If "%{QUERY_STRING} == 'if'">
        <LuaCoRewrite>
            ngx.header["X-Rewrite"] = "if"
        </LuaCoRewrite>
    </If>
</VirtualHost>
CONF
$s->start;
for my $i (0 .. $#htaccess) {
    is $s->raw->get("/ht$i/a.txt")->status, 500, ".htaccess: $htaccess[$i]";
}

sub headers {
    my ($port, $uri) = @_;
    my $r = LuaCo::Raw->connect(port => $port)->get($uri // '/a.txt');
    return join ' ', $r->body =~ s/\n//r,
        map { $r->header($_) // '-' } qw(X-Server X-Rewrite);
}
is headers($s->port), 'file main main', 'the main server';
is headers($s->port_of('own')),  'file own -',     'a virtual host of its own';
is headers($s->port_of('same')), 'file main main', 'one that inherits';
is headers($s->port_of('none')), 'file - files',   'None; <Files>';
is headers($s->port_of('none'), '/a.txt?if'), 'file - if', '<If>';

ok $s->stop, 'it stops';
done_testing;
