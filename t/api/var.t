# tags: prefork hardlua
# ngx.var: the environment, what other modules see of it, and the built-in
# variables that depend on httpd.

use LuaCo::Test;
use MIME::Base64 qw(encode_base64);

my $port = config('port');
my $get  = '/api/var/lua/get?n';
my $not_found = q{variable "%s" not found for writing; maybe it is a }
    . q{built-in variable that is not changeable or you forgot to use }
    . q{"set $%s '';" in the config file to define it first};

requests(
    {   name    => 'the environment',
        get     => '/api/var/lua/env',
        send    => ['X-Set' => 'seen'],
        headers => { 'X-Env' => 'access seen nil', 'X-Gone' => '(null)' },
        body    => qr/^access\ seen\ nil\ setenv\ nil\n
            1\.5\ true\ 30\n
            \S+:\ variable\ "nul"\ cannot\ be\ assigned\ a\ value\n
            \S+:\ variable\ "args"\ cannot\ be\ assigned\ a\ value\n
            \S+:\ variable\ "n"\ not\ found\ for\ writing.*\n
            \S+:\ variable\ "n{300}"\ not\ found\ for\ writing.*\n$/x,
    },
    {   name => 'named groups of a location',
        get  => '/api/var/lua/match/a-b/c%20d',
        body => "a-b c d a-b c d nil nil nil\n",
    },
    {   name => 'captures of <Location ~>, in a section inside',
        get  => '/api/var/lua/tilde/one/two%20more',
        body => "one two more nil access:one nil nil\n",
    },
    {   name => 'the user',
        get  => '/api/var/lua/user',
        send => [
            Authorization => 'Basic ' . encode_base64('user:password', '')
        ],
        body => "nil user\n",
    },
    {   name   => 'after an internal redirect',
        get    => '/api/var/lua/nothere?x=1',
        status => 404,
        body   => "uri=/api/var/lua/get\n"
            . "request_uri=/api/var/lua/nothere?x=1\n"
            . "request=GET /api/var/lua/nothere?x=1 HTTP/1.1\n"
            . "args=n=uri,request_uri,request,args,request_method,status\n"
            . "request_method=GET\nstatus=404\n",
    },
    {   name   => 'in the log phase',
        get    => '/api/var/lua/log',
        status => 201,
        body   => "hello\n",
        log    => qr{logged: 201 201 6 OK text/plain 6 true$},
    },
    {   name => 'encoded paths',
        get  => '/api/var/lua/%67et?n=uri,request_uri',
        body => "uri=/api/var/lua/get\n"
            . "request_uri=/api/var/lua/%67et?n=uri,request_uri\n",
    },
    {   name => 'the absolute form',
        get  => "http://x.test:$port$get=request_uri,host,uri",
        body => "request_uri=$get=request_uri,host,uri\nhost=x.test\n"
            . "uri=/api/var/lua/get\n",
    },
    {   name    => 'HTTP/1.0',
        get     => "$get=server_protocol,request",
        version => '1.0',
        body    => "server_protocol=HTTP/1.0\n"
            . "request=GET $get=server_protocol,request HTTP/1.0\n",
    },
    {   name   => 'HEAD',
        method => 'HEAD',
        uri    => "$get=request_method",
        body   => '',
    },
);

is get("$get=scheme,https", tls => 1)->body, "scheme=https\nhttps=on\n",
    'TLS';
is get("$get=scheme,https")->body, "scheme=http\nhttps=\n", 'no TLS';
is get("$get=request_length")->body,
    'request_length=' . length(
    "GET $get=request_length HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\n\r\n"
    ) . "\n", 'request_length'
    or diag 'the client sends other headers now';

subtest 'hosts' => sub {
    my $vport = port('host');
    my $c     = raw(port => $vport);
    $c->send("GET /api/var/%2e%2e/var/x?y HTTP/1.1\r\nHost: Two.Test:99\r\n\r\n");
    is $c->response->body,
        "one.test two.test Two.Test:99 $vport "
        . "/api/var/%2e%2e/var/x?y /api/var/x\n", 'an alias';
    $c = raw(port => $vport);
    $c->send("GET /api/var HTTP/1.0\r\n\r\n");
    is $c->response->body, "one.test one.test nil $vport /api/var /api/var\n",
        'no Host';
};

subtest 'connections' => sub {
    my ($c, $d) = (raw(), raw());
    my $uri  = '/api/var/lua/connection';
    my @first = map { [split ' ', $c->get($uri)->body] } 1 .. 3;
    is join(' ', map { $_->[1] } @first), '1 2 3', 'requests are counted';
    is $first[0][0], $first[2][0], 'one number for a connection';
    if (mpm() ne 'prefork') {
        isnt((split ' ', $d->get($uri)->body)[0], $first[0][0], 'its own');
    }
};

subtest 'request_id' => sub {
    my $r  = get('/api/var/lua/id');
    my $id = $r->header('X-Id');
    like $id, qr/^[0-9a-f]{32}$/, 'its form';
    is $r->body, "request_id=$id\n", 'kept by an internal redirect';
    isnt get('/api/var/lua/id')->header('X-Id'), $id, 'not by requests';
};

done_testing;
