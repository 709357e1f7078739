# Every request is counted once, whoever ends it: mod_status, mod_logio, the
# access log.

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(wait_until slurp);

for my $finish (qw(loop worker)) {
    my $s = park_server(
        finish => $finish,
        ssl    => 1,
        conf   => <<'CONF',
ExtendedStatus On
MaxKeepAliveRequests 0
LogIOTrackTTFB On
CustomLog "@LogDir@/io_log" "%m %U%q %>s %B %I %O %X"
<Location /size>
    <LuaCoHandler>
        ngx.sleep(0.001)
        ngx.print(string.rep("s", tonumber(ngx.var.arg_n)))
    </LuaCoHandler>
</Location>
CONF
    );
    my $log = $s->root . '/logs/io_log';
    my $lines = sub {
        my @lines = split /\n/, -e $log ? slurp($log) : '';
        return grep { !m{/server-status} } @lines;
    };
    my $kept = $s->raw;
    my $status = sub {
        my $text = $kept->get('/server-status?auto')->body;
        return { $text =~ /^([^:\n]+): (.*)$/mg };
    };

    my $asked    = 0;
    my $sent     = 0;
    my $got      = 0;
    my $before   = $status->();
    my $expected = '';
    my @length;
    for my $round (1 .. 3) {
        my $c = $s->raw;
        for my $uri (qw(/sleep /asleep /tsleep /plain /size?n=1
            /size?n=16000 /size?n=20000 /size?n=300000 /nothing)) {
            for my $method (qw(GET HEAD)) {
                my $text = LuaCo::Raw::request_text($method, $uri);
                $c->send($text);
                my $head = $c->read_until("\r\n\r\n");
                my $r    = LuaCo::Response->parse_head($head);
                my $o    = length $head;
                my $wire = 0;
                if ($method eq 'GET') {
                    if (defined(my $n = $r->header('content-length'))) {
                        $c->read_bytes($n);
                        $wire = $n;
                    }
                    else {
                        # Chunked: what is on the wire counts.
                        my $raw = '';
                        $raw .= $c->read_until("\r\n")
                            while $raw !~ /(?:\A|\n)0\r\n\z/
                            && $raw !~ /zzz/;
                        $raw .= $c->read_until("\r\n");
                        $wire = length $raw;
                    }
                }
                $asked++;
                push @length, length $text;
                $expected .= sprintf "%s %s %d %d %d\n", $method, $uri,
                    $r->status, length $text, $o + $wire;
            }
        }
        $c->close;
    }
    ok wait_until(sub { $lines->() >= $asked }), "$finish: $asked lines";
    my @lines = $lines->();
    is scalar @lines, $asked, "$finish: one each";
    # mod_logio counts the bytes by which httpd looks whether there is another
    # request: none for the first, one or two for what follows.
    my $io = join '', map {
        my ($m, $u, $st, $b, $i, $o) = split ' ';
        my $length = shift @length;
        my $more   = $i - $length;
        $more = '' if $more >= 0 && $more <= 2;
        "$m $u $st $length$more $o\n"
    } @lines;
    is $io, $expected, "$finish: status, bytes in and out";
    my $after;
    # The last of server-status itself is counted when it is done.
    ok wait_until(
        sub {
            $after = $status->();
            $asked++;
            return $after->{'Total Accesses'} - $before->{'Total Accesses'}
                == $asked;
        },
        3
    ), "$finish: as many accesses as were made"
        or diag $after->{'Total Accesses'} - $before->{'Total Accesses'},
        " of $asked";

    # What came to nothing is counted, too.
    my $n = 0;
    for my $i (1 .. 10) {
        my $c = $s->raw(tls => $i % 2);
        $c->request('GET', "/hold?k=abort$i");
        ok waiting($s, "abort$i" => 1), 'parked';
        $c->reset;
        opens($s, "abort$i");
        ok wait_until(sub { grep {m{/hold\?k=abort$i 200}} $lines->() }),
            'one that nobody waited for is logged';
    }
    is scalar(grep {m{/hold}} $lines->()), 10, 'once';
    clean($s);
    ok $s->stop, 'stop';
}

done_testing;
