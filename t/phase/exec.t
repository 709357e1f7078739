# tags: prefork
# ngx.exec: from each phase, before and after a wait, from light threads and
# coroutines, to every kind of target, waiting or not; named locations;
# LuaCoInternal.

use LuaCo::Test;

use MIME::Base64 qw(encode_base64);

my $port = port('exec');

my $id = 0;

# The response and what LuaCoLog said: one line, whatever was redirected.
sub logged {
    my ($uri, %opt) = @_;
    my $method = delete $opt{method} // 'GET';
    $id++;
    my $log = error_log();
    my $r   = fetch($method, $uri . ($uri =~ /\?/ ? '&' : '?') . "id=$id",
        port => $port, %opt);
    my @lines = grep {/id=$id\./}
        do { $log->wait_for(qr/logged: .*id=$id\./); split /^/, $log->text };
    is scalar(grep {/logged: /} @lines), 1, 'logged once';
    my ($what) = join('', @lines) =~ /logged: (.*)\. for/;
    return ($r, $what);
}

my %to = (
    '/to/x'        => "/to/x from %s\n",
    '/a.txt'       => "a file\n",
    '/dir/'        => "an index\n",
    '/nothing'     => 404,
    '/denied'      => 403,
    '/to-410'      => [410, "/to/error from %s\n"],
    '/proxied/x'   => qr{^back: GET /x},
    '/internal/x'  => "internal /internal/x\n",
    '@lua'         => qr{^named /from /.*/site/from\n},
    '@denied'      => 403,
    '@missing'     => 500,
    '@nearly'      => 500,
);
my @hows = ('', '&park=1', '&thread=1', '&co=1&park=1', '&thread=1&park=1');
for my $where (qw(rewrite access precontent content)) {
    for my $to (sort keys %to) {
        subtest "$where to $to" => sub {
            for my $how (@hows) {
                for my $p ($to =~ /^\@/ ? '' : ('', '&p=1')) {
                    my ($r, $log)
                        = logged("/from?where=$where&to=$to$how$p");
                    my $want = $to{$to};
                    my $status = 200;
                    ($status, $want) = @$want if ref $want eq 'ARRAY';
                    ($status, $want) = ($want) if $want =~ /^\d+$/;
                    is $r->status, $status, "$how$p: status";
                    if (ref $want) {
                        like $r->body, $want, "$how$p: body";
                    }
                    elsif ($want) {
                        is $r->body, sprintf($want =~ s/%s/$where/r),
                            "$how$p: body";
                    }
                    is $r->header('X-From'), $where, 'what Lua set stays';
                    like $log, qr/ $status$/, "$how$p: logged";
                }
            }
        };
    }
}

subtest 'from LuaCoServerRewrite' => sub {
    for my $to (qw(/a.txt /to/x /denied)) {
        for my $how ('', '&park=1', '&p=1', '&park=1&p=1') {
            my ($r) = logged("/nowhere?first=$to$how");
            my $want = $to{$to};
            $want =~ /^\d+$/
                ? is($r->status, $want, "$to$how")
                : is($r->body, $want =~ s/%s/nil/r, "$to$how");
        }
    }
};

subtest 'a request body goes along' => sub {
    for my $how ('', '&body=1', '&park=1', '&body=1&park=1') {
        for my $where (qw(rewrite content)) {
            my ($r) = logged(
                "/from?where=$where&to=/proxied/x$how",
                method => 'POST',
                body   => 'x' x 10
            );
            like $r->body, qr{^back: POST /x\S* x{10}$}, "$where$how";
        }
    }
};

subtest 'a cycle' => sub {
    for my $park ('', '?park=1') {
        my $log = error_log();
        is get("/cycle$park", port => $port)->status, 500, "500 $park";
        ok $log->wait_for(
            qr{rewrite or internal redirection cycle while internally redirecting to "/cycle"}
        ), 'the log says what';
        ok $log->wait_for(qr/AH00124: .*LimitInternalRecursion/),
            'and where it is set';
    }
};

subtest 'an error document that goes on' => sub {
    my $r = get('/to-410', port => $port);
    is $r->status, 410, 'status';
    is $r->body, "/to/error from nil\n", 'body';
};

subtest 'the checks of the same sections are made, not taken for passed' =>
    sub {
    for my $park ('', '?park=1') {
        is get("/guarded/x$park", port => $port)->status, 401,
            "no password$park";
        my @alice
            = (Authorization => 'Basic ' . encode_base64('alice:secret', ''));
        is get("/guarded/x$park", port => $port, headers => [@alice])->body,
            "secret for alice\n", "password$park";
    }
    };

subtest 'named locations' => sub {
    for my $how ('', '&park=1', '&acc=1', '&acc=1&park=1') {
        like get("/byname/x?to=\@lua$how", port => $port)->body,
            qr{^named /byname/x /.*/site/byname\n}, "Lua$how";
        like get("/byname/%20%3F?to=\@proxy$how", port => $port)->body,
            qr{^back: GET /base/byname/%20%3f\?to=\@proxy$how}i,
            "ProxyPass in it$how";
        is get("/byname/x?to=\@lua$how&seturi=/to/y&jump=1",
            port => $port)->body, "/to/y from nil\n", "jump$how";
        like get("/byname/x?to=\@lua$how&seturi=/to/y", port => $port)->body,
            qr{^named /to/y /.*/site/to/?y?\n}, "another URI$how";
    }
    my $r = get('/a.txt?named=1', port => $port);
    is $r->body, "a file\n", 'the file of the URI';
    is $r->header('X-Named'), 'file', 'in the section of the name';
    my $log = error_log();
    is get('/byname/x?to=@missing', port => $port)->status, 500, 'missing';
    ok $log->wait_for(qr/could not find named location "\@missing"/), 'why';
};

subtest 'LuaCoInternal' => sub {
    for my $uri (
        qw(/internal /internal/ /internal/x /./internal /x/../internal
        //internal /%69nternal /internal%2Fx /internal/.. /internal/../internal
        /internal;x /internal?a /rewritten
        /@lua /%40lua //@lua /./@lua /@lua/ /@lua/x /%2e/@lua /@%6cua ///@lua//x
        /x/..//@lua)
        )
    {
        my $r = get($uri, port => $port);
        isnt $r->status, 200, "$uri: no answer";
        unlike $r->body, qr/named|internal/, "$uri: nothing of it runs";
        is $r->status, 404, "$uri: 404"
            if $uri !~ m{/internal/\.\.$|^/internal;x};
    }
    is get('/internal/open', port => $port)->body,
        "internal /internal/open\n", 'Off inside';
    my $r = get('/asks402', port => $port);
    is $r->status, 402, 'an ErrorDocument';
    is $r->body, "internal /internal/402\n", 'passes';
    is get('/jumps', port => $port)->body, "internal /internal/x\n",
        'a jump passes, as in nginx';
    is get('/internal', port => $port, headers => [Host => 'x'])->status, 404,
        'again 404';
};

done_testing;
