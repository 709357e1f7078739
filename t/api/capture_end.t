# Captures and the end of what is around them: kill, exit, errors, clients that
# leave, a child that stops; and that they hold no thread and deadlock nowhere.

use LuaCo::Test;
use LuaCo::Backend;
use LuaCo::Park;
use LuaCo::Util qw(wait_until);

my $conf = <<'CONF';
LuaCoCaptureThreads 1
Timeout 60
ProxyPass /back http://127.0.0.1:@Port_back@/back
DirectoryIndex disabled
<LocationMatch "^/(?!files|back|inc)">
    LuaCoVirtual On
</LocationMatch>
<Location /inner>
    <LuaCoHandler>
        hold()
        ngx.say("inner ended")
    </LuaCoHandler>
</Location>
<Location /kill>
    <LuaCoHandler>
        local function cap() return ngx.location.capture("/inner?k=kill").body end
        local t = ngx.thread.spawn(cap)
        local u = ngx.thread.spawn(function() return coroutine.wrap(cap)() end)
        ngx.say(ngx.thread.kill(t))
        ngx.say(ngx.thread.kill(u))
        ngx.say(pcall(ngx.exit, 200))
        ngx.say(pcall(ngx.redirect, "/x"))
        ngx.say(pcall(ngx.exec, "/x"))
        gate.kill = true
        ngx.print(select(2, ngx.thread.wait(t)))
        ngx.print(select(2, ngx.thread.wait(u)))
        ngx.say(ngx.thread.kill(t))
        ngx.exit(200)
    </LuaCoHandler>
</Location>
<Location /jump>
    <LuaCoRewrite>
        local t = ngx.thread.spawn(function() return ngx.location.capture("/inner?k=jump") end)
        ngx.ctx.jump = select(2, pcall(ngx.req.set_uri, "/x", true))
        gate.jump = true
        ngx.thread.wait(t)
    </LuaCoRewrite>
    <LuaCoHandler>
        ngx.say(ngx.ctx.jump)
    </LuaCoHandler>
</Location>
# Lua ends by an error, or by what no capture stops.
<Location /fails>
    <LuaCoHandler>
        ngx.thread.spawn(function() ngx.location.capture(ngx.var.arg_u) end)
        while ngx.var.arg_k and (waiting[ngx.var.arg_k] or 0) == 0 do ngx.sleep(0.002) end
        if ngx.var.arg_say then ngx.say("said") ngx.flush(true) end
        if ngx.var.arg_exit then ngx.exit(tonumber(ngx.var.arg_exit)) end
        error("on purpose")
    </LuaCoHandler>
