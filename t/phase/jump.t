# tags: prefork
# A jump of LuaCoRewrite or LuaCoServerRewrite: the request's place is searched
# anew for the new URI, by every module; what was behind the old one has no
# part in the answer.

use LuaCo::Test;

my $port = port('jump');

my $id = 0;

sub logged {
    my ($uri) = @_;
    $id++;
    my $log  = error_log();
    my $r    = get("$uri&id=$id", port => $port);
    my $line = $log->wait_for(qr/logged: .*id=$id\./) // $log->text;
    my ($what) = $line =~ /logged: (.*)\. for/;
    return ($r, $what);
}

my %to = (
    '/to/x' => "/to/x in /to/x: server_rewrite from rewrite access\n",
    '/a.txt'              => "a file\n",
    '/dir/'               => "an index\n",
    '/aliased/index.html' => undef,           # jumps again, to itself
    '/nothing'            => 404,
    '/forbidden'          => 403,
    '/denied'             => 403,
    '/proxied/x'          => qr{^back: /x\?},
    '/modrw/a.txt'        => "a file\n",
    'relative'            => 400,
);
for my $from (qw(/from /aliased/index.html /proxied/from /modrw/from)) {
    for my $to (sort keys %to) {
        subtest "$from to $to" => sub {
            for my $how ('', '&park=1', '&thread=1', '&thread=1&park=1') {
                my ($r, $log) = logged("$from?to=$to$how");
                my $want = $to{$to};
                if (!defined $want) {
                    is $r->status, 500, "$how: a cycle";
                }
                elsif ($want =~ /^\d+$/) {
                    is $r->status, $want, "$how: status";
                }
                elsif (ref $want) {
                    like $r->body, $want, "$how: body";
                }
                else {
                    is $r->body, $want, "$how: body";
                }
                unlike $log, qr/access of from/, "$how: left before access";
            }
        };
    }
}

subtest 'after LuaCoServerRewrite' => sub {
    for my $how ('', '&jump=1', '&park=1', '&jump=1&park=1') {
        for my $to (sort keys %to) {
            next if $to =~ /aliased/;
            my ($r, $log) = logged("/nowhere?first=$to$how");
            my $want = $to{$to};
            if ($want =~ /^\d+$/) {
                is $r->status, $want, "$to$how: status";
            }
            elsif (ref $want) {
                like $r->body, $want, "$to$how: body";
            }
            else {
                is $r->body, $want =~ s/ from//r, "$to$how: body";
            }
        }
    }
};

subtest 'ten jumps, not more' => sub {
    for my $park ('', '&park=1') {
        is get("/cycle?n=10$park", port => $port)->body, "cycle 11\n",
            "ten$park";
        my $log = error_log();
        is get("/cycle?n=11$park", port => $port)->status, 500, "eleven$park";
        ok $log->wait_for(
            qr{rewrite or internal redirection cycle while processing "/cycle"}
        ), "eleven$park: why";
    }
};

subtest 'output wins' => sub {
    for my $park ('', '&park=1') {
        my ($r) = logged("/from?to=/to/x&say=1$park");
        is $r->body, "said first\n", "the response ends$park";
    }
};

subtest 'in a subrequest' => sub {
    my $r = get('/dir/sub.shtml', port => $port);
    is $r->body, "before\na file\nafter\n", 'an SSI include';
};

done_testing;
