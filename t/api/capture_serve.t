# tags: prefork
# Where captures lead: files, backends, CGI, Lua; what they take with them.

use LuaCo::Test;
use LuaCo::Backend;
use LuaCo::Util qw(slurp wait_until);

use IO::Socket::UNIX;

sub escape { my ($s) = @_; $s =~ s/([^\w.\/-])/sprintf '%%%02X', ord $1/ge; return $s }

sub of {
    my ($uri, $options) = @_;
    return '/api/serve/get?u=' . escape($uri) . ($options ? '&o=' . escape($options) : '');
}

my $hold = 0;
my $backend = LuaCo::Backend->start(
    port   => port('capback'),
    answer => sub {
        my ($request) = @_;
        my ($method, $uri) = split ' ', $request;
        my ($head, $body) = split /\r\n\r\n/, $request, 2;
        my $range = $head =~ /^(Range|If-[\w-]+):/mi ? $1 : 'clean';
        return LuaCo::Backend::http('', status => '304 Not Modified', 'Content-Length' => 0) if $uri =~ /304/;
        return LuaCo::Backend::http('gone', status => '404 Not Found', 'X-Back' => 'b') if $uri =~ /404/;
        return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", { close => 1 } if $uri =~ /short/;
        return { close => 1 } if $uri =~ /close/;
        return LuaCo::Backend::http('x' x 3_000_000) if $uri =~ /big/;
        return LuaCo::Backend::http("$method $uri $range $body", 'X-Back' => 'b');
    },
);

# A backend behind a unix socket.
my $path = config('t_logs') . '/cap.sock';
unlink $path;
my $listener = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 5) or die "$path: $!";
chmod 0777, $path;
my $unix = fork // die $!;
if (!$unix) {
    while (my $c = $listener->accept) {
        my $text = '';
        sysread $c, $text, 4096, length $text until $text =~ /\r\n\r\n/;
        print $c "HTTP/1.0 200 OK\r\nContent-Type: text/x-unix\r\n\r\nby unix";
        close $c;
    }
    require POSIX;
    POSIX::_exit(0);
}
close $listener;

