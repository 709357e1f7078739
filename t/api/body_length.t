# tags: prefork
# Whatever Lua makes of Content-Length and Transfer-Encoding, the client's body
# ends where the client ended it: no part of it is taken for a request.

use LuaCo::Test;

my $inner = "GET /api/length/inner HTTP/1.1\r\nHost: x\r\n\r\n";
my $next  = "GET /api/length/next HTTP/1.1\r\nHost: x\r\n\r\n";
my %body  = (
    length  => 'Content-Length: ' . length($inner) . "\r\n\r\n$inner",
    chunked => "Transfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $inner, $inner),
    none => "\r\n",
);

for my $how ('', 'sleep=1', 'read=1', 'set=3', 'set=1000', 'sleep=1&set=3',
    'read=1&set=3')
{
    for my $kind (sort keys %body) {
        my $c = raw();
        $c->send("POST /api/length/change?$how HTTP/1.1\r\nHost: x\r\n"
                . $body{$kind}
                . $next);
        like $c->response->body, qr/changed/, "'$how', $kind";
        is $c->response->body, "next\n", 'what follows the body';
        $c->send($next);
        is $c->response->body, "next\n", 'and the next';
    }
}

done_testing;
