# tags: prefork hardlua
# coroutine.*: in a handler and in a check, with waits inside.

use LuaCo::Test;

my %body = (
    basics => <<'', wrapped => <<'', across => <<'', depth => "bottom\n",
suspended true 3
again c
suspended true end nil
dead false cannot resume dead coroutine
true thread

1
2
3
true false cannot resume dead coroutine
false inside
false later

true pcall
false handled x
key sum called true joined
iterator 1
iterator 2

    co_errors => <<'',
false bad argument #1 to 'create' (Lua function expected)
false bad argument #1 to 'create' (Lua function expected)
false bad argument #1 to 'wrap' (Lua function expected)
false bad argument #1 to 'resume' (coroutine expected)
false bad argument #1 to 'status' (coroutine expected)
false cannot resume running coroutine
false cannot resume running coroutine
true normal false cannot resume normal coroutine
false dies
false cannot resume dead coroutine

);
$body{basics} = "in 1 2 running\n$body{basics}";

for my $case (sort keys %body) {
    for my $phase (qw(handler access)) {
        my $body = get("/api/co/$phase?case=$case")->body;
        $body =~ s/'(?:coroutine\.)?(?:__)?(\w+)'/'$1'/g;
        is $body, $body{$case}, "$case in $phase";
    }
}

my $log = error_log();
is get('/api/co/handler?case=uncaught')->status, 500, 'an uncaught error';
ok $log->wait_for(qr/lua entry thread aborted: runtime error: \S+: uncaught/),
    'and its line';

done_testing;
