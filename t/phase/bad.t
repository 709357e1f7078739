# tags: prefork
# (Not hardlua: a stack of a million slots that moves at each call takes hours.)
# Scripts and clients that do what they should not: each gets a defined answer
# and one line of the log, and the server goes on.

use LuaCo::Test;

# status, body, what the log says; body undef: httpd's page
my %scripts = (
    table          => [500, undef, qr/lua entry thread aborted: /],
    nil            => [500, undef, qr/lua entry thread aborted: /],
    number         => [500, undef, qr/lua entry thread aborted: .*42/],
    bool           => [500, undef, qr/lua entry thread aborted: /],
    func           => [500, undef, qr/lua entry thread aborted: /],
    tostring_fails => [500, undef, qr/lua entry thread aborted: /],
    deep           => [500, undef, qr/stack overflow/],
    deep_pattern   => [500, undef, qr/bad.lua:\d+: \S+/],
    c_deep         => [500, undef, qr/C stack overflow/],
    memory         => [500, undef, qr/not enough memory|too large/],
    call_nil       => [500, undef, qr/attempt to call a nil value/],
    syntax         => [500, undef, qr/unexpected symbol near 'return'/],
    late_header    => [
        200, "said\n",
        qr/attempt to set ngx\.(?:header\.HEADER|status) after sending out/
    ],
);

for my $where ('/bad', '/bad/access') {
    for my $do (sort keys %scripts) {
        for my $park ('', '&park=1') {
            my ($status, $body, $why) = @{ $scripts{$do} };
            my $log  = error_log();
            my $name = "$where $do$park";
            my $r    = get("$where?do=$do$park");
            is $r->status, $status, "$name: status";
            is $r->body, $body, "$name: body" if defined $body;
            ok $log->wait_for($why), "$name: log" or diag $log->text;
            my $lines = grep {/:error\]/} $log->lines(qr/luaco:/);
            is $lines, 1, "$name: one line" if $do ne 'late_header';
        }
    }
}

# Yields in odd places: what works and what raises.
for my $park ('', '&park=1') {
    is get("/bad?do=yield_gsub$park")->body, "AB\n", "yield_gsub$park";
    is get("/bad?do=yield_sort$park")->body, "went on\n", "yield_sort$park";
    # What a finalizer raises is Lua's to report or not.
    for my $do (qw(yield_gc sleep_gc yield_handler)) {
        my $r = get("/bad?do=$do$park");
        ok $r->status == 500 || $r->body eq "went on\n",
            "$do$park: " . $r->status;
    }
    my $c   = raw();
    my $log = error_log();
    $c->request('GET', "/bad?do=error_after$park");
    my $r   = eval { $c->response };
    ok !$r, "an error after output breaks the response off$park";
    ok $log->wait_for(qr/too late/), 'and is logged';
}

# Clients.
my $big = 'x' x 100_000;
for my $uri ('/bad/args', '/bad-file') {
    my $r = get($uri, headers => ['X-Big' => $big]);
    is $r->status, 400, "$uri: a header of 100 KB";
}
is get("/bad/args?a=$big")->status, 414, 'a line of 100 KB';
my $many = join '&', map {"a$_"} 1 .. 1500;
is get("/bad/args?$many")->body, "100 truncated 1500\n", 'many arguments';
$many = '&' x 7000;
is get("/bad/args?$many")->body, "0 truncated 0\n", 'many empty arguments';

my @halves = (
    '',
    'GET /bad/bo',
    "GET /bad/body HTTP/1.1\r\nHost: x\r\nX-Half",
    "POST /bad/body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    "POST /bad/body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
);
for my $half (@halves) {
    for my $way (qw(close reset half_close)) {
        my $c = raw();
        $c->send($half);
        $c->$way;
        my $text = $way eq 'half_close' ? $c->read_rest : '';
        unlike $text, qr{^HTTP/1.1 5}, "half a request, $way";
    }
}
for my $text (
    "GET /bad/body HTTP/1.1\r\n\r\n",
    "GET /bad/body\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /bad/body HTTP/1.1\r\nHost: x\r\n: none\r\n\r\n",
    "POST /bad/body HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /bad/body HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
    . "Transfer-Encoding: what\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    )
{
    my $c = raw();
    $c->send($text);
    $c->half_close;
    my $answer = $c->read_rest;
    (my $name = substr $text, 0, 60) =~ s/[^ -~]/./g;
    like $answer, qr{^HTTP/1.1 (?:4\d\d|501|505)|^<!DOCTYPE}, $name;
}
is get('/bad/body')->body, "answered\n", 'the server goes on';

done_testing;
