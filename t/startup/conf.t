# The directives: what is refused, with file and line, by configtest; what is
# taken, and what it does in each section.

use LuaCo::Test;

# [what, configuration, line of the complaint, what it says]
my @refused = (

    # Lua that does not compile
    [   'a broken block',
        "\n<LuaCoHandler>\nlocal x\nx = = 1\n</LuaCoHandler>\n",
        2, qr/^LuaCoHandler\(test\.conf:2\):2: unexpected symbol near '='/m
    ],
    [   'a broken block in a section in a section',
        "<VirtualHost *>\n<Location /x>\n<If true>\n<LuaCoAccess>\nx x\n"
            . "</LuaCoAccess>\n</If>\n</Location>\n</VirtualHost>\n",
        4, qr/^LuaCoAccess\(test\.conf:4\):1: syntax error near/m
    ],
    [   'a NUL byte outside a string',
        "<LuaCoLog>\nx = \0\n</LuaCoLog>\n",
        1, qr/^LuaCoLog\(test\.conf:1\):1: unexpected symbol/m
    ],
    [   'luac output in a block',
        "<LuaCoLog>\n\033Lua\n</LuaCoLog>\n",
        1, qr/^LuaCoLog: attempt to load a binary chunk/m
    ],
    [   'a broken file',
        "\n\nLuaCoHandler bad.lua\n",
        3, qr{^LuaCoHandler: \S*bad\.lua:2: unexpected symbol near '='}m
    ],
    [   'a broken file of LuaCoInit',
        "LuaCoInit bad.lua\n", 1, qr{^LuaCoInit: \S*bad\.lua:2:}m
    ],
    [   'no such file',
        "<Location /x>\nLuaCoAccess nowhere.lua\n</Location>\n",
        2, qr{^LuaCoAccess: cannot open \S+/nowhere\.lua: No such file}m
    ],
    [   'a directory', "LuaCoAccess htdocs\n", 1, qr{htdocs: not a file}
    ],
    [   'luac output cut off',
        "LuaCoLog cut.luac\n",
        # in the words of Lua 5.3 and of 5.4
        1, qr/cut\.luac: (?:truncated precompiled|.*\(truncated) chunk/
    ],
    [   'an included file',
        "Include inc/broken.conf\n",
        [4, 'broken.conf'],
        qr/^LuaCoHandler\(broken\.conf:4\):1: syntax error/m
    ],
    [   'a macro',
        "<Macro M \$x>\n<Location /\$x>\n<LuaCoHandler>\nx = '\$x' y\n"
            . "</LuaCoHandler>\n</Location>\n</Macro>\nUse M aa\n",
        [2, q(macro 'm')],
        qr/^LuaCoHandler\(macro m:2\):2: syntax error/m
    ],
    [   'a long file name keeps the line in view',
        'Include inc/' . 'n' x 80 . ".conf\n",
        [1, 'n' x 80 . '.conf'],
        qr/^LuaCoHandler\(\.\.\.n+\.conf:1\):1: syntax error/m
    ],

    # the shape of a block
    [   'no closing tag',
        "\n<Location /x>\n<LuaCoHandler>\nx = 1\n</Location>\n",
        3, qr/<LuaCoHandler> was not closed/
    ],
    [   'closed by another',
        "<LuaCoHandler>\nx = 1\n</LuaCoAccess>\n",
        1, qr/<LuaCoHandler> was not closed/
    ],
    [   'closing tag with something beside it',
        "<LuaCoHandler>\n-- </LuaCoHandler>\n</LuaCoHandler> x\n",
        1, qr/<LuaCoHandler> was not closed/
    ],
    [   'closed after the end of its macro',
        "<Macro M>\n<LuaCoHandler>\nx = 1\n</Macro>\nUse M\n"
            . "</LuaCoHandler>\n",
        [1, q(macro 'm')],
        qr/<LuaCoHandler> was not closed/
    ],
    [   'code beside the opening tag',
        "\n<LuaCoHandler> x = 1\n</LuaCoHandler>\n",
        2, qr/<LuaCoHandler> stands alone on its line/
    ],
    [   'an argument',
        "<LuaCoHandler x>\n</LuaCoHandler>\n",
        1, qr/<LuaCoHandler> stands alone on its line/
    ],

    # lines are counted right behind a block
    [   'an error behind a block',
        "<LuaCoHandler>\n-- \\\n--[[\n\n]]\n</LuaCoHandler>\nNoSuchThing\n",
        7, qr/Invalid command 'NoSuchThing'/
    ],
    [   'an error behind a block with a long line',
        "<LuaCoHandler>\n--" . 'x' x 100_000 . "\n</LuaCoHandler>\nNoSuch\n",
        4, qr/Invalid command 'NoSuch'/
    ],
    [   'an error behind a block in a macro',
        "<Macro M>\n<LuaCoHandler>\nx = 1\n</LuaCoHandler>\n</Macro>\n"
            . "Use M\nNoSuch\n",
        7, qr/Invalid command 'NoSuch'/
    ],
    [   'an error behind a block with CRLF',
        "<LuaCoHandler>\r\nx = 1\r\n</LuaCoHandler>\r\nNoSuch\r\n",
        4, qr/Invalid command 'NoSuch'/
    ],

    # arguments
    ['no argument', "LuaCoHandler\n", 1, qr/LuaCoHandler takes one argument/],
    [   'two', "LuaCoHandler ok.lua ok.lua\n",
        1, qr/LuaCoHandler takes one argument/
    ],

    # twice
    [   'twice', "LuaCoHandler ok.lua\n\nLuaCoHandler None\n",
        3, qr/LuaCoHandler is duplicate, the first is on line 1 of \S+test\.conf/
    ],
    [   'file and block, by way of <IfModule>',
        "<Location /x>\nLuaCoLog None\n<IfModule luaco_module>\n<LuaCoLog>\n"
            . "</LuaCoLog>\n</IfModule>\n</Location>\n",
        4, qr/LuaCoLog is duplicate, the first is on line 2 of/
    ],
    [   'LuaCoInit twice',
        "LuaCoInit ok.lua\n<LuaCoInit>\n</LuaCoInit>\n",
        2, qr/LuaCoInit is duplicate, the first is on line 1 of/
    ],

    # values
    (   map {
            [   "LuaCoVMs $_", "LuaCoVMs $_\n", 1,
                qr/LuaCoVMs must be a whole number from 1 to 1024, not/
            ]
        } '0',
        '-1', '1025', 'x', '1x', '1.5', '99999999999999999999', '" 1"'
    ),
    ['LuaCoVMs', "LuaCoVMs\n", 1, qr/LuaCoVMs takes one argument/],
    (   map {
            [   "LuaCoThreadCacheMaxEntries $_",
                "LuaCoThreadCacheMaxEntries $_\n",
                1,
                qr/must be a whole number from 0 to 1000000, not/
            ]
        } '-1',
        'many', '1000001'
    ),
    (   map {
            [   "LuaCoRegexCacheMaxEntries $_",
                "LuaCoRegexCacheMaxEntries $_\n",
                1,
                qr/must be a whole number from 0 to 1000000, not/
            ]
        } '-1',
        'many', '1000001'
    ),
    (   map {
            [   "LuaCoRegexMatchLimit $_",
                "LuaCoRegexMatchLimit $_\n",
                1,
                qr/must be a whole number from 0 to 2147483647, not/
            ]
        } '-1',
        '2147483648', '1k'
    ),
    (   map {
            [   "LuaCoShutdownTimeout $_",
                "LuaCoShutdownTimeout $_\n",
                1,
                qr/LuaCoShutdownTimeout must be a time such as/
            ]
        } '-1',
        '5sheep', 's', '5d', '1.5', '99999999999999999999'
    ),
    (   map {
            [   "LuaCoBodyBufferSize $_",
                "LuaCoBodyBufferSize $_\n",
                1,
                qr/LuaCoBodyBufferSize must be a size such as/
            ]
        } '-1',
        'k', '1g', '1kb', '1.5k', '2048m', '99999999999999999999'
    ),
    [   'LuaCoCodeCache', "LuaCoCodeCache maybe\n",
        1, qr/LuaCoCodeCache must be On, Off or Stat, not 'maybe'/
    ],
    [   'LuaCoNumbers', "LuaCoNumbers luajit2\n",
        1, qr/LuaCoNumbers must be luajit or lua, not 'luajit2'/
    ],
    (   map { ["$_ 1", "$_ 1\n", 1, qr/$_ must be On or Off/] }
            qw(LuaCoVirtual LuaCoInternal LuaCoCheckClientAbort LuaCoUseDefaultType
            LuaCoNeedRequestBody)
    ),
);

# Where they may not stand.
for my $directive (
    'LuaCoInit ok.lua',
    "<LuaCoInitWorker>\n</LuaCoInitWorker>",
    'LuaCoVMs 1',
    'LuaCoPackagePath x',
    'LuaCoPackageCPath x',
    'LuaCoThreadCacheMaxEntries 1',
    'LuaCoRegexCacheMaxEntries 1',
    'LuaCoRegexMatchLimit 1',
    'LuaCoShutdownTimeout 1',
    'LuaCoNumbers lua',
    )
{
    my ($name) = $directive =~ /(\w+)/;
    push @refused,
        [
        "$name in <VirtualHost>",
        "<VirtualHost *>\n$directive\n</VirtualHost>\n",
        2,
        qr/$name cannot occur within <VirtualHost> section/
        ];
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
    'LuaCoHandler ok.lua', "<LuaCoAccess>\n</LuaCoAccess>",
    'LuaCoVirtual On',     'LuaCoCodeCache Off', 'LuaCoBodyBufferSize 1k'
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
    ['a file',             "LuaCoHandler ok.lua\n"],
    ['with #!',            "LuaCoHandler script.lua\n"],
    ['with a byte order mark', "LuaCoHandler bom.lua\n"],
    ['luac output',        "LuaCoHandler ok.luac\n"],
    ['an absolute path',   "LuaCoHandler \@Root\@/ok.lua\n"],
    ['nothing',            "LuaCoHandler none\nLuaCoInit None\n"],
    ['an empty block',     "<LuaCoHandler>\n</LuaCoHandler>\n"],
    ['tags in any case', "<luacohandler>\n</LUACOHANDLER>\n"],
    [   'the same in two sections of one name',
        "<Location /x>\nLuaCoLog ok.lua\n</Location>\n"
            . "<Location /x>\nLuaCoLog None\n</Location>\n"
    ],
    ['no newline at the end', "<LuaCoLog>\nx = 1\n</LuaCoLog>"],
    [   'blanks around the closing tag',
        "<LuaCoLog>\nx = 1\n \t</LuaCoLog> \t\n"
    ],
    ['CRLF', "<LuaCoLog>\r\nx = 1\r\n</LuaCoLog>\r\n"],
    [   'a NUL byte in a string',
        "<LuaCoLog>\nx = '\0' -- \0\n</LuaCoLog>\n"
    ],
    [   'broken Lua in a false section',
        "<IfModule nowhere>\n<LuaCoLog>\nx x\n</LuaCoLog>\n</IfModule>\n"
            . "<IfDefine NOWHERE>\n<LuaCoLog>\nx x\n</LuaCoLog>\n"
            . "</IfDefine>\n"
    ],
    ['the last setting counts', "LuaCoVMs 1\nLuaCoVMs 1024\n"],
    (   map { ["LuaCoShutdownTimeout $_", "LuaCoShutdownTimeout $_\n"] }
            qw(0 5 5s 500ms 2min 2mi 1h)
    ),
);
for my $section (
    'Location /x',  'LocationMatch x',
    'Directory /x', 'DirectoryMatch x',
    'Files x',      'FilesMatch x',
    'If true',      'VirtualHost *'
    )
{
    my ($tag) = $section =~ /(\w+)/;
    push @taken, ["in <$tag>", <<"CONF"];
<$section>
    <LuaCoHandler>
    </LuaCoHandler>
    LuaCoAccess ok.lua
    LuaCoLog None
    LuaCoVirtual On
    LuaCoCheckClientAbort On
    LuaCoUseDefaultType Off
    LuaCoCodeCache Stat
</$tag>
CONF
}

my $s = LuaCo::Server->new(
    files => {
        'ok.lua'          => "x = 1\n",
        'bad.lua'         => "local x\nx = = 1\n",
        'script.lua'      => "#!/usr/bin/lua\nngx.say('#!')\n",
        'bom.lua'         => "\xEF\xBB\xBFngx.say('bom')\n",
        'inc/broken.conf' => "\n\n\n<LuaCoHandler>\nx x\n</LuaCoHandler>\n",
        'inc/' . 'n' x 80
            . '.conf' => "<LuaCoHandler>\nx x\n</LuaCoHandler>\n",
    },
);

# luac output comes from the Lua that will load it.
$s->set_conf(<<'CONF');
<LuaCoInit>
    local code = string.dump(load("ngx.say('luac')", "=luac"))
    for name, text in pairs{["ok.luac"] = code, ["cut.luac"] = code:sub(1, 40)} do
        local f = assert(io.open("@Root@/" .. name, "wb"))
        f:write(text)
        f:close()
    end
</LuaCoInit>
CONF
$s->start;
$s->stop;
ok -s $s->root . '/ok.luac', 'LuaCoInit has run';

# Whether CONF is taken, and what httpd says of it.
sub configtest {
    my ($conf) = @_;
    $s->set_conf($conf);
    unlink $s->root . '/logs/configtest';
    return $s->configtest;
}

subtest 'refused' => sub {
    for (@refused) {
        my ($what, $conf, $line, $message) = @$_;
        my $file = 'test.conf';
        ($line, $file) = @$line if ref $line;
        my ($ok, $output) = configtest($conf);
        ok !$ok, "$what: refused";
        like $output, qr/line $line of \S*\Q$file\E/, "$what: place";
        like $output, $message, "$what: reason";
    }
};

subtest 'taken' => sub {
    for (@taken) {
        my ($what, $conf) = @$_;
        my ($ok, $output) = configtest($conf);
        ok $ok, $what or diag $output;
    }
};

subtest 'a start fails as configtest does' => sub {
    $s->set_conf("\n<LuaCoAccess>\nx x\n</LuaCoAccess>\n");
    ok !$s->try_start, 'no start';
    like $s->start_error, qr/line 2 of \S+test\.conf/, 'place';
    like $s->start_error, qr/LuaCoAccess\(test\.conf:2\):1: syntax error/,
        'reason';
};

# ---- what they do ----

$s->write("htdocs/$_", "file\n")
    for qw(plain.txt dir/there.txt dir/f.txt dir/v/there.txt);
$s->write('htdocs/ht/.htaccess',     "LuaCoHandler ok.lua\n");
$s->write('htdocs/htblock/.htaccess', "<LuaCoHandler>\n</LuaCoHandler>\n");
$s->write('htdocs/htflag/.htaccess', "LuaCoVirtual On\n");
$s->write('htdocs/page.lco',         "ngx.say('page')\n");
$s->write('lib/mine.lua',            "return 'mine'\n");
$s->set_conf(<<'CONF');
LuaCoVMs 1
LuaCoPackagePath "$prefix/lib/?.lua;;"
LuaCoPackageCPath "/nowhere/?.so;;"
<LuaCoInit>
    at_init = ngx.get_phase()
</LuaCoInit>
<LuaCoInitWorker>
    at_init_worker = ngx.get_phase()
</LuaCoInitWorker>
<LuaCoLog>
    ngx.log(ngx.WARN, "server logs ", ngx.var.uri)
</LuaCoLog>
Define WORD expanded
<Location /raw>
    LuaCoVirtual On
    <LuaCoHandler>
        ngx.say("${WORD} ${NOWHERE} \"q\" 'q' %{x}") -- no joined line: \
        ngx.say("two \
lines")
        ngx.say([[
# no comment
<Location /x>
   ${WORD}]])
    </LuaCoHandler>
</Location>
<Location /lines>

    <LuaCoHandler>

        ngx.say(debug.getinfo(1, "S").short_src, " ",
                debug.getinfo(1, "l").currentline)
    </LuaCoHandler>
</Location>
<Location /file>
    LuaCoHandler script.lua
</Location>
<Location /bom>
    LuaCoHandler bom.lua
</Location>
<Location /luac>
    LuaCoHandler ok.luac
</Location>
<Location /init>
    <LuaCoHandler>
        ngx.say(at_init, " ", at_init_worker, " ", require "mine", " ",
                package.cpath:match("^/nowhere/%?%.so;.") ~= nil)
    </LuaCoHandler>
</Location>

<Location /outer>
    <LuaCoHandler>
        ngx.say("outer ", ngx.ctx.access)
    </LuaCoHandler>
    <LuaCoAccess>
        ngx.ctx.access = "outer"
    </LuaCoAccess>
    <If "%{QUERY_STRING} == 'if'">
        <LuaCoHandler>
            ngx.say("if ", ngx.ctx.access)
        </LuaCoHandler>
    </If>
    <IfModule nowhere>
        <LuaCoAccess>
            ngx.ctx.access = "never"
        </LuaCoAccess>
    </IfModule>
    <IfModule luaco_module>
        <LuaCoLog>
            ngx.log(ngx.WARN, "outer logs ", ngx.var.uri)
        </LuaCoLog>
    </IfModule>
</Location>
<Location /outer/inner>
    <LuaCoAccess>
        ngx.ctx.access = "inner"
    </LuaCoAccess>
</Location>
<Location /outer/no-access>
    LuaCoAccess None
    LuaCoLog None
</Location>
<Location /outer/plain.txt>
    LuaCoHandler None
</Location>
Alias /outer/plain.txt "@DocumentRoot@/plain.txt"

<Directory "@DocumentRoot@/dir">
    <LuaCoHandler>
        ngx.say("directory")
    </LuaCoHandler>
    <Files f.txt>
        <LuaCoHandler>
            ngx.say("files")
        </LuaCoHandler>
    </Files>
    <If "%{QUERY_STRING} == 'if'">
        <LuaCoHandler>
            ngx.say("directory if")
        </LuaCoHandler>
    </If>
</Directory>
<Directory "@DocumentRoot@/dir/v">
    LuaCoVirtual On
</Directory>
<Location /set>
    SetHandler lua-co-script
</Location>
Alias /set "@DocumentRoot@/page.lco"

<Macro Page $name %what>
<Location /$name>
    <LuaCoHandler>
        ngx.say("%what of $name")
    </LuaCoHandler>
</Location>
</Macro>
Use Page m1 first
Use Page m2 second

<Location /type>
    <LuaCoHandler>
        ngx.say("x")
    </LuaCoHandler>
</Location>
<Location /type/none>
    LuaCoUseDefaultType Off
</Location>

<Directory "@DocumentRoot@">
    AllowOverride All
    AllowOverrideList LuaCoHandler <LuaCoHandler LuaCoVirtual
</Directory>

<VirtualHost *>
    ServerName main
</VirtualHost>
<VirtualHost *>
    ServerName other
    <LuaCoHandler>
        ngx.say("host")
    </LuaCoHandler>
    LuaCoLog None
</VirtualHost>
CONF
$s->start;

sub answer {
    my ($uri, $host) = @_;
    return $s->raw->get($uri, headers => [Host => $host // 'main']);
}

# [what, URI, status, body, host]
for (
    [   'byte for byte', '/raw', 200,
        "\${WORD} \${NOWHERE} \"q\" 'q' %{x}\ntwo \nlines\n# no comment\n"
            . "<Location /x>\n   \${WORD}\n"
    ],
    ['names and lines', '/lines', 200, "LuaCoHandler(test.conf:28) 3\n"],
    ['a file with #!',  '/file',  200, "#!\n"],
    ['a file with a byte order mark', '/bom',  200, "bom\n"],
    ['luac output',                   '/luac', 200, "luac\n"],
    ['LuaCoInit, InitWorker, paths', '/init', 200,
        "init init_worker mine true\n"
    ],
    ['a section',         '/outer/x',         200, "outer outer\n"],
    ['one inside',        '/outer/inner',     200, "outer inner\n"],
    ['None for access',   '/outer/no-access', 200, "outer nil\n"],
    ['None for handler',  '/outer/plain.txt', 200, "file\n"],
    ['<If>',              '/outer/x?if',      200, "if outer\n"],
    ['<Directory>',       '/dir/there.txt',   200, "directory\n"],
    ['its file must be there', '/dir/none.txt',   404, qr/./],
    ['<Files>',           '/dir/f.txt',       200, "files\n"],
    ['<If> in <Directory>', '/dir/there.txt?if', 200, "directory if\n"],
    ['LuaCoVirtual in <Directory>', '/dir/v/none.txt', 200, "directory\n"],
    ['SetHandler',        '/set',             200, "page\n"],
    ['a macro',           '/m1',              200, "first of m1\n"],
    ['once more',         '/m2',              200, "second of m2\n"],
    ['a host of its own', '/nothing',         200, "host\n", 'other'],
    ['which has the main sections too', '/m1', 200, "first of m1\n", 'other'],
    ['and not the other way round',     '/nothing', 404, qr/./],
    )
{
    my ($what, $uri, $status, $body, $host) = @$_;
    my $response = answer($uri, $host);
    is $response->status, $status, "$what: status";
    ref $body
        ? like($response->body, $body, "$what: body")
        : is($response->body, $body, "$what: body");
}

is answer('/type')->header('Content-Type'), 'text/plain', 'the default type';
is answer('/type/none')->header('Content-Type'), undef,
    'LuaCoUseDefaultType Off';

ok $s->wait_for_log(qr{server logs /raw}), 'LuaCoLog of the server';
ok $s->wait_for_log(qr{outer logs /outer/x}), 'of a section';
# A request is logged after its answer: the last one before those that follow.
ok $s->wait_for_log(qr{server logs /type/none}), 'all that was asked';
my $log = LuaCo::Log->new($s->log->file);
answer('/outer/no-access');
answer('/nothing', 'other');
answer('/raw');
ok $log->wait_for(qr{server logs /raw}), 'the last one';
unlike $log->text, qr{logs (?!/raw)}, 'LuaCoLog None';

for (
    ['/ht/',      'LuaCoHandler'],
    ['/htblock/', '<LuaCoHandler>'],
    ['/htflag/',  'LuaCoVirtual']
    )
{
    my ($uri, $name) = @$_;
    $log = LuaCo::Log->new($s->log->file);
    is answer($uri)->status, 500, "$name in .htaccess";
    ok $log->wait_for(qr/\Q$name\E cannot occur within htaccess files/),
        'and why';
}

# What restarts read anew.
subtest 'LuaCoNumbers' => sub {
    my $page = <<'CONF';
<Location /n>
    <LuaCoHandler>
        ngx.say(tostring(60 / 2), " ", (pcall(string.rep, "x", 1.5)))
    </LuaCoHandler>
</Location>
CONF
    for (['', '30 true'], ["LuaCoNumbers LuaJIT\n", '30 true'],
        ["LuaCoNumbers lua\n", '30.0 false'])
    {
        my ($setting, $expected) = @$_;
        $s->set_conf($setting . $page);
        $s->restart;
        is $s->raw->get('/n')->body, "$expected\n", $setting || 'default';
    }
};

subtest 'LuaCoCodeCache' => sub {
    $s->write("c/$_.lua", "ngx.say(1)\n") for qw(on off stat);
    $s->set_conf("LuaCoVMs 1\n" . join '', map {<<"CONF"} qw(On Off Stat));
<Location /\L$_\E>
    LuaCoCodeCache $_
    LuaCoHandler c/\L$_\E.lua
</Location>
CONF
    $s->restart;
    is $s->raw->get("/$_")->body, "1\n", "$_ before" for qw(on off stat);
    for (qw(on off stat)) {
        my $path = $s->write("c/$_.lua", "ngx.say(2)\n");
        utime time + 10, time + 10, $path;
    }
    is $s->raw->get('/on')->body,   "1\n", 'On: as it was';
    is $s->raw->get('/off')->body,  "2\n", 'Off: read again';
    is $s->raw->get('/stat')->body, "2\n", 'Stat: newer';
};

done_testing;
