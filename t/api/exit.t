# tags: prefork hardlua
# ngx.exit in each phase, and what it ends.

use LuaCo::Test;

requests(
    {   name    => 'access: 0 goes on',
        get     => '/api/exit/file/hello.txt?code=0',
        headers => { 'X-Access' => 'seen' },
        body    => "hello\n",
    },
    {   name    => 'access: 403',
        get     => '/api/exit/file/hello.txt?code=403',
        status  => 403,
        headers => { 'X-Access' => 'seen' },
        body    => qr/Forbidden/,
    },
    {   name    => 'access: 401 with its header',
        get     => '/api/exit/file/hello.txt?code=401&realm=x',
        status  => 401,
        headers => { 'WWW-Authenticate' => 'Basic realm="x"' },
    },
    {   name   => 'access: 404 and 503',
        get    => '/api/exit/file/hello.txt?code=404',
        status => 404,
    },
    {   name   => 'access: a status that httpd does not know',
        get    => '/api/exit/file/hello.txt?code=418',
        status => 418,
        body   => '',
    },
    {   name => 'access before a handler in Lua: 0 goes on',
        get  => '/api/exit/lua/access?code=0',
        body => "handler\n",
    },
    {   name   => 'a status set there stays',
        get    => '/api/exit/lua/access?code=0&status=202',
        status => 202,
        body   => "handler\n",
    },
    {   name => '200 ends the request',
        get  => '/api/exit/lua/access?code=200',
        body => '',
    },
    {   name   => '201 ends it with that status',
        get    => '/api/exit/lua/access?code=201',
        status => 201,
        body   => '',
    },
    {   name   => '204 likewise, whatever ngx.status says',
        get    => '/api/exit/lua/access?code=204&status=202',
        status => 204,
        body   => '',
    },
    {   name => 'output and 0 ends it, too',
        get  => '/api/exit/lua/access?code=0&say=1',
        body => "access\n",
    },
    {   name   => 'output under a status of its own',
        get    => '/api/exit/lua/access?code=403&say=1&status=403',
        status => 403,
        body   => "access\n",
        no_log => qr/attempt to set status/,
    },
    {   name => 'another status after output',
        get  => '/api/exit/lua/late?code=403',
        body => "sent\n",
        log  => qr/attempt to set status 403 via ngx\.exit after sending out the response status 200$/,
    },
    {   name   => 'a small status after output is no matter',
        get    => '/api/exit/lua/late?code=201',
        body   => "sent\n",
        no_log => qr/attempt to set status/,
    },
    {   name => 'from a coroutine in a light thread',
        get  => '/api/exit/lua/siblings',
        body => "last words\n",
    },
    {   name => 'where Lua cannot yield',
        get  => '/api/exit/lua/boundary',
        body => "went on: attempt to yield across a C-call boundary\n",
    },
    {   name => 'numbers that are no status',
        get  => '/api/exit/lua/numbers',
        body => qr/^(?:\S+: bad argument #1 to 'exit' \(number out of range\)\n){6}$/,
    },
    {   name => 'not in the log phase',
        get  => '/api/exit/lua/log',
        log  => qr/in the log phase: \S+: API disabled in the context of LuaCoLog$/,
    },
);

for my $code (444, 499, 408, -1) {
    my $c = raw();
    $c->request('GET', "/api/exit/file/hello.txt?code=$code");
    my $r = eval { $c->response };
    is $r, undef, "access: $code closes the connection without a word";
    $c = raw();
    $c->request('GET', "/api/exit/lua/late?code=$code");
    $r = eval { $c->response };
    is $r, undef, "$code breaks a response off";
}

# Longer than the siblings would have slept.
my $log = error_log();
get('/api/exit/lua/siblings');
select undef, undef, undef, 0.2;
is $log->count(qr/lived on/), 0, 'nobody lives on';

done_testing;
