# tags: prefork
# LuaCoServerRewrite, LuaCoRewrite and LuaCoPreContent before everything that
# httpd serves: each runs once, in order, and the answer is the same whether
# they wait or not.  What they decide is what nginx makes of it.

use LuaCo::Test;

my $port = port('rewrite');
my @phases = qw(server_rewrite rewrite access precontent);

sub ask {
    my ($uri, %opt) = @_;
    return fetch($opt{method} // 'GET', $uri, port => $port, %opt{qw(body)});
}

# The answer, and what LuaCoLog found in ngx.ctx.
my $id = 0;

sub logged {
    my ($uri) = @_;
    $id++;
    my $log  = error_log();
    my $r    = ask("$uri&id=$id");
    my $line = $log->wait_for(qr/logged: .*id=$id\./) // $log->text;
    my ($what) = $line =~ /logged: (.*)\. for/;
    return ($r, $what);
}

my %steps = (
    '/steps' => '/steps 200 server_rewrite rewrite access precontent content',
    '/steps/none' => '/steps/none 200 server_rewrite access content',
    '/modrw/steps' =>
        '/steps 200 server_rewrite rewrite access precontent content',
    '/a.txt'     => '/a.txt 200 server_rewrite rewrite access precontent',
    '/nothing'   => '/nothing 404 server_rewrite rewrite access precontent',
    '/forbidden' => '/forbidden 403 server_rewrite',
    '/proxied/x' => '/proxied/x 200 server_rewrite rewrite access precontent',
    '/aliased/index.html' =>
        '/aliased/index.html 200 server_rewrite rewrite access precontent',
    '/dir' => '/dir 301 server_rewrite rewrite access',
    # DirectoryIndex: the phases of the file run in httpd's subrequest.
    '/dir/' => '/dir/index.html 200 server_rewrite rewrite access',
    '/rd/inner' => '/a.txt 200 server_rewrite rewrite access'
        . ' server_rewrite rewrite access precontent',
);
my %body = (
    '/a.txt'              => "a file\n",
    '/dir/'               => "an index\n",
    '/aliased/index.html' => "an index\n",
    '/rd/inner'           => "a file\n",
);
for my $uri (sort keys %steps) {
    subtest $uri => sub {
        for my $park ('', 'all', @phases) {
            my ($r, $got) = logged("$uri?park=$park");
            is $got, $steps{$uri}, "park=$park";
            is $r->body, $body{$uri}, "park=$park: body" if $body{$uri};
            is $r->body, "back: /x?park=$park&id=$id\n", "park=$park: proxied"
                if $uri =~ /proxied/;
        }
    };
}

subtest 'what a phase does is the answer' => sub {
    for my $phase (@phases) {
        for my $park ('', $phase) {
            my $name = "$phase, park=$park";
            my $last
                = join ' ', @phases[0 .. (grep { $phases[$_] eq $phase } 0 .. 3)[0]];
            for my $code (403, 404, 500, 503) {
                my ($r, $log)
                    = logged("/a.txt?$phase=exit&code=$code&park=$park");
                is $r->status, $code, "$name: exit($code)";
                like $r->body, qr/<title>$code /, "$name: its page";
                is $log, "/a.txt $code $last", "$name: the end";
            }
            my ($r, $log) = logged("/a.txt?$phase=exit&code=0&park=$park");
            is $r->body, "a file\n", "$name: exit(ngx.OK) goes on";
            ($r, $log) = logged("/a.txt?$phase=exit&code=-5&park=$park");
            is $r->body, "a file\n", "$name: exit(ngx.DECLINED) goes on";
            ($r, $log) = logged("/a.txt?$phase=exit&code=200&park=$park");
            is $r->status . $r->body, 200, "$name: exit(200) is an empty answer";
            is $log, "/a.txt 200 $last", "$name: and the end";
            ($r, $log) = logged("/a.txt?$phase=say&park=$park");
            is $r->status . $r->body, "200said in $phase\n", "$name: say";
            is $log, "/a.txt 200 $last", "$name: say is the end";
            ($r, $log)
                = logged("/a.txt?$phase=say_exit&code=404&park=$park");
            is $r->status . $r->body, "200said in $phase\n",
                "$name: exit after say";
            ($r, $log) = logged("/a.txt?$phase=header&park=$park");
            is $r->header('X-Phase') . $r->body, "${phase}a file\n",
                "$name: a header stays";
            ($r, $log) = logged("/a.txt?$phase=error&park=$park");
            is $r->status, 500, "$name: an error";
            is $log, "/a.txt 500 $last", "$name: an error is the end";
            ($r, $log) = logged("/a.txt?$phase=thread&park=$park");
            is $r->body, "a file\n", "$name: a light thread";
            like $log, qr/ $phase thread\b/, "$name: was waited for";
            ($r, $log)
                = logged("/a.txt?$phase=thread_exit&code=410&park=$park");
            is $r->status, 410, "$name: exit in a light thread";
            for my $code (301, 302, 303, 307, 308) {
                ($r, $log)
                    = logged("/a.txt?$phase=redirect&code=$code&park=$park");
                is $r->status, $code, "$name: redirect $code";
                is $r->header('Location'), '/elsewhere?a=b c',
                    "$name: as written";
            }
            for my $code (444, 499, 408, 'error') {
                my $c = raw(port => $port);
                $c->request('GET', "/a.txt?$phase=exit&code=$code&park=$park");
                ok !eval { $c->response }, "$name: exit($code) says nothing";
            }
        }
    }
};

subtest 'ErrorDocument' => sub {
    for my $phase (@phases) {
        for my $park ('', $phase, 'all') {
            my ($r, $log)
                = logged("/error/x?$phase=exit&code=403&park=$park");
            is $r->status, 403, "$phase, park=$park: status";
            like $r->body, qr{^/steps/error nil: .* content$},
                "$phase, park=$park: by Lua";
            # One table for both requests.
            like $log, qr{^/steps/error 403 server_rewrite.* server_rewrite},
                "$phase, park=$park: ngx.ctx is kept";
            ($r, $log) = logged("/error/x?$phase=exit&code=404&park=$park");
            is $r->status . $r->body, "404a file\n",
                "$phase, park=$park: a file";
        }
    }
};

subtest 'on one connection' => sub {
    my $c = raw(port => $port);
    for my $i (1 .. 3) {
        for my $park ('', @phases, 'all') {
            is $c->get("/a.txt?park=$park")->body, "a file\n", "park=$park";
            is $c->get("/a.txt?rewrite=exit&code=404&park=$park")->status, 404,
                "refused, park=$park";
            is $c->get("/a.txt?precontent=say&park=$park")->body,
                "said in precontent\n", "answered, park=$park";
        }
    }
    # Pipelined.
    $c->request('GET', "/a.txt?park=$_") for @phases;
    is $c->response->body, "a file\n", "pipelined" for @phases;
};

SKIP: {
    # On others a client that goes is not looked at.
    skip mpm(), 1 if mpm() ne 'event';
    subtest 'the client goes while a phase waits' => sub {
        for my $phase (@phases) {
            my $log = error_log();
            my $c   = raw(port => $port);
            $c->request('GET', "/abort?$phase=sleep");
            ok $log->wait_for(qr/sleeps in $phase/), "$phase waits";
            $c->close;
            my $line = $log->wait_for(qr{logged: /abort}) // '';
            like $line, qr{logged: /abort 499 .*$phase\. for}, "$phase: 499";
        }
    };
}

subtest 'a body behind the phases' => sub {
    for my $park ('', @phases, 'all') {
        my $r = ask("/proxied/y?park=$park", method => 'POST',
            body => 'b' x 100_000);
        is $r->body, "back: /y?park=$park\n", "park=$park";
    }
};

subtest 'HTTP/2' => sub {
    SKIP: {
        skip 'no HTTP/2 on prefork', 1 if mpm() eq 'prefork';
        for my $park ('', @phases, 'all') {
            is curl('--http2-prior-knowledge',
                "http://127.0.0.1:$port/a.txt?park=$park"), "a file\n",
                "park=$park";
        }
    }
};

done_testing;
