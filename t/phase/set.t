# tags: prefork hardlua
# LuaCoSet: what it gives a variable, what it gets, who sees it, and that it
# may not wait or answer.

use LuaCo::Test;

my $all = "GET outer|nil|nil|nil|2|GET outer|outer";
requests(
    {   name => 'file and block, arguments, order',
        get  => '/set/x?y=1',
        body => "WHERE=in /set/x,outer\nOUTER=outer\nBOTH=$all\nctx=$all\n",
    },
    {   name => 'an inner section replaces one and removes another',
        get  => '/set/inner',
        # Without OUTER the block of BOTH has nothing to append.
        status => 500,
        log    => qr/failed to run LuaCoSet BOTH: .*concatenate a nil value/,
    },
    {   name => 'and sets it again',
        get  => '/set/inner/again',
        body => "WHERE=in inner\nOUTER=again\nBOTH="
            . ($all =~ s/outer/again/gr) . "\nctx="
            . ($all =~ s/outer/again/gr) . "\n",
    },
    {   name => 'values',
        get  => '/set/values',
        body => "NIL=\nNOTHING=\nNUMBER=2.5\nWHOLE=30\nTRUE=\nTABLE=\n"
            . "ARG=LuaCoSet(set.conf:51):1: API disabled in the context of"
            . " LuaCoSet\nOTHER=nilnilxnil\nargs=from=set\n"
            . "LuaCoHandler(set.conf:62):6: API disabled in the current"
            . " context\n",
    },
    {   name   => 'an error is a 500',
        get    => '/set/error',
        status => 500,
        log    => qr/failed to run LuaCoSet BAD: LuaCoSet\(set.conf:\d+\):1: on purpose/,
    },
    {   name   => 'a NUL byte fits in no environment',
        get    => '/set/nul',
        status => 500,
        log    => qr/failed to run LuaCoSet NUL: variable "NUL" cannot be assigned a value/,
    },
    {   name => 'it may not answer or wait',
        get  => '/set/calls',
        body => join('', map {"$_: API disabled in the context of LuaCoSet\n"}
                qw(say exit sleep redirect flush eof send_headers spawn create))
            . "set\n",
    },
);

subtest 'other modules see it' => sub {
    my $r = get('/setcgi', headers => ['X-In' => 'shout']);
    is $r->body, "a file\n", 'the answer';
    is $r->header('X-Out'), 'SHOUT', 'mod_headers';
};

done_testing;
