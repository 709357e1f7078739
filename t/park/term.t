# tags: no-tsan
# A hard stop on prefork, whose children end in the handler of SIGTERM: in
# the middle of Lua, while a request waits, and between two requests.
#
# The thread sanitizer does not like such an end: httpd destroys the pool of a
# request whose mutex it has locked, and our loop thread is not waited for.

use LuaCo::Test;
use LuaCo::Server;
use LuaCo::Util qw(wait_until);

my %case = (
    'in the middle of Lua' => '/busy',
    'while Lua waits'      => '/sleep',
    'in the log phase'     => '/log',
    'idle'                 => undef,
);

for my $name (sort keys %case) {
    my $s = LuaCo::Server->new(mpm => 'prefork', workers => 3, conf => <<'CONF');
<LuaCoInit>
    function spin()
        ngx.log(ngx.NOTICE, "is there")
        while true do
            local t = {}
        end
    end
</LuaCoInit>
<Location /busy>
    <LuaCoHandler>
        spin()
    </LuaCoHandler>
</Location>
<Location /sleep>
    <LuaCoHandler>
        ngx.log(ngx.NOTICE, "is there")
        ngx.sleep(60)
    </LuaCoHandler>
</Location>
<Location /log>
    <LuaCoHandler>
        ngx.say("logged")
    </LuaCoHandler>
    <LuaCoLog>
        spin()
    </LuaCoLog>
</Location>
<Location /plain>
    <LuaCoHandler>
        ngx.say("plain")
    </LuaCoHandler>
</Location>
CONF
    $s->start;
    is $s->raw->get('/plain')->body, "plain\n", "$name: it serves";
    my @c = map { $s->raw } 1 .. 2;
    if ($case{$name}) {
        $_->request('GET', $case{$name}) for @c;
        ok $s->log->wait_for(qr/is there/, count => 2), '... two are there';
    }
    ok $s->stop, '... it ends';
    # httpd's parent grows impatient after a second or so, which a sanitizer's
    # child may need; that it had to be killed is another line.
    my $late = ($ENV{LUACO_VARIANT} // 'plain') eq 'plain'
        ? 'did not exit' : 'did not exit, sending a SIGKILL';
    is_deeply [$s->log->lines(qr/$late|exit signal|Assertion/)], [],
        '... each child by itself';
}

done_testing;
