# The example site, as `make run` serves it: every URL that it prints, and
# what the examples claim.

use LuaCo::Test;
use LuaCo::Example;
use LuaCo::Server;
use LuaCo::Util qw(slurp wait_until);

my $top  = LuaCo::Httpd::top();
my $site = LuaCo::Example->start;
my %at   = (port => $site->port);

my $events = qr{^id: 1\ndata: event 1 of 60 at [\d:]+\n\n};

# Each URL with its status and what its answer says.
my %expected = (
    '/'                           => [200, qr{<h1>mod_luaco</h1>}],
    '/hello?name=Ada'             => [200, qr{^hello, Ada\n\z}],
    '/sleep?seconds=2'            => [200, qr{^slept for \d+\.\d\d seconds\n\z}],
    '/threads'                    => [200, qr{^thread 5 is back}],
    '/reports/q3.txt?key=sesame'  => [200, qr{^Third quarter: 42\.\n}],
    '/reports/q3.txt'             => [403, qr{Forbidden}],
    '/backend/stock?key=xyzzy'    => [200, qr{asked for /stock\?key=xyzzy\n}],
    '/backend/stock'              => [403, qr{Forbidden}],
    '/events'                     => [200, $events],
    '/echo'                       => [200, qr{^Speak WebSocket to me\.\n\z}],
    '/server-status'              => [200, qr{Apache Server Status}],
);

is_deeply [sort $site->urls], [sort keys %expected],
    'the URLs that are printed are those tested here';
for my $url (grep { $_ ne '/events' } $site->urls) {
    my ($status, $body) = @{ $expected{$url} };
    my $r = get($url, %at);
    is $r->status, $status, "$url: $status";
    like $r->body, $body, "$url: what it says";
}

subtest 'light threads end in the order of their naps' => sub {
    my $body  = get('/threads', %at)->body;
    my @order = $body =~ /^thread (\d+) is back/mg;
    is "@order", '5 2 9 7 4 10 1 8 6 3', 'the order';
    like $body, qr/^5\.5 s of waiting in \d+\.\d s\n\z/m, 'the sum';
};

subtest 'access: the key decides, before a file and before a proxy' => sub {
    for my $uri ('/reports/q3.txt', '/backend/stock') {
        my %status = (
            '?key=sesame' => 200,
            '?key=xyzzy'  => 200,
            '?key=guess'  => 403,
            '?key='       => 403,
            ''            => 403,
        );
        for my $args (sort keys %status) {
            is get($uri . $args, %at)->status, $status{$args}, $uri . $args;
        }
    }
    is get('/reports/none?key=guess', %at)->status, 403,
        'what is not there is not told';
    is get('/reports/none?key=sesame', %at)->status, 404, 'to those without';
    like $site->text, qr{no entry to /backend/stock with key guess}, 'a log line';
};

subtest 'events come one by one, without a thread' => sub {
    my $c = raw(%at);
    $c->request('GET', '/events');
    my $r = $c->response_head;
    is $r->status,                 200,                 'status';
    is $r->header('Content-Type'), 'text/event-stream', 'type';
    like $c->read_chunk, $events, 'the first';
    my $status = LuaCo::Server::parse_status($site->port);
    is $status->{BusyWorkers}, 1, 'one thread is busy, with the status';
    like $c->read_chunk, qr{^id: 2\ndata: event 2 of 60 at [\d:]+\n\n\z},
        'the second';
    like $c->read_chunk, qr{^id: 3\n}, 'the third';
    $c->close;
};

subtest 'a WebSocket' => sub {
    my $c = raw(%at);
    $c->send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            . "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    like $c->read_until("\r\n\r\n"),
        qr{^HTTP/1.1 101 .*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n}s,
        'the handshake';
    $c->send("\x81\x83\1\2\3\4" . ('abc' ^ "\1\2\3"));
    is $c->read_bytes(5), "\x81\3abc", 'a word';
    my $status = LuaCo::Server::parse_status($site->port);
    is $status->{BusyWorkers}, 1, 'one thread is busy, with the status';
    $c->send("\x89\x80\0\0\0\0");
    is $c->read_bytes(2), "\x8a\0", 'a ping';
    $c->send("\x88\x82\0\0\0\0" . pack 'n', 1000);
    is $c->read_rest, "\x88\2" . pack('n', 1000), 'and the end';
};

subtest 'a sleep that is none' => sub {
    for my $seconds (qw(-1 61 1e9 -1e999)) {
        my $r = get("/sleep?seconds=$seconds", %at);
        is $r->status, 400, "$seconds seconds";
    }
    is get('/sleep?seconds=0', %at)->status, 200, '0 seconds';
};

subtest 'the page shows what runs' => sub {
    my $page = get('/', %at)->body;
    (my $text = $page) =~ s{<figure>.*?</figure>}{}gs;
    ok $text !~ /\{\{/, 'nothing is left to put in';
    ok $page !~ m{(?:src|href)="(?:https?:)?//}, 'all of it is from here';
    # As a browser shows it.
    my %char = (amp => '&', lt => '<', gt => '>', quot => '"');
    my %shown;
    while ($page =~ m{<figcaption>(.*?)</figcaption><pre><code>(.*?)</code>}gs)
    {
        my ($file, $text) = ($1, $2);
        $text =~ s/<[^>]*>//g;
        $text =~ s/&(\w+);/$char{$1}/g;
        $shown{$file} = $text;
    }
    chdir $top;
    my @sources = glob 'examples/conf/* examples/lua/*';
    is_deeply [sort keys %shown], [sort @sources], 'each source';
    for my $file (@sources) {
        (my $text = slurp($file)) =~ s/\s+\z//;
        is $shown{$file} // '', $text, $file;
    }
    for my $link ($page =~ /<a class="run" href="([^"]*)"/g) {
        next if $link eq '/events';
        my $status = get($link, %at)->status;
        is $status, $link =~ /guess|q3\.txt$/ ? 403 : 200, "button $link";
    }
    for my $file ($page =~ /(?:href|src)="(\/[\w.]+\.(?:css|js))"/g) {
        is get($file, %at)->status, 200, $file;
    }
};

unlike $site->text, qr/\[\w+:(?:error|crit|alert|emerg)\]/,
    'no error in its log';
is $site->stop('INT'), 0, 'Ctrl-C ends it';

done_testing;
