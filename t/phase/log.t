# tags: prefork
# LuaCoLog: once for each request, after all else, with what the request was;
# it may not answer or wait, and its errors harm nothing but themselves.

use LuaCo::Test;
use LuaCo::Util qw(slurp wait_until);

my $c;

sub ask {
    my ($uri) = @_;
    $c ||= raw();
    return $c->get($uri);
}

# All that LuaCoLog wrote about the next requests.
sub logged {
    my ($uri) = @_;
    my $log = error_log();
    my $r   = ask($uri);
    ask('/log/end');    # same connection: what came before is logged
    $log->wait_for(qr{logged: /log/end}) or return 'nothing: ' . $log->text;
    return join ' + ', $r->status,
        map {/logged: (.*?)\./} grep { !m{/log/end} } $log->lines(qr/logged: /);
}

# The access log comes after it.
is logged('/log/access'), '200 + /log/access', 'before the access log';
my $file = config('t_logs') . '/by_lua_log';
ok wait_until(sub { -e $file && slurp($file) =~ /\S/ }), 'its line';
is slurp($file), "/log/access [seen by log]\n", 'with what LuaCoLog set';

for my $park ('', 'park=1') {
    like logged("/log/handler?$park"),
        qr{^202 \+ /log/handler 202 log access handler text/plain$},
        "a handler: status, ctx of both phases, $park";
    like logged("/log/file?$park"), qr{^200 \+ /log/file 200 log access \S+$},
        "a file, $park";
    like logged("/log/file?deny=1&$park"),
        qr{^403 \+ /log/file 403 log access text/html}, "a refusal, $park";
    like logged("/log/nothing?$park"), qr{^404 \+ /log/nothing 404 log access},
        "not found, $park";
    like logged("/log/errors?deny=1&$park"), qr{^403 \+ /log/file [^+]*$},
        "once where an error page was shown, $park";
    is logged("/log/none?$park"), '200', "None, $park";
}

for my $call (qw(say print flush send_headers sleep exit)) {
    my $log = error_log();
    is ask("/log/disabled?call=$call")->body, "said\n", "$call: the answer";
    my $line = $log->wait_for(qr/called: /) // $log->text;
    like $line, qr/called: false API disabled in the context of LuaCoLog\./,
        "$call: not there";
}

my %why = (
    yield => qr/LuaCoLog: .*API disabled in the context of LuaCoLog/,
    nil   => qr/failed to run LuaCoLog: .*not a string/,
    table => qr/failed to run LuaCoLog: .*not a string/,
    deep  => qr/failed to run LuaCoLog: .*stack overflow/,
    inner => qr/LuaCoLog: .*API disabled in the context of LuaCoLog/,
);
for my $how (sort keys %why) {
    my $log = error_log();
    for (1, 2) {
        is ask("/log/yield?how=$how")->body, "said\n", "$how: the answer";
    }
    ok $log->wait_for($why{$how}, count => 2), "$how: the log"
        or diag $log->text;
    is $log->count(qr/failed to run LuaCoLog/), 2, "$how: one line each";
}

done_testing;
