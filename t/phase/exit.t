# tags: prefork hardlua
# ngx.exit with each kind of code, before and after output, from everywhere it
# may be called, in both phases: status, body, and whether the connection lives
# on.  The table is what nginx with lua-nginx-module 0.10.23 answers; where the
# two differ, a comment says why.

use LuaCo::Test;

my @how = map {
    my $how = $_;
    map { ("how=$how$_", "how=$how$_&sibling=1") } '', '&park=1'
} qw(plain thread child coroutine wrap pcall);

# Status, body ("page": one of httpd's), "keep" or "close"; "gone": not a byte.
sub outcome {
    my ($uri) = @_;
    my $c = raw();
    $c->request('GET', $uri);
    my $r = eval { $c->response };
    return $@ =~ /server closed before .*there was ""/s ? 'gone' : "? $@"
        if !$r;
    my $body = $r->body =~ /<html>/ ? 'page' : $r->body =~ s/\n/|/gr;
    my $keep = lc($r->header('Connection') // '') ne 'close';
    # What it promises has to be true.
    $keep = eval { $c->get('/hello.txt')->body eq "hello\n" } ? 1 : 'broken'
        if $keep;
    my $header = $r->header('X-Before') ? ' header' : '';
    return join ' ', $r->status, "[$body]",
        ($keep ? $keep eq '1' ? 'keep' : 'broken' : 'close') . $header;
}

my %expected;

sub expect {
    my ($phase, $code, %row) = @_;
    $expected{$phase}{$code} = \%row;
    return;
}

my $said = '200 [before|] keep';
for my $phase (qw(access handler)) {
    for my $code (301, 304, 403, 404, 500, 503) {
        my $body = $code == 304 ? '' : 'page';
        # httpd closes after some statuses (ap_status_drops_connection); nginx
        # keeps the connection after 503.
        my $end = $code >= 500 ? 'close' : 'keep';
        expect(
            $phase, $code,
            ''     => "$code [$body] $end",
            say    => $said,
            flush  => $said,
            status => "$code [$body] $end",
            header => "$code [$body] $end header",
        );
    }
    for my $code (408, 444, 499, 'error') {
        expect($phase, $code,
            map { $_ => 'gone' } '', qw(say flush status header));
    }
    expect(
        $phase, 200,
        ''     => '200 [] keep',
        say    => $said,
        flush  => $said,
        status => '202 [] keep',
        header => '200 [] keep header',
    );
    expect(
        $phase, 204,
        '' => '204 [] keep',
        # nginx leaves these two without an end.
        say    => $said,
        flush  => $said,
        status => '204 [] keep',
        header => '204 [] keep header',
    );
}
expect(
    'handler', 0,
    ''     => '200 [] keep',
    say    => $said,
    flush  => $said,
    status => '202 [] keep',
    header => '200 [] keep header',
);
# -5 is ngx.DECLINED.
for my $code (0, -5) {
    expect(
        'access', $code,
        '' => '200 [a file|] keep',
        # nginx breaks the connection after -5 here.
        say    => $said,
        flush  => $said,
        status => '200 [a file|] keep',
        header => '200 [a file|] keep header',
    );
}
expect('handler', -5,
    '' => '404 [page] keep',
    say => $said,
);

for my $phase (sort keys %expected) {
    for my $code (sort keys %{ $expected{$phase} }) {
        subtest "$phase, exit($code)" => sub {
            my $row = $expected{$phase}{$code};
            for my $before (sort keys %$row) {
                for my $how (@how) {
                    my $uri = "/exit/$phase?code=$code&$how"
                        . ($before ? "&before=$before" : '');
                    my $got = outcome($uri);
                    # What was sent before the connection is closed may be
                    # seen.
                    is $got, $row->{$before}, "$before, $how"
                        if $got ne $row->{$before};
                }
            }
            pass 'in every way';
        };
    }
}

subtest 'what exit does not take' => sub {
    for my $phase (qw(access handler)) {
        for my $code (-2, -4) {
            my $log = error_log();
            is get("/exit/$phase?code=$code")->status, 500, "$phase: $code";
            ok $log->wait_for(
                qr/bad argument to 'ngx.exit': does not accept NGX_AGAIN/),
                "$phase: $code: why";
        }
    }
};

subtest 'ErrorDocument and keep-alive after a wait' => sub {
    my $c = raw();
    for my $park ('', '&park=1') {
        for my $phase (qw(access handler)) {
            for my $i (1 .. 3) {
                my $r = $c->get("/exitdoc/$phase?code=403$park");
                is $r->status, 403, "$phase$park: status";
                is $r->body, "a file\n", "$phase$park: the error document";
            }
            my $r = $c->get("/exitdoc/$phase?code=404$park");
            is $r->status . $r->body, '404gone for good',
                "$phase$park: a text";
            $r = $c->get("/exitdoc/$phase?code=410$park");
            is $r->status . $r->body, '410written by Lua: 410',
                "$phase$park: from Lua, with the status";
            is $c->get('/hello.txt')->body, "hello\n", 'and on it goes';
        }
    }
};

done_testing;
