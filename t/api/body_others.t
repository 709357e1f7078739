# tags: prefork hardlua
# Who reads the request body after Lua has read or changed it: mod_proxy,
# mod_cgid, mod_deflate, error pages.

use LuaCo::Test;
use LuaCo::Util qw(wait_until);

use Compress::Zlib ();

my $proxy = '/api/others/proxy';

sub post {
    my ($uri, $body, @headers) = @_;
    return fetch('POST', $uri, body => $body, headers => [@headers])->body;
}

subtest 'mod_proxy' => sub {
    for my $act (qw(none read sleep)) {
        is post("$proxy?do=$act", 'hello'), "POST 5 nil 5 hello\n", $act;
        is post("$proxy?do=$act", 'x' x 100_000),
            'POST 100000 nil 100000 ' . 'x' x 20 . "\n", "$act, from a file";
        is get("$proxy?do=$act")->body, "GET nil nil 0 \n", "$act, no body";
        like post("$proxy?do=$act", "3\r\nabc\r\n0\r\n\r\n",
            'Transfer-Encoding' => 'chunked'),
            qr/^POST (?:nil chunked|3 nil) 3 abc$/, "$act, chunked";
    }
    is post("$proxy?do=set", 'hello'), "POST 12 nil 12 what Lua set\n",
        'set_body_data';
    is post("$proxy?do=set", "3\r\nabc\r\n0\r\n\r\n",
        'Transfer-Encoding' => 'chunked'), "POST 12 nil 12 what Lua set\n",
        'set_body_data for chunks';
    is get("$proxy?do=set")->body, "GET 12 nil 12 what Lua set\n",
        'set_body_data where there was none';
    is post("$proxy?do=empty", 'hello'), "POST 0 nil 0 \n", 'an empty one';
    is post("$proxy?do=file", 'hello'), "POST 19 nil 19 the text of a file\n\n",
        'set_body_file';
    is post("$proxy?do=append", 'hello'), "POST 13 nil 13 one two three\n",
        'init_body, append_body, finish_body';
    is post("$proxy?do=discard", 'hello'), "POST 5 nil 5 hello\n",
        'discard_body after read_body';
};

subtest 'one connection' => sub {
    my $c = raw();
    for my $act (qw(set empty file append read none sleep)) {
        $c->request('POST', "$proxy?do=$act", body => 'x' x 30_000);
        is $c->response->status, 200, $act;
    }
    for my $body (undef, 'there is one') {
        $c->send(LuaCo::Raw::request_text('POST', '/api/others/made',
            body => $body) x 3);
        is $c->response->body, "made 4\n", 'made' for 1 .. 3;
    }
    is $c->get('/api/others/made')->body, "made 4\n", 'the next request';
};

subtest 'a body that was read in part' => sub {
    plan skip_all => 'a thread reads to the end' if mpm() ne 'event';
    my $log = error_log();
    my $c   = raw();
    $c->send("POST $proxy?do=part HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 8\r\n\r\nabcd");
    ok !$c->readable(0.2), 'it is not complete';
    $c->send('efgh');
    is $c->response->body, "POST 8 nil 8 abcdefgh\n", 'mod_proxy gets all';
};

subtest 'mod_cgid' => sub {
    is post('/api/cgi', 'hello'), 'length 5: hello', 'the body';
    is post('/api/cgi', 'x' x 30_000), 'length 30000: ' . 'x' x 30_000,
        'from a file';
    is post('/api/cgi?do=set', 'hello'), 'length 12: what Lua set', 'set';
    is post('/api/index/', 'hello'), 'length 18: hello at the index',
        'as an index';
};

subtest 'mod_deflate' => sub {
    my $gzip = Compress::Zlib::memGzip('hello ' x 100);
    my @h    = ('Content-Encoding' => 'gzip');
    is post('/api/others/inflate', $gzip, @h), 'hello ' x 100 . "\n",
        'Lua reads what was inflated';
    my $c = raw();
    $c->send_slowly(
        LuaCo::Raw::request_text('POST', '/api/others/inflate',
            body => $gzip, headers => [@h]), 5, 0.002);
    is $c->response->body, 'hello ' x 100 . "\n", 'slowly';
    like post('/api/others/inflate/proxy', $gzip, @h), qr/ 600 hello hello/,
        'read as it was sent, then inflated for mod_proxy';
};

subtest 'other requests' => sub {
    is post('/api/others/failing', 'hello'), "page hello hello\n",
        'an error page has the body';
    is post('/api/others/declined', 'x'),
        fetch('POST', '/api/others/nothing', body => 'x')->body
        =~ s/nothing/declined/gr, 'a handler that declines';
};

subtest 'files' => sub {
    for my $clean (0, 1) {
        my $r = get("/api/others/clean?clean=$clean");
        is $r->body, "true nil 11\n", 'set_body_file';
        my $name = $r->header('x-file');
        if ($clean) {
            ok wait_until(sub { !-e $name }), 'the file is gone';
        }
        else {
            ok -e $name, 'the file stays';
            unlink $name;
        }
    }
    my $r = get('/api/others/spool');
    is $r->body, "70000 70000\n", 'append_body past its buffer';
    ok wait_until(sub { !-e $r->header('x-file') }), 'its file is gone';
    is get('/api/others/spool?set=1')->body, "70000 70000\ny nil true\n",
        'and before, if another body is set';
};

subtest 'LuaCoLog' => sub {
    my $log = error_log();
    post('/api/others/log', 'hello');
    ok $log->wait_for(
        qr/in log: hello, API disabled in the context of LuaCoLog/),
        'what waits may not run';
    ok $log->wait_for(qr/then: x/), 'the others may';
};

done_testing;
