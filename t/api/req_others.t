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

# The next lines of the access log, after what DO does.
sub log_lines {
    my ($count, $do) = @_;
    my $before = -e $log_file ? () = slurp($log_file) =~ /\n/g : 0;
    $do->();
    my @lines;
    wait_until(sub {
        @lines = -e $log_file ? split /\n/, slurp($log_file) : ();
        splice @lines, 0, $before;
        @lines >= $count;
    });
    return @lines;
}

for my $phase (qw(rewrite access precontent)) {
    for my $park ('', '&park=1') {
        my $args = "phase=$phase$park";
        my $body;
        my ($line) = log_lines(1, sub {
            $body = fetch('POST', "/api/req_others/cgi/info?$args",
                headers => [@sent], body => 'sent')->body;
        });
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
        like $line, qr{^PUT\ /api/req_others/cgi/info\ \?$query
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
                "/api/req_others/cgi/info?phase=$phase&gone=1",
                headers => [@sent], body => 'sent');
            ok $log->wait_for(qr/waits for the end\./), "$phase: it waits";
            $c->$end;
            my ($line) = log_lines(2, sub {
                # Each VM is told; connections choose one.
                wait_until(sub {
                    raw()->get('/api/req_others/gone');
                    $log->count(qr/changed with the client gone\./);
                });
            });
            ok $log->count(qr/changed with the client gone\./),
                "$phase, $end: the functions work";
            ok scalar(wait_until(sub {
                slurp($log_file) =~ m{^PUT /api/req_others/cgi/info .*gone=1}m
            })), "$phase, $end: it is logged";
            raw()->get('/api/req_others/back') for 1 .. 8;
        }
    }
}

done_testing;
