# tags: prefork hardlua
# Waiting inside what functions of Lua call: string.gsub, table.sort, tostring,
# pairs, load, require, dofile. t/unit/test_yieldable.c has the details.

use LuaCo::Test;

my @where = qw(gsub gsub_index sort sort_lt tostring pairs load require
    searcher dofile);

requests(
    (   map {
            my $where = $_;
            (   {   name => "$where: sleeps",
                    get  => "/api/yield/lua?in=$where",
                    body => "$where ok\n",
                },
                {   name => "$where: in a light thread and a coroutine",
                    get  => "/api/yield/thread?in=$where",
                    body => "$where ok $where ok\n",
                },
                {   name => "$where: an error after a sleep",
                    get  => "/api/yield/lua?in=$where&do=error",
                    body => "on purpose\n",
                },
                {   name   => "$where: ngx.exit",
                    get    => "/api/yield/lua?in=$where&do=exit",
                    status => 403,
                },
                {   name => "$where: killed",
                    get  => "/api/yield/kill?in=$where",
                    body => "1 goes on\n",
                },
            )
        } @where
    ),
    {   name => 'all of them at once',
        get  => '/api/yield/many',
        body => join('', map {"$_ ok\n"} @where) x 5,
    },
    {   name   => 'an error that nobody catches',
        get    => '/api/yield/uncaught',
        status => 500,
        log    => qr/lua entry thread aborted: .*on purpose.*traceback.*'(?:string\.)?gsub'/,
    },
    {   name => 'in LuaCoAccess',
        get  => '/api/yield/access',
        body => "sort ok\n",
    },
    {   name => 'where nothing may wait',
        get  => '/api/yield/log',
        body => "said\n",
        log  => qr/late: \S+ API disabled in the context of LuaCoLog/,
    },
);

# (On prefork each of them would hold its process to the end.)
subtest 'the client goes away meanwhile' => sub {
    plan skip_all => 'prefork' if mpm() eq 'prefork';
    for my $where (@where) {
        my $c = raw();
        $c->request('GET', "/api/yield/lua?in=$where&do=long");
        $c->reset;
    }
    is get('/api/yield/lua?in=gsub')->body, "gsub ok\n", 'the server goes on';
};

done_testing;
