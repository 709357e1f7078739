# tags: prefork
# Where a request cannot be parked the same Lua gives the same answer, the
# thread waiting: other MPMs, HTTP/2, subrequests, ErrorDocument, internal
# redirects, Satisfy any.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
LogLevel luaco:trace4
Protocols h2 h2c http/1.1
RewriteEngine On
RewriteRule ^/rewritten$ /sleep?n=rewritten [PT]
<Location /virtual>
    Options +Includes
    SetOutputFilter INCLUDES
    <LuaCoHandler>
        ngx.header.content_type = "text/html"
        ngx.print('<!--#include virtual="/sleep?n=1" -->')
        ngx.print('<!--#include virtual="/asleep?n=2" -->')
        ngx.print('<!--#include virtual="/tsleep?n=3" -->')
        ngx.print('<!--#include virtual="/inner" -->')
    </LuaCoHandler>
</Location>
<Location /inner>
    <LuaCoHandler>
        ngx.print("in")
        ngx.flush(true)
        ngx.sleep(0.001)
        ngx.print("ner ", tostring(ngx.is_subrequest), "\n")
    </LuaCoHandler>
</Location>
ErrorDocument 404 /document
<Location /document>
    <LuaCoAccess>
        ngx.sleep(0.001)
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.say("document")
        ngx.flush(true)
        ngx.sleep(0.001)
        ngx.say("end")
    </LuaCoHandler>
</Location>
<Location /forbidden>
    <LuaCoAccess>
        ngx.sleep(0.001)
        ngx.exit(404)
    </LuaCoAccess>
</Location>
<Location /failing>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.exit(404)
    </LuaCoHandler>
</Location>
<Directory "@DocumentRoot@/redirected">
    Options +FollowSymLinks
    RewriteEngine On
    RewriteRule ^from$ /sleep?n=redirected [PT]
</Directory>
<Directory "@DocumentRoot@/dir">
    DirectoryIndex nothing.txt /sleep?n=dir
</Directory>
<Directory "@DocumentRoot@/fall">
    FallbackResource /tsleep
</Directory>
<Location /any>
    AuthType Basic
    AuthName x
    AuthBasicProvider file
    AuthUserFile "@Root@/users"
    Require valid-user
    Satisfy any
    <LuaCoAccess>
        ngx.sleep(0.001)
        if ngx.var.arg_no then
            ngx.exit(403)
        end
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.say("any")
    </LuaCoHandler>
</Location>
CONF

my %answer = (
    '/sleep?n=1'       => "slept 1\n",
    '/asleep?n=1'      => "let in 1\n",
    '/tsleep'          => "sum 6\n",
    '/rewritten'       => "slept rewritten\n",
    '/redirected/from' => "slept redirected\n",
    '/dir/'            => "slept dir\n",
    '/fall/nothing'    => "sum 6\n",
    '/virtual' => "slept 1\nlet in 2\nsum 63\ninner true\n",
    '/nothing'   => "document\nend\n",
    '/forbidden' => "document\nend\n",
    '/failing'   => "document\nend\n",
    '/any'       => "any\n",
);
my %status = map { $_ => 404 } qw(/nothing /forbidden /failing);

my @mpms = $ENV{LUACO_MPM} eq 'event' ? qw(event worker) : $ENV{LUACO_MPM};
for my $mpm (@mpms) {
    my $s = park_server(
        mpm   => $mpm,
        ssl   => 1,
        conf  => $conf,
        files => {
            # "user" with the password "secret"
            'users' => 'user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=' . "\n",
            'htdocs/redirected/a.txt' => '',
            'htdocs/dir/a.txt'        => '',
            'htdocs/fall/a.txt'       => '',
            # mod_dir goes to what has a file.
            'htdocs/sleep'  => '',
            'htdocs/tsleep' => '',
        },
    );
    for my $tls (0, 1) {
        my $where = "$mpm, " . ($tls ? 'https' : 'http');
        for my $uri (sort keys %answer) {
            # Rewriting is not inherited by the TLS host.
            next if $tls && $uri eq '/rewritten';
            my $c = $s->raw(tls => $tls);
            for my $time (1, 2) {
                my $r = $c->get($uri);
                is $r->body, $answer{$uri}, "$where: $uri, $time";
                is $r->status, $status{$uri} // 200, 'status';
            }
            is $c->get('/plain')->body, "plain \n", 'and another';
        }
        is $s->raw(tls => $tls)->get('/any?no=1')->status, 401,
            "$where: any, none suffices";
        is $s->raw(tls => $tls)
            ->get('/any?no=1',
            headers => [Authorization => 'Basic dXNlcjpzZWNyZXQ='])->body,
            "any\n", "$where: any, the password does";
    }
    if ($mpm ne 'prefork') {
        my $port = $s->port;
        for my $uri (sort keys %answer) {
            is curl('--http2-prior-knowledge',
                "http://127.0.0.1:$port$uri"), $answer{$uri},
                "$mpm, h2: $uri";
        }
        my $ssl = $s->ssl_port;
        my $out = nghttp('-nv',
            map {"https://127.0.0.1:$ssl/sleep?n=$_"} 1 .. 20);
        is scalar(() = $out =~ /:status: 200/g), 20,
            "$mpm, h2: twenty streams";
        # The client resets a stream while its Lua waits.
        my $log = LuaCo::Log->new($s->log->file);
        my $f   = $s->root . '/go';
        my $pid = fork // die;
        if (!$pid) {
            open STDOUT, '>', '/dev/null';
            open STDERR, '>', '/dev/null';
            exec('nghttp', '-t', '1s', '--no-verify-peer',
                map {"https://127.0.0.1:$ssl/hold?k=reset$_&f=$f"} 1 .. 3)
                or exit 1;
        }
        ok $log->wait_for(qr/waits reset$_\b/), "$mpm, h2: one waits"
            for 1 .. 3;
        waitpid $pid, 0;
        is $s->raw->get('/sleep')->body, "slept \n", 'others go on';
        LuaCo::Util::spew($f, '');
        ok wait_until(sub { $s->raw->get('/waiting?k=reset1')->body == 0 }),
            'and it ends';
        ok wait_until(sub { busy_workers($s) <= 0 }), 'no worker is held';
    }
    # A wait in each of the threads there are, and they all end.
    my @c;
    for (1 .. 6) {
        push @c, $s->raw;
        $c[-1]->request('GET', '/hold?k=held&f=' . $s->root . '/go2');
    }
    ok $s->log->wait_for(qr/waits held/, count => 6), "$mpm: six wait";
    is $s->raw->get('/sleep')->body, "slept \n", 'others go on';
    LuaCo::Util::spew($s->root . '/go2', '');
    is $_->response->body, "held held\n", 'answered' for @c;
    clean($s);
    ok $s->stop, 'stop';
}

done_testing;
