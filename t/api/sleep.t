# tags: prefork hardlua
# ngx.sleep: how long, in which phases, and what is left of sleepers that are
# ended before their time.

use LuaCo::Test;

requests(
    (   map {
            {   name => "for $_ s",
                get  => "/api/sleep/for?s=$_",
                body => "true\n",
            }
        } 0, 0.001, 0.0505, 0.1
    ),
    {   name => 'in two phases',
        get  => '/api/sleep/phases',
        body => "access\nhandler\n",
        log  => [
            qr/sleep: \S+: API disabled in the context of LuaCoLog$/,
            qr/sleep: \S+: invalid sleep duration "-1000"$/,
        ],
    },
    {   name => 'sleepers for ages, ended by ngx.exit',
        get  => '/api/sleep/long?exit=1',
        body => "done\n",
    },
    {   name => 'in coroutines of threads',
        get  => '/api/sleep/long?exit=1&cross=1',
        body => "done\n",
    },
    {   name => 'killed',
        get  => '/api/sleep/long?kill=1',
        body => "1\n" x 6 . "done\n",
    },
    {   name => 'where Lua cannot yield',
        get  => '/api/sleep/boundary',
        body => "attempt to yield across a C-call boundary\nand goes on\n",
    },
);

subtest 'an error ends the sleepers, too' => sub {
    my $log = error_log();
    my $c   = raw();
    $c->request('GET', '/api/sleep/long?error=1');
    eval { $c->response };
    ok $log->wait_for(qr/on purpose/), 'the error';
    is get('/api/sleep/for?s=0')->body, "true\n", 'the server goes on';
};

done_testing;
