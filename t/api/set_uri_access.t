# tags: prefork
# ngx.req.set_uri in LuaCoAccess: the file or backend is that of the new URI,
# as in the reference, and whatever guards it is asked.

use LuaCo::Test;

my $sua  = '/api/sua';
my @user = (Authorization => 'Basic dXNlcjpwYXNzd29yZA==');

sub row {
    my ($name, $to, $status, %more) = @_;
    my $args = delete $more{args} // '';
    return map {
        {   name   => "$name$_",
            get    => ($more{from} // "$sua/from/x") . "?to=$to$args$_",
            status => $status,
            send   => $more{send} // [],
            (defined $more{body} ? (body => $more{body}) : ()),
            headers => { 'X-Place' => 'from', %{ $more{headers} // {} } },
        }
    } '', '&park=1';
}

requests(
    row('another file', "$sua/a/two.txt", 200, body => "file two\n"),
    row('by another alias', '/api/sub/one.txt', 200, body => "file one\n"),
    row('no file', "$sua/a/nosuch", 404),
    row('above the root', '/../x', 400),
    row('a folder that Require closes', "$sua/closed/secret.txt", 403),
    row('with dots',                    "$sua/a/../closed/secret.txt", 403),
    row('a folder that Deny closes',    "$sua/hosts/f.txt", 403),
    row('a folder with users',          "$sua/users/f.txt", 401),
    row('one of them', "$sua/users/f.txt", 200, send => \@user,
        body => "file users\n"),
    row('hosts or users, neither', "$sua/hosts_any/f.txt", 403),
    # The first place said that one check is enough.
    row('any, then users: nobody', "$sua/users/f.txt", 401,
        from => "$sua/gate_any/f.txt"),
    row('any, then users: one of them', "$sua/users/f.txt", 200,
        from => "$sua/gate_any/f.txt", send => \@user, body => "file users\n"),
    row('any, then Deny', "$sua/hosts/f.txt", 403,
        from => "$sua/gate_any/f.txt", send => \@user),
    row('any, then Require denied', "$sua/closed/secret.txt", 403,
        from => "$sua/gate_any/f.txt", send => \@user),
    row('any, then above the root', '/../x', 400,
        from => "$sua/gate_any/f.txt", send => \@user),
    row('any, then any: nobody', "$sua/hosts_any/f.txt", 401,
        from => "$sua/gate_any/f.txt"),
    row('any, then any: one of them', "$sua/hosts_any/f.txt", 200,
        from => "$sua/gate_any/f.txt", send => \@user),
    # A folder whose Lua guards it.
    map({
            my $park = $_;
            (   {   name    => "from a folder to a guarded one: refused$park",
                    get     => "$sua/gate/f.txt?to=$sua/guarded/f.txt$park",
                    status  => 403,
                    headers => { 'X-Guard' => 'asked' },
                },
                {   name    => "from a folder to a guarded one$park",
                    get     => "$sua/gate/f.txt?to=$sua/guarded/f.txt&pass=1$park",
                    headers => { 'X-Guard' => 'asked' },
                    body    => "file guarded\n",
                },
                {   name => "a handler of Lua$park",
                    get  => "$sua/lua?$park",
                    body => "$sua/a/two.txt a/two.txt\n",
                },
                {   name => "a backend$park",
                    get  => "$sua/proxy?$park",
                    body => "/api/sua-back/new%20path?q=2\n",
                },
            )
        } '', '&park=1'),
    {   name    => 'changed by LuaCoRewrite too',
        get     => "$sua/twice",
        headers => { 'X-Place' => 'twice' },
        body    => "file two\n",
    },
);

done_testing;
