# tags: prefork
# No way round an access check: whatever leads to a guarded file asks first,
# with the check waiting and not.

use LuaCo::Test;
use LuaCo::Util qw(slurp);

my $port = config('port');
my $time = (stat LuaCo::Httpd::top() . '/t/phase/site/closed/secret.txt')[9];

# The ways there by a plain request.
my @uris = qw(
    /by/closed/secret.txt /by/closed//secret.txt //by//closed/secret.txt
    /by/closed/./secret.txt /by/closed/%2e/secret.txt
    /by/open/closed/secret.txt /by/open/./closed/secret.txt
    /by/open/dir/../closed/secret.txt /by/open/dir/%2e%2e/closed/secret.txt
    /by/open/dir/.%2E/closed/secret.txt /%62y/closed/secret.txt
    /by/%63losed/secret.txt /by/closed/secret%2Etxt /by/closed/%73ecret.txt
    /by/open%2Fclosed/secret.txt /by/closed%2fsecret.txt
    /by/closed/secret.txt/ /by/closed/secret.txt/more/path
    /by/closed/secret.txt;x=1 /by/closed/secret.txt%3Fopen=1
    /by/closed/secret.txt%00 /by/closed/secret.txt%0a
    /by/closed/index /by/closed/index/ /by/closed/index/index.html
    /by/closed/neg/page /by/closed/neg/page.html /by/closed/neg/page.html.en
    /by/closed/neg/page.en /by/closed/secret /by/closed/ /by/closed
    /by/closed/sub /by/closed/sub/ /by/closed/sub/deep /by/closed/sub/deep.txt
    /by/rewritten /by/errordoc /by/fallback /by/fallback/more
    /by/matched/secret.txt /by/matched//secret.txt /by/matched/sub/../secret.txt
    /by/open/ssi/../closed/secret.txt
    /by/ssi/secret.txt /by/ssi/virtual.shtml /by/ssi/file.shtml
    /by/open/ssi/virtual.shtml /by/open/ssi/file.shtml
    /byloc/secret.txt /byloc//secret.txt //byloc/secret.txt
    /byloc/./secret.txt /%62yloc/secret.txt /byloc/index/ /byloc/index
    /byloc/neg/page /by/../byloc/secret.txt /by/%2e%2e/byloc/secret.txt
    /x/..//byloc/secret.txt /byloc/sub/../secret.txt /byloc/secret.txt/
    /byhandler /byhandler/ /byhandler/more //byhandler /byhandler/%2e
    /byhandler/x/../y /by/../byhandler /byhandler%2fmore /byfile /byfile/
    http://localhost/by/closed/secret.txt http://localhost//byloc/secret.txt
    http://other.host/byhandler HTTP://LOCALHOST/byloc/secret.txt
);
my @methods = qw(GET HEAD POST PUT DELETE PATCH OPTIONS PROPFIND LOCK get GeT
    UNKNOWN);
my @headers = (
    [],
    [Range => 'bytes=0-3'],
    [Range => 'bytes=0-3', 'If-Range' => '"x"'],
    ['If-Modified-Since' => http_date($time)],
    ['If-Modified-Since' => http_date(time)],
    ['If-None-Match' => '*'],
    ['If-Match'      => '"no"'],
    ['Accept-Language' => 'en', Accept => 'text/html'],
    ['X-HTTP-Method-Override' => 'TRACE'],
    [Expect => '100-continue'],
    ['X-Original-URL' => '/hello.txt', 'X-Rewrite-URL' => '/hello.txt'],
);

sub http_date {
    my @t = gmtime $_[0];
    return sprintf '%s, %02d %s %d %02d:%02d:%02d GMT',
        (qw(Sun Mon Tue Wed Thu Fri Sat))[$t[6]], $t[3],
        (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$t[4]],
        $t[5] + 1900, @t[2, 1, 0];
}

my %connection;

