# tags: prefork
# What Lua changed of a request is what scripts, subrequests and the access log
# see, in whichever phase it was changed, and with the client gone as well.

use LuaCo::Test;
use LuaCo::Util qw(slurp wait_until);

my @sent = (
    'X-A' => 'old', 'X-Gone' => 'x', 'X-Kept' => 'y', Cookie => 'c=1',
    'Content-Type' => 'text/x-sent',
);
my $log_file = config('t_logs') . '/req_others_log';

# The line of the access log about the request with id=ID.
sub log_line {
    my ($id) = @_;
    return wait_until(sub {
        -e $log_file && slurp($log_file) =~ /^(.*[?&]id=$id .*)\n/m ? $1 : undef;
    }) // 'none';
}

my $id = 0;
for my $phase (qw(rewrite access precontent)) {
    for my $park ('', '&park=1') {
        my $args = "phase=$phase$park&id=" . ++$id;
        my $body = fetch('POST', "/api/req_others/cgi/info?$args",
            headers => [@sent], body => 'sent')->body;
        my $query = "q=a%20b&phase=$phase";
        like $body, qr{\A
            CONTENT_LENGTH=12\n
            CONTENT_TYPE=text/x-lua\n
            HTTP_COOKIE=lua=1\n
            HTTP_HOST=lua\.example\n
            HTTP_X_A=one,\ two\n
            HTTP_X_BAD=a%0D%0AX-Injected:\ 1\n
            HTTP_X_KEPT=y\n
            PATH_INFO=/info\n
            QUERY_STRING=$query\n
            REQUEST_METHOD=PUT\n
            REQUEST_URI=/api/req_others/cgi/info\?\Q$args\E\n
            SCRIPT_NAME=/api/req_others/cgi\n
            X_ENV=from\ $phase\n
            body:\ what\ Lua\ set\z}x, "a script, $args";
        like log_line($id), qr{^PUT\ /api/req_others/cgi/info\ \?$query
            \ \[one,\ two\]\ \[-\]\ \[lua=1\]
            \ POST\ /api/req_others/cgi/info\?\Q$args\E\ HTTP/1\.1$}x,
            "the access log, $args";

        my $page = get("/api/req_others/ssi/page.shtml?$args&ssi=1",
            headers => [@sent])->body;
        like $page,
            qr{^POST \Qq=a%20b&amp;phase=$phase\E one, two \(none\) sub GET one\+two nil 1 true},
            "a page with subrequests, $args";
    }

    SKIP: {
        skip 'a child of prefork has one request', 6 if mpm() eq 'prefork';
        for my $end (qw(close reset)) {
            my $log = error_log();
            my $c   = raw();
            $c->request('POST',
                "/api/req_others/cgi/info?phase=$phase&gone=1&id=" . ++$id,
                headers => [@sent], body => 'sent');
            ok $log->wait_for(qr/waits for the end\./), "$phase: it waits";
            $c->$end;
            # Each VM is told; connections choose one.
            ok wait_until(sub {
                raw()->get('/api/req_others/gone');
                $log->count(qr/changed with the client gone\./);
            }), "$phase, $end: the functions work";
            like log_line($id), qr{^PUT /api/req_others/cgi/info },
                "$phase, $end: it is logged";
            raw()->get('/api/req_others/back') for 1 .. 8;
        }
    }
}

done_testing;
