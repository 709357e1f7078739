# tags: prefork
# LuaCoHandler in each kind of section, what it comes before, LuaCoVirtual,
# types, and SetHandler lua-co-script.

use LuaCo::Test;
use LuaCo::Util qw(spew);

requests(
    {   get     => '/h/loc',
        body    => "location /h/loc\n",
        headers => { 'Content-Type' => 'text/plain' }
    },
    { get => '/h/loc/any/where', body => "location /h/loc/any/where\n" },
    { get => '/h/location',      status => 404 },
    { get => '/h/loc/none',      status => 404 },
    { get => '/h/loc/inner',     body => "inner /h/loc/inner\n" },
    { get => '/h/loc/inner/again', body => "again from a file\n" },
    { get => '/h/match/abc',       body => "matched abc\n" },
    { get => '/h/sec/file.txt',    body => "directory /h/sec/file.txt\n" },
    {   name    => 'a folder that exists is a file to it',
        get     => '/h/sec/',
        body    => "directory /h/sec/\n",
        headers => { 'Content-Type' => 'text/plain' },
    },
    { get => '/h/sec', body => "directory /h/sec\n" },
    {   name => 'path info',
        get  => '/h/sec/file.txt/more',
        body => "directory /h/sec/file.txt/more\n",
    },
    {   name   => 'in <Directory> the file must exist',
        get    => '/h/sec/nothing.txt',
        status => 404,
        log    => qr{LuaCoHandler: file does not exist: \S+/nothing.txt},
    },
    { get => '/h/sec/nothing.dat', status => 404 },
    { get => '/h/sec/other.dat',   body => "files /h/sec/other.dat\n" },
    { get => '/h/sec/plain.html',  body => "plain\n" },
    { get => '/h/sec/file.txt?if', body => "if /h/sec/file.txt\n" },
    {   name   => 'LuaCoVirtual leaves <Directory> out, its handler too',
        get    => '/hv/file.txt',
        status => 404,
    },
    { get => '/h/proxied',        body => "not proxied\n" },
    { get => '/h/index',          body => "no index: /h/index\n" },
    { get => '/h/index/',         body => "no index: /h/index/\n" },
    { get => '/h/fallback',       body => "no fallback\n" },
    { get => '/h/fallback/there', body => "no fallback\n" },
    {   get  => '/h/mv/page',
        body => "no negotiation: /h/mv/page\n",
        headers => { Vary => undef, 'Content-Location' => undef, TCN => undef },
    },
    {   name => 'no variant fits',
        get  => '/h/mv/page',
        send => [Accept => 'image/png'],
        body => "no negotiation: /h/mv/page\n",
    },
    { get => '/h/status', body => "no status\n" },
    {   name    => 'a redirect in a directory comes first',
        get     => '/h/rd/moved',
        status  => 307,
        headers => { Location => 'http://localhost/elsewhere' },
    },
    { get => '/h/rd/inner', body => qr{^location /h/(?:rd/inner|loc/from-rd)$} },
    { get => '/h/rd/gone',       status => 410 },
    { get => '/h/rd/target.txt', body => "rd /h/rd/target.txt\n" },
    {   name   => 'a folder with a broken .htaccess',
        get    => '/h/walk/file.txt',
        status => 500,
        log    => qr/NoSuchDirective/,
    },
    {   name    => 'which LuaCoVirtual does not look at',
        get     => '/h-virtual/file.txt',
        body    => "virtual /h-virtual/file.txt\n",
        headers => { 'X-Walked' => undef },
        no_log  => qr/NoSuchDirective/,
    },
    { get => '/h-virtual/off', status => 500 },
    {   get     => '/h/types',
        headers => { 'Content-Type' => 'text/plain' }
    },
    {   get     => '/h/types?type=text/x-own',
        headers => { 'Content-Type' => 'text/x-own' }
    },
    {   get     => '/h/types/a.extension',
        headers => { 'Content-Type' => 'application/x-extension' }
    },
    {   get     => '/h/types/a.extension?type=text/x-own',
        headers => { 'Content-Type' => 'text/x-own' }
    },
    {   get     => '/h/types/forced/a.extension',
        headers => { 'Content-Type' => 'application/x-forced' }
    },
    {   get     => '/h/types/untyped',
        headers => { 'Content-Type' => undef }
    },
    {   get     => '/h/types/untyped/a.extension',
        headers => { 'Content-Type' => 'application/x-extension' }
    },
    {   get     => '/h/types/untyped?type=text/x-own',
        headers => { 'Content-Type' => 'text/x-own' }
    },
    {   name    => 'nothing said',
        get     => '/h/types?silent=1',
        body    => '',
        headers => { 'Content-Length' => 0 }
    },
    (   map {
            {   name => "$_ reaches the handler",
                method => $_,
                uri    => '/h/loc',
                body   => $_ eq 'HEAD' ? '' : "location /h/loc\n",
            }
        } qw(HEAD POST PUT DELETE PATCH PROPFIND UNKNOWN)
    ),
    {   name => 'OPTIONS too',
        method => 'OPTIONS',
        uri    => '/h/loc',
        body   => "location /h/loc\n",
    },
    {   get  => '/h/scripts/hello.lua',
        body => "hello /h/scripts/hello.lua GET nil\n"
    },
    {   get  => '/h/scripts/hello.lua/more/path',
        body => qr{^hello /h/scripts/hello.lua/more/path GET }
    },
    {   get    => '/h/scripts/nothing.lua',
        status => 404,
        log    => qr{script not found: \S+/scripts/nothing.lua},
    },
    {   get    => '/h/scripts/broken.lua',
        status => 500,
        log    => qr{failed to load \w+: \S*broken.lua:2: '\)' expected},
    },
    { get => '/h/scripts/folder/', body => "out of a folder\n" },
    {   get     => '/h/scripts/folder',
        status  => 301,
        headers => { Location => qr{/h/scripts/folder/$} }
    },
);

my $host = port('hhost');
is get('/',         port => $host)->body, "host /\n",         'a virtual host';
is get('/x/y',      port => $host)->body, "host /x/y\n",      'all of it';
is get('/sec/plain.html', port => $host)->body, "plain\n",    'but None';
is get('/inner',    port => $host)->body, "inner of host\n",  'and an inner one';

done_testing;