sub ask {
    my ($method, $uri, %opt) = @_;
    my $to = $opt{port} || $port;
    my $c  = $connection{$to} ||= raw(port => $to);
    $c->request(
        $method, $uri,
        headers => $opt{headers},
        $method =~ /^P[OU]/ ? (body => '') : (),
        version => $opt{version}
    );
    my $r = $c->response($method);
    delete $connection{$to}
        if $r->{to_close}
        || lc($r->header('Connection') // '') eq 'close'
        || $r->version eq '1.0';
    return $r;
}

# Not a byte of what the check guards, nor its size or date.
sub is_closed {
    my ($r, $name) = @_;
    my $text = join "\n", (map {"$_->[0]: $_->[1]"} $r->headers), $r->body;
    my $open = $text =~ /the sec|Last-Modified|ETag|Content-Range/i
        || $r->status == 304
        || $r->status == 206
        || $r->status == 412;
    ok 0, "$name: " . $r->status . "\n$text" if $open;
    return !$open;
}

for my $park (0, 1) {
    my @park = $park ? ('X-Park' => 1) : ();
    subtest "plain requests, parked $park" => sub {
        my %status;
        for my $uri (@uris) {
            # What these answer has a date of its own; its body counts.
            my $open_page = $uri =~ /shtml/;
            my $r = ask('GET', $uri, headers => [@park]);
            if ($open_page) {
                unlike $r->body, qr/the sec/, $uri;
            }
            else {
                is_closed($r, $uri);
            }
            $status{ $r->status }++;
        }
        ok $status{403} > 50, "$status{403} of them were refused";
        is $status{500}, undef, 'none failed';
    };
    subtest "methods, parked $park" => sub {
        for my $method (@methods) {
            for my $uri (
                qw(/by/closed/secret.txt /by/closed/index/ /byloc/secret.txt
                /byloc/neg/page /byhandler)
                )
            {
                is_closed(ask($method, $uri, headers => [@park]),
                    "$method $uri");
            }
        }
        pass 'all closed';
    };
    subtest "headers, parked $park" => sub {
        for my $headers (@headers) {
            for my $uri (
                qw(/by/closed/secret.txt /by/closed/index/ /byloc/secret.txt
                /by/closed/neg/page /byhandler /by/rewritten)
                )
            {
                for my $method (qw(GET HEAD)) {
                    my $r = ask($method, $uri, headers => [@$headers, @park]);
                    is_closed($r, "$method $uri @$headers");
                    is $r->status, 403, "$method $uri @$headers"
                        if $r->status != 403;
                }
            }
        }
        pass 'all closed';
    };
    subtest "versions of the protocol, parked $park" => sub {
        for my $uri (qw(/by/closed/secret.txt /byloc/secret.txt /byhandler)) {
            is_closed(ask('GET', $uri, headers => [@park], version => '1.0'),
                "$uri by 1.0");
            my $c = raw();
            $c->send("GET $uri\r\n");
            unlike $c->read_rest, qr/the sec/, "$uri by 0.9";
            $c = raw(tls => 1);
            $c->request('GET', $uri, headers => [@park]);
            is_closed($c->response, "$uri by TLS");
            next if mpm() eq 'prefork';
            my @h = map {"-HX-Park: 1"} $park ? 1 : ();
            for my $args (
                ['--http2-prior-knowledge', "http://127.0.0.1:$port$uri"],
                ['--http2', "http://127.0.0.1:$port$uri"],
                ['--http2', 'https://127.0.0.1:' . config('sslport') . $uri],
                )
            {
                my $out = curl('-i', @h, @$args);
                like $out, qr{^HTTP/\S+ 403}m, "$uri by @$args: refused";
                unlike $out, qr/the sec/, "$uri by @$args: closed";
            }
            my $head = curl('-I', @h, '--http2-prior-knowledge',
                "http://127.0.0.1:$port$uri");
            unlike $head, qr/etag|last-modified/i, "$uri HEAD by HTTP/2";
        }
    };
    subtest "TRACE shows the request only, parked $park" => sub {
        for my $uri (qw(/by/closed/secret.txt /byhandler)) {
            my $r = ask('TRACE', $uri, headers => [@park]);
            unlike $r->body, qr/the sec/, $uri;
        }
    };
    subtest "a virtual host with a check, parked $park" => sub {
        my $gate = port('gate');
        for my $uri (
            qw(/secret.txt /index/ /neg/page /moved /proxied/secret.txt
            /nothing.txt / /sub http://localhost/secret.txt)
            )
        {
            my $r = ask('GET', $uri, headers => [@park], port => $gate);
            is $r->status, 403, $uri;
            is $r->body, ask('GET', $uri, port => port('gateref'))->body,
                "$uri: the error page, as with a Require";
        }
        is ask(
            'GET', '/secret.txt',
            headers => [@park, 'X-Open' => 1],
            port    => $gate
        )->body, "the secret\n", 'who may, sees it';
        is ask(
            'GET', '/proxied/secret.txt',
            headers => [@park, 'X-Open' => 1],
            port    => $gate
        )->body, "the secret\n", 'and what is behind the proxy';
    };
    # The gate does open, by each of the ways.
    subtest "who may, parked $park" => sub {
        my @open = (@park, 'X-Open' => 1);
        for my $uri (
            qw(/by/closed/secret.txt /by/open/closed/secret.txt
            /by/closed//secret.txt /by/closed/%2e/secret.txt
            /by/open/dir/../closed/secret.txt /by/closed/index/
            /by/closed/neg/page /by/rewritten /by/fallback
            /by/ssi/virtual.shtml /by/ssi/file.shtml /by/matched/secret.txt
            /byloc/secret.txt /byloc/index/ /byloc/neg/page /byhandler
            /byhandler/more http://localhost/by/closed/secret.txt)
            )
        {
            my $r = ask('GET', $uri, headers => \@open);
            is $r->status, 200, "$uri: status";
            like $r->body, qr/the secret/, "$uri: body";
        }
        my $r = ask('GET', '/by/closed/secret.txt',
            headers => [@open, Range => 'bytes=4-9']);
        is $r->status . $r->body, '206secret', 'a range';
        is ask('GET', '/by/closed/secret.txt',
            headers => [@open, 'If-Modified-Since' => http_date($time)])
            ->status, 304, 'not modified';
        if (mpm() ne 'prefork') {
            my @h = ('-HX-Open: 1', $park ? '-HX-Park: 1' : ());
            for my $uri (qw(/by/closed/secret.txt /byhandler)) {
                for my $how (qw(--http2 --http2-prior-knowledge)) {
                    like curl('-i', @h, $how, "http://127.0.0.1:$port$uri"),
                        qr{^HTTP/2 200.*the secret}ms, "$uri by $how";
                }
            }
        }
        is ask('GET', '/by/errordoc', headers => \@open)->status, 403,
            'an error page keeps the status';
    };
}

done_testing;