</Location>
<Location /waits>
    <LuaCoHandler>
        local r = ngx.location.capture(ngx.unescape_uri(ngx.var.arg_u))
        ngx.log(ngx.NOTICE, "captured ", r.status)
        ngx.say(r.status, " ", #r.body, ngx.var.arg_t and (" " .. tostring(r.truncated)) or "")
    </LuaCoHandler>
</Location>
<Location /on>
    LuaCoCheckClientAbort On
    <LuaCoHandler>
        ngx.location.capture(ngx.unescape_uri(ngx.var.arg_u))
        ngx.log(ngx.NOTICE, "not to be seen")
    </LuaCoHandler>
    <LuaCoLog>
        ngx.log(ngx.NOTICE, "logged ", ngx.status)
    </LuaCoLog>
</Location>
<Location /three>
    <LuaCoHandler>
        local a, b, c = ngx.location.capture_multi{ {"/inner?k=three&s=0.2"}, {"/inner?k=three&s=0.2"}, {"/inner?k=three&s=0.2"} }
        ngx.print(a.body, b.body, c.body)
    </LuaCoHandler>
</Location>
<Location /threads>
    <LuaCoHandler>
        local n = 0
        for line in io.lines("/proc/self/status") do n = line:match("^Threads:%s*(%d+)") or n end
        ngx.print(n)
    </LuaCoHandler>
</Location>
# A page of mod_include that includes Lua, which captures such a page...
Alias /inc "@Root@/htdocs"
<Directory "@Root@/htdocs">
    Options Includes
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    Require all granted
</Directory>
<Location /nest>
    <LuaCoHandler>
        local n = tonumber(ngx.var.arg_n)
        if n == 0 then return ngx.print("bottom") end
        ngx.print(ngx.location.capture("/inc/" .. n .. ".shtml").body)
    </LuaCoHandler>
</Location>
<Location /many>
    <LuaCoHandler>
        local reqs = {}
        for i = 1, 100 do reqs[i] = { i % 2 == 0 and "/inc/x.txt" or "/quick?" .. i } end
        local r = { ngx.location.capture_multi(reqs) }
        local bad = 0
        for i = 1, 100 do if r[i].body ~= (i % 2 == 0 and "text" or "quick" .. i) then bad = bad + 1 end end
        ngx.print(#r, " ", bad)
    </LuaCoHandler>
</Location>
<Location /quick>
    <LuaCoHandler>
        ngx.print("quick", ngx.var.args)
    </LuaCoHandler>
</Location>
CONF

my $s = park_server(
    conf  => $conf,
    factor => 150,
    modules => ['include'],
    files => {
        'htdocs/x.txt' => 'text',
        map { ("htdocs/$_.shtml" => '<!--#include virtual="/nest?n=' . ($_ - 1) . '" -->') } 1 .. 20,
    },
);

is $s->raw->get('/kill')->body, "nilpending subrequests\nnilpending subrequests\n"
    . ("falseattempt to abort with pending subrequests\n" x 3)
    . "inner ended\ninner ended\nnilalready waited or killed\n", 'kill, exit and redirect while a thread captures';
is $s->raw->get('/jump')->body, "attempt to abort with pending subrequests\n", 'set_uri(uri, true)';

subtest 'the parent fails' => sub {
    for my $say ('', '&say=1') {
        my $c = $s->raw;
        $c->request('GET', "/fails?k=f$say&u=/inner?k=f$say$say");
        if ($say) {
            my $head = $c->read_until("said\n\r\n");
            like $head, qr/ 200 /, 'what it said';
            $c->read_rest;
            pass 'breaks off';
        }
        else {
            is $c->response->status, 500, 'the page';
        }
    }
    is $s->raw->get('/quick?1')->body, 'quick1', 'the server goes on';
};

subtest 'deep and many' => sub {
    is $s->raw->get('/nest?n=1')->body, 'bottom', 'one page in another';
    is $s->raw->get('/nest?n=20')->body, 'bottom', 'twenty, with one thread to serve';
    is $s->raw->get('/many')->body, '100 0', 'a hundred at once';
};

subtest 'no thread is held' => sub {
    my $requests = 1000;
    my $before = $s->raw->get('/threads')->body;
    my @c = map { my $c = $s->raw; $c->request('GET', '/three'); $c } 1 .. $requests;
    waiting($s, three => 3 * $requests);
    my $during = $s->raw->get('/threads')->body;
    diag "threads: $before before, $during while three captures of each of $requests requests wait";
    cmp_ok $during, '<=', $before + 2, 'threads';
    opens($s, 'three');
    my $right = grep { $_->response->body eq "inner ended\n" x 3 } @c;
    is $right, $requests, 'answered';
};

subtest 'a backend that stalls' => sub {
    my $backend = LuaCo::Backend->start(port => $s->port_of('back'), hold => 3, answer => sub { LuaCo::Backend::http('late') });
    my $gone = $s->raw;
    $gone->request('GET', '/on?u=/back/1');
    ok $backend->wait_seen(1), 'has one';
    is $s->raw->get('/quick?2')->body, 'quick2', 'others go on';
    is $s->raw->get('/waits?u=/quick?3')->body, "200 6\n", 'captures of Lua do too, with one thread to serve';
    my $second = $s->raw;
    $second->request('GET', '/waits?u=/back/2');
    $gone->reset;
    my $log = $s->log;
    # It ends when the backend has answered.
    for my $n (2, 3) {
        my $b = LuaCo::Raw->connect(port => $backend->port);
        $b->request('GET', "/direct/$n");
    }
    ok $s->wait_for_log(qr/logged 499/), 'the client has gone: logged as such';
    is $second->response->body, "200 4\n", 'the other is answered';
    $backend->stop;
};

subtest 'a body beyond all bounds' => sub {
    my $mb = 'x' x 1_048_576;
    my $backend = LuaCo::Backend->start(
        port   => $s->port_of('back'),
        answer => sub { return ("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n", map {$mb} 1 .. 80) },
    );
    is $s->raw->get('/waits?t=1&u=/back/huge')->body, "200 67108864 true\n", 'is cut';
    ok $backend->wait_seen(1, 'close'), 'the backend is told';
    $backend->stop;
};

subtest 'the client goes, without LuaCoCheckClientAbort' => sub {
    my $c = $s->raw;
    $c->request('GET', '/waits?u=/inner?k=left');
    waiting($s, left => 1);
    $c->reset;
    opens($s, 'left');
    ok $s->wait_for_log(qr/captured 200/), 'Lua runs on';
};

subtest 'the child stops' => sub {
    my @c = map { my $c = $s->raw; $c->request('GET', '/three?k=three'); $c } 1 .. 3;
    my $d = $s->raw;
    $d->request('GET', '/waits?u=/inner?k=stop');
    waiting($s, stop => 1);
    $s->stop;
    ok !$s->is_running, 'at once';
};

$s = park_server(conf => "LuaCoShutdownTimeout 500ms\n$conf", modules => ['include']);
my $d = $s->raw;
$d->request('GET', '/waits?u=/inner?k=stop');
waiting($s, stop => 1);
$s->graceful_stop;
is $d->response->status, 503, 'LuaCoShutdownTimeout';
is $s->wait_exit, 0, 'the server ends';
clean($s);

done_testing;
