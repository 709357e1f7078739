# tags: prefork
# A proxy whose connections to its backend are kept and used again, Lua on both
# sides: each response is the one that was asked for, whatever phase, filter or
# wait the request before it on that connection had.
#
# There are threads for all of them: a server without a free one closes idle
# connections, and mod_proxy answers 502 for a request that it has just sent on
# one of those, without any module of ours too.

use LuaCo::Test;

my $s = LuaCo::Server->new(threads => 64, workers => 64, conf => <<'CONF');
<Macro Upper>
    <LuaCoHeaderFilter>
        ngx.header.x_filtered = (ngx.header.x_filtered or "") .. "+"
    </LuaCoHeaderFilter>
    <LuaCoBodyFilter>
        ngx.arg[1] = ngx.arg[1]:upper()
    </LuaCoBodyFilter>
</Macro>
<Location /proxy>
    Use Upper
    ProxyPass "http://127.0.0.1:@Port@/back"
</Location>
<Location /back>
    LuaCoVirtual On
    <LuaCoAccess>
        ngx.header.x_requests = ngx.var.connection_requests
        local a = ngx.req.get_uri_args()
        if a.access == "sleep" then ngx.sleep(0.001) end
        if a.access == "exit" then ngx.exit(403) end
    </LuaCoAccess>
    <LuaCoHandler>
        local a = ngx.req.get_uri_args()
        if a.body then ngx.req.read_body() end
        local text = "n" .. a.n .. (ngx.req.get_body_data() or "")
        if a.length then ngx.header.content_length = #text end
        if a.sleep then ngx.sleep(0.001) end
        ngx.print(text:sub(1, 1))
        if a.flush then ngx.flush(true) end
        if a.sleep2 then ngx.sleep(0.001) end
        ngx.print(text:sub(2))
        if a.eof then ngx.eof() ngx.sleep(0.001) end
        if a.thread then
            ngx.thread.spawn(function() ngx.sleep(0.002) ngx.print(".") end)
        end
    </LuaCoHandler>
</Location>
<Location /back/filtered>
    Use Upper
</Location>
CONF
$s->start;

my @kinds = (
    '', 'length=1', 'sleep=1', 'sleep=1&length=1', 'flush=1&sleep2=1',
    'eof=1', 'thread=1', 'access=sleep', 'access=sleep&sleep=1',
    'access=exit', 'body=1', 'body=1&sleep=1', 'unread=1', 'sleep=1&unread=1',
);
my ($n, $wrong, $again) = (0, 0, 0);
for my $round (0 .. 19) {
    my @asked;
    for my $i (0 .. 23) {
        my $kind = $kinds[($round + $i) % @kinds];
        my $place = ($round + $i) % 3 ? '' : '/filtered';
        my $body  = $kind =~ /body|unread/ ? 'b' x (1 + $n % 3000) : undef;
        my $text  = "n$n" . ($kind =~ /body/ ? $body : '');
        my $c = $s->raw;
        $c->request(
            defined $body ? 'POST' : 'GET', "/proxy$place?n=$n&$kind",
            defined $body ? (body => $body) : (),
            headers => [Connection => 'close'],
        );
        push @asked, [$c, $kind, uc($text . ($kind =~ /thread/ ? '.' : ''))];
        $n++;
    }
    for (@asked) {
        my ($c, $kind, $text) = @$_;
        my $r = $c->response;
        $again++ if ($r->header('X-Requests') // 0) > 1;
        next if $kind =~ /exit/ ? $r->status == 403
            : $r->status == 200 && $r->body eq $text;
        $wrong++;
        diag "$kind: wanted $text, got ", $r->status, ' ', $r->body;
    }
}
is $wrong, 0, "$n answers over connections that are used again";
cmp_ok $again, '>', $n / 4, 'that they are';

done_testing;
