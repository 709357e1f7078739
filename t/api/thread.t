# tags: prefork hardlua
# ngx.thread: what spawn, wait and kill give, in a handler and in a check, and
# the order of the scheduler's events for some of it (the rest of the orders:
# t/unit/sched_cases.h and t/compare).

use LuaCo::Test;

my %body = (
    at_once => <<'', later => <<'', any => <<'', stale => <<'',
in a 2
out zombie
true 1 nil 3
nil already waited or killed

out running
in
true r

true 2
true 1
true 3

true a
slept
true
true b

    fails => <<'', zombie => <<'', kill => <<'', kill_hidden => <<'',
false on purpose
false table
goes on

in
out

1
nil already waited or killed
nil already waited or killed
nil already terminated
nil not user thread
false bad argument #1 to '?' (lua thread expected)
nil killer not parent
1

1
nil

    exit => "in\n", many => "5050\n", nested => <<'', errors => <<'',
true first
second
true v
dead
true u

false bad argument #1 to '?' (Lua function expected)
false bad argument #1 to '?' (Lua function expected)
false bad argument #1 to '?' (Lua function expected)
false at least one coroutine should be specified
false bad argument #1 to '?' (lua thread expected)
false attempt to wait on a coroutine that is not a user thread
true false only the parent coroutine can wait on the thread

);

for my $case (sort keys %body) {
    for my $phase (qw(handler access)) {
        my $body = get("/api/run/$phase?case=$case")->body;
        is $body, $body{$case}, "$case in $phase";
    }
}

my $log = error_log();
is get('/api/run/log')->body, "said\n", 'LuaCoLog';
for my $f (qw(spawn wait kill create wrap resume yield)) {
    ok $log->wait_for(qr/$f: API disabled in the context of LuaCoLog/),
        "$f is refused there";
}

# The events of one request, without the lines of parking.
sub events {
    my ($uri, $last) = @_;
    my $log = error_log();
    get($uri);
    $log->wait_for(qr/luaco: $last$/) or diag $log->text;
    return join "\n", grep { !/^(?:un)?park$/ }
        map {/luaco: (.*)$/} $log->lines(qr/luaco:trace4/);
}

my %events = (
    zombie => <<'',
create 2 in 1
post thread 1
spawn user thread 2 in 1
terminate 2: ok
run posted thread 1
terminate 1: ok
delete thread 2
delete thread 1

    later => <<'',
create 2 in 1
post thread 1
spawn user thread 2 in 1
run posted thread 1
terminate 2: ok
delete thread 2
terminate 1: ok
delete thread 1

    exit => <<'',
create 2 in 1
post thread 1
spawn user thread 2 in 1
run posted thread 1
terminate 2: ok
delete thread 2
delete thread 1

);
for my $case (sort keys %events) {
    is events("/api/run/handler?case=$case", 'delete thread 1') . "\n",
        $events{$case}, "$case: the order of events";
}

done_testing;