requests(
    (   map {
            my ($uri, $options, $body) = @$_;
            {   name => $uri . ($options ? " $options" : ''),
                get  => of($uri, $options),
                body => ref $body ? $body : $body =~ s{\n?\z}{\n}r,
            }
        }
        [ '/api/files/file.txt', undef, "200 false text/plain - [a file\n]" ],
        [ '/api/files/file.txt', '{method=ngx.HTTP_HEAD}', '200 true text/plain - []' ],
        [ '/api/files/index/', undef, "200 false text/html - [the index\n]" ],
        [ '/api/files/index', undef, qr{^301 true \S+ http://\S+/api/files/index/ \[\]} ],
        [ '/api/files/noindex/', undef, qr{^404 true \S+ - \[\]} ],
        [ '/api/files/script.lua?a', undef, "200 false text/plain - [script a\n]" ],
        [ '/api/files/inc.shtml', undef, "200 false text/html - [before lua inc after\n]" ],
        [ '/api/rewritten/file.txt', undef, "200 false text/plain - [a file\n]" ],
        [ '/api/back/x?a=1', undef, '200 false - b [GET /back/x?a=1 clean ]' ],
        [ '/api/back/x', '{method=ngx.HTTP_POST, body="posted"}', '200 false - b [POST /back/x clean posted]' ],
        [ '/api/back/x', '{method=ngx.HTTP_PUT, args={b="c d"}, body=""}', '200 false - b [PUT /back/x?b=c%20d clean ]' ],
        [ '/api/back/404', undef, '404 false - b [gone]' ],
        [ '/api/back/304', undef, qr{^304 \w+ - - \[\]} ],
        [ '/api/back/short', undef, '200 true - - [short]' ],
        [ '/api/back/close', undef, qr{^502 true \S+ - \[\]} ],
        [ '/api/dead/', undef, qr{^503 true \S+ - \[\]} ],
        [ '/api/back/big', undef, "200 false - - [" . "x" x 3_000_000 . "]\n" ],
        [ '/api/back/big', '{method=ngx.HTTP_HEAD}', qr{^200 true - - \[\]\n$} ],
        [ '/api/unix/', undef, '200 false text/x-unix - [by unix]' ],
        [ '/api/balanced/x', undef, '200 false - b [GET /balanced/x clean ]' ],
        [ '/api/capcgi', undef, "200 false text/x-cgi yes [GET - \n]" ],
        [ '/api/capcgi?404', undef, qr{^404 false text/x-cgi yes \[GET - \n\]} ],
        [ '/api/capcgi', '{method=ngx.HTTP_POST, body="to cgi"}', "200 false text/x-cgi yes [POST 6 to cgi\n]" ],
        [ '/api/serve/family', undef, "200 false text/plain - [lua 1;lua 2;lua 3;a file\n]" ],
        [ '/api/serve/echo', undef, '200 false text/plain - [GET - none clean -]' ],
        [ '/api/serve/echo', '{headers={["X-In"]="mine"}}', '200 false text/plain - [GET - none clean mine]' ],
        [ '/api/serve/exec?to=/api/serve/lua%3fx', undef, '200 false text/plain - [lua x]' ],
        [ '/api/serve/exec?sleep=1&to=/api/serve/lua%3fx', undef, '200 false text/plain - [lua x]' ],
        [ '/api/serve/exec?to=/api/files/file.txt', undef, "200 false text/plain - [a file\n]" ],
        [ '/api/serve/exec?sleep=1&to=/api/back/x', undef, '200 false - b [GET /back/x clean ]' ],
        [ '/api/serve/exec?to=/api/none', undef, qr{^404 true - - \[\]} ],
        [ '/api/serve/exec?to=%40capname', undef, '200 false text/plain - [named /api/serve/exec true]' ],
        [ '/api/serve/inside', undef, '200 false text/plain - [inside true]' ],
        [ '@capname', undef, '200 false text/plain - [named /api/serve/get true]' ],
        [ '@nobody', undef, qr{^404 true - - \[\]} ],
        [ '/api/phases', undef, '200 false text/plain filtered [REWRITE PRECONTENT HANDLER]' ],
    ),
    {   name => 'of three phases',
        get  => '/api/from',
        body => "lua rewritea file\nlua handler",
        log  => [
            qr/pre: API disabled in the context of LuaCoPreContent/,
            qr/log: API disabled in the context of LuaCoLog/,
        ],
        no_log => qr/LOGGED/,
    },
);

subtest 'the request body' => sub {
    my $post = sub {
        my ($options, $body, @opt) = @_;
        my $text = fetch('POST', of('/api/serve/echo', $options) . ($opt[0] // ''),
            body => $body, headers => [ 'X-In' => 'in' ])->body;
        return $text =~ /\[(.*)\]/s ? $1 : $text;
    };
    is $post->('{method=ngx.HTTP_POST}', 'hello', '&read=1'), 'POST 5 hello clean in', 'POST takes it along';
    is $post->('{method=ngx.HTTP_PUT}', 'hello', '&read=1'), 'PUT 5 hello clean in', 'PUT, too';
    is $post->('{}', 'hello', '&read=1'), 'GET - none clean in', 'GET does not';
    is $post->('{always_forward_body=true}', 'hello', '&read=1'), 'GET 5 hello clean in', '... but always_forward_body';
    is $post->('{method=ngx.HTTP_POST, body="own"}', 'hello', '&read=1'), 'POST 3 own clean in', 'its own';
    is $post->('{method=ngx.HTTP_POST}', 'hello'), 'POST - none clean in', 'one that was not read';
    is $post->('{method=ngx.HTTP_POST}', 'x' x 100_000, '&read=1'), 'POST 100000 file clean in', 'a file';
    is $post->('{method=ngx.HTTP_POST}', "3\r\nabc\r\n0\r\n\r\n", '&read=1'), 'POST 13 ' . "3\r\nabc\r\n0\r\n\r\n clean in", 'bytes are bytes';
};

subtest 'the user' => sub {
    my $auth = [ Authorization => 'Basic dXNlcjpwYXNzd29yZA==' ];
    plan skip_all => 'no such user' if fetch('GET', '/api/private/outer', headers => [@$auth])->status != 200;
    is fetch('GET', '/api/private/outer', headers => [@$auth])->body,
        'user /api/private/inner /api/private/outer GET /api/private/outer HTTP/1.1 404', 'goes along';
};
is get('/api/serve/outer')->body, '401', 'Require holds for a capture';
is get('/api/serve/inside')->status, 404, 'LuaCoInternal: not for clients';

subtest 'of TLS and HTTP/2' => sub {
    my $uri = of('/api/serve/scheme');
    like fetch('GET', $uri, tls => 1)->body, qr{\[https HTTP/1.1 127.0.0.1 }, 'TLS';
    like fetch('GET', of('/api/back/x'), tls => 1)->body, qr{\[GET /back/x clean \]}, 'TLS, from a backend';
    return if mpm() eq 'prefork'; # which has no HTTP/2
    my $url = 'http://127.0.0.1:' . config('port');
    like curl('--http2-prior-knowledge', "$url$uri"), qr{\[http HTTP/2.0 127.0.0.1 }, 'HTTP/2';
    like curl('--http2-prior-knowledge', $url . of('/api/back/x')), qr{\[GET /back/x clean \]}, 'HTTP/2, from a backend';
    like curl('--http2-prior-knowledge', "$url/api/serve/get?u=/api/serve/family"), qr{\[lua 1;lua 2;lua 3;a file}, 'HTTP/2, captures in a capture';
};

subtest 'no line in the access log' => sub {
    is get(of('/api/files/file.txt?unlogged'))->status, 200;
    is get('/hello.txt?after')->status, 200;
    # A line is written after the client has its answer.
    my $log;
    ok wait_until(
        sub {
            $log = slurp(config('t_logs') . '/access_log');
            return $log =~ qr/hello\.txt\?after/;
        }
    ), 'the others have one';
    unlike $log, qr/file\.txt\?unlogged/, 'none';
};

$backend->stop;
for my $how ('', '?multi=1') {
    my $three = LuaCo::Backend->start(
        port   => port('capback'),
        hold   => 3,
        order  => 'reverse',
        answer => sub { return LuaCo::Backend::http((split ' ', $_[0])[1], Connection => 'close') },
    );
    is get("/api/serve/threads$how")->body, '/back/1,/back/2,/back/3',
        'the backend has all three before it answers the first';
    $three->stop;
}

kill KILL => $unix;
waitpid $unix, 0;

done_testing;
