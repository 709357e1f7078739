# tags: prefork hardlua
# ngx.resp, conditional requests and ranges of what Lua writes, HTTP/1.0.

use LuaCo::Test;

requests(
    {   name => 'in LuaCoInit',
        get  => '/api/resp/init',
        body => "no request found\n" x 3 . "nil\n",
    },
    {   name    => 'in light threads, after a wait, in a coroutine',
        get     => '/api/resp/thread',
        headers =>
            { 'X-T' => 'a, b, c', 'X-A' => 'true', 'X-B' => 'true' },
        body => "a+b+c\n",
    },
    {   name => 'wrong types',
        get  => '/api/resp/types',
        body => <<'END',
nan: ok
2^63: ok
null: ok
function: ok
self: ok
nested: ok
nil in list: ok
meta: ok
get nan: ok
get 2^63: ok
get table: bad argument #1 to '?' (number expected, got table)
get string: ok
get f: bad argument #1 to '?' (number expected, got function)
get index: bad argument #1 to '__index' (string expected, got table)
END
    },
    {   name    => 'a file, its headers before they go and after',
        get     => '/api/resp-file',
        send    => [],
        headers => {
            'Set-Cookie' => 'a=1, b=2, c=3',
            'X-Type'     => 'text/plain',
            'X-Names' => qr/^accept-ranges\sconnection\scontent-length\s
                content-type\setag\slast-modified\sset-cookie\s
                (?:upgrade\s)?x-a$/x,
            'X-Log' => undef,
            'ETag'  => qr/^"(?!lost)/,
        },
        body => "hello\n",
        log  => [
            qr{late: a text/plain 6 close nil true nil\.},
            qr{attempt to set ngx\.header\.HEADER after},
        ],
    },
    {   name => 'chunked',
        get  => '/api/resp/show?flush=1',
        body => "close\n",
        log  => qr{late: a text/plain nil close chunked true nil\.},
    },
    {   name    => 'a range',
        get     => '/api/resp/range',
        send    => [Range => 'bytes=2-4'],
        status  => 206,
        headers => { 'Content-Range' => 'bytes 2-4/10' },
        body    => '234',
    },
    {   name   => 'If-Range',
        get    => '/api/resp/range',
        send   => [Range => 'bytes=2-4', 'If-Range' => '"abc"'],
        status => 206,
        body   => '234',
    },
    {   name => 'If-Range of another',
        get  => '/api/resp/range',
        send => [Range => 'bytes=2-4', 'If-Range' => '"x"'],
        body => '0123456789',
    },
    {   name => 'a range of what comes in pieces: all of it',
        get  => '/api/resp/range?flush=1',
        send => [Range => 'bytes=2-4'],
        body => "0123\n4567\n",
    },
    {   name    => 'a range, where Lua says that it takes none: all of it',
        get     => '/api/resp/ranges?v=None',
        send    => [Range => 'bytes=2-4'],
        headers => { 'Accept-Ranges' => 'None', 'Content-Range' => undef },
        body    => '0123456789',
    },
    {   name    => 'a range, where it says so',
        get     => '/api/resp/ranges?v=bytes',
        send    => [Range => 'bytes=2-4'],
        status  => 206,
        headers => { 'Accept-Ranges' => 'bytes' },
        body    => '234',
    },
    (   map {
            {   name    => "a range of a file: a header filter's header, $_",
                get     => "/api/resp-ranges?v=$_",
                send    => [Range => 'bytes=2-4'],
                status  => 206,
                headers => { 'Accept-Ranges' => $_ },
                body    => 'llo',
            }
        } 'none',
        'bytes'
    ),
    {   name    => 'not changed',
        get     => '/api/resp/cond?etag="abc"&modified=1',
        send    => ['If-None-Match' => '"abc"'],
        status  => 304,
        headers => {
            'ETag'           => '"abc"',
            'Content-Type'   => undef,
            'Content-Length' => undef
        },
        body => '',
        log  => qr/cond: 1 304 nil\./,
    },
    {   name   => 'HEAD, not changed',
        method => 'HEAD',
        uri    => '/api/resp/cond?etag="abc"',
        send   => ['If-None-Match' => '"abc"'],
        status => 304,
    },
    {   name   => 'not changed since a later time',
        get    => '/api/resp/cond?modified=1',
        send   => ['If-Modified-Since' => 'Fri, 19 Nov 2010 11:27:35 GMT'],
        status => 304,
        body   => '',
    },
    {   name => 'only a 200 is subject to conditions',
        get  => '/api/resp/cond?etag="abc"&status=203',
        send => ['If-None-Match' => '"abc"'],
        status => 203,
        body => "body\nmore\n",
    },
    {   name => 'no tag, no date',
        get  => '/api/resp/cond',
        send => [
            'If-None-Match'     => '"abc"',
            'If-Modified-Since' => 'Fri, 19 Nov 2010 11:27:35 GMT'
        ],
        body => "body\nmore\n",
    },
    {   name   => 'a condition that is not met',
        get    => '/api/resp/cond?etag="abc"',
        send   => ['If-Match' => '"x"'],
        status => 412,
        headers => { ETag => undef },
        body   => qr/<h1>Precondition Failed/,
        log    => qr/cond: 1 412 1\./,
    },
    {   name   => 'and an ErrorDocument',
        get    => '/api/resp/cond/page?etag="abc"',
        send   => ['If-Match' => '"x"'],
        status => 412,
        body   => 'conditions',
    },
    {   name   => 'conditions do not apply to error pages',
        get    => '/api/resp/exitdoc',
        send   => ['If-None-Match' => '*'],
        status => 403,
        body   => "body\nmore\n",
    },
    {   name    => 'HTTP/1.0: an answer of LuaCoAccess',
        get     => '/api/resp/access10',
        version => '1.0',
        headers => { 'Content-Length' => 12 },
        body    => "from access\n",
    },
    (   map {
            {   name    => "HTTP/1.0: kept for the end$_",
                get     => "/api/resp/lazy10?$_",
                version => '1.0',
                headers => {
                    'Content-Length' => 14,
                    'X-Late'         => 'late',
                    'X-Later'        => undef
                },
                body => "one\ntwo\nthree\n",
            }
        } ''
    ),
    {   name    => 'HTTP/1.0: ngx.eof',
        get     => '/api/resp/lazy10?eof=1',
        version => '1.0',
        headers => {
            'Content-Length' => 8,
            'X-Late'         => 'late',
            'X-Later'        => undef
        },
        body => "one\ntwo\n",
    },
    (   map {
            {   name    => "HTTP/1.0: ngx.exit($_) after output",
                get     => "/api/resp/lazy10?exit=$_",
                version => '1.0',
                headers => { 'Content-Length' => 4 },
                body    => "one\n",
            }
        } 200,
        204, 404
    ),
    {   name    => 'HTTP/1.0: LuaCoHttp10Buffering Off',
        get     => '/api/resp/lazy10/off',
        version => '1.0',
        headers => { 'Content-Length' => undef, 'X-Late' => undef },
        body    => "one\ntwo\nthree\n",
        log     => qr/attempt to set ngx\.header\.HEADER/,
    },
    {   name    => 'underscores stay',
        get     => '/api/resp/under',
        headers => { 'X_Under' => '1, 2', 'X-Under' => undef },
        body    => "1,2 nil\n",
    },
    {   name    => 'underscores do not',
        get     => '/api/resp/under/on',
        headers => { 'X-Under' => '1' },
        body    => "1\n",
    },
);

# What will become of the connection.
{
    my $c = raw();
    is $c->get('/api/resp/show')->body, "keep-alive\n", 'kept alive';
    $c->request('GET', '/api/resp/show', headers => [Connection => 'close']);
    is $c->response->body, "close\n", 'closed';
    $c = raw();
    $c->request('GET', '/api/resp/show', version => '1.0');
    is $c->response->body, "close\n", 'HTTP/1.0';
    $c = raw();
    $c->request('GET', '/api/resp/lazy10', version => '1.0',
        headers => [Connection => 'keep-alive']) for 1, 2;
    is $c->response->body, "one\ntwo\nthree\n", 'HTTP/1.0, kept alive' for 1, 2;
    $c = raw();
    $c->request('GET', '/api/resp/lazy10?close=1', version => '1.0');
    is $c->read_rest, '', 'HTTP/1.0: ngx.exit(444)';
}

done_testing;
