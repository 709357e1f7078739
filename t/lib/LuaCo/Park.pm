package LuaCo::Park;

# What the tests of parking share: a server whose requests wait until the test
# lets them go, so that everything is proved by order and nothing by time.
#
#     my $s = park_server();                # options of LuaCo::Server, and
#                                           #   finish => 'worker' | 'loop'
#     my $c = $s->raw;
#     $c->request('GET', '/hold?k=a');      # waits in its handler ...
#     waiting($s, a => 1);                  # ... which it has reached
#     opens($s, 'a');                       # ... and goes on
#     clean($s);                            # nothing ugly in the log
#
# With a file (?k=a&f=PATH) it waits until that exists, and says "waits a" in
# the log: for tests in which the child that waits is not the one that answers.
#
# The locations: /hold waits in the handler, /ahold in LuaCoAccess, /thold in
# light threads, /sleep?t=SECONDS sleeps, /plain does not wait at all, /big?n=N
# flushes N pieces of 64 KiB, waiting for each.  All VMs would have gates of
# their own: the server has one VM.

use strict;
use warnings;

use Exporter 'import';
use Test::More;

use LuaCo::Server;
use LuaCo::Util qw(wait_until);

our @EXPORT = qw(park_server waiting opens clean lua_state access_lines
    parked_conf busy_workers);

sub parked_conf {
    return <<'CONF';
LuaCoVMs 1
<LuaCoInit>
    gate, waiting, kept = {}, {}, {}
    function hold(sleep)
        local k = ngx.var.arg_k or "k"
        waiting[k] = (waiting[k] or 0) + 1
        local file = ngx.var.arg_f
        if file then
            ngx.log(ngx.NOTICE, "waits ", k)
        end
        while not gate[k] do
            ngx.sleep(sleep or tonumber(ngx.var.arg_s) or 0.02)
            local f = file and io.open(file)
            if f then
                f:close()
                break
            end
        end
        waiting[k] = waiting[k] - 1
        return k
    end
</LuaCoInit>
<Location /open>
    <LuaCoHandler>
        gate[ngx.var.arg_k] = true
        ngx.say("open")
    </LuaCoHandler>
</Location>
<Location /shut>
    <LuaCoHandler>
        gate[ngx.var.arg_k] = nil
        ngx.say("shut")
    </LuaCoHandler>
</Location>
<Location /waiting>
    <LuaCoHandler>
        ngx.say(waiting[ngx.var.arg_k] or 0)
    </LuaCoHandler>
</Location>
<Location /state>
    <LuaCoHandler>
        collectgarbage()
        collectgarbage()
        local registry, threads, n = debug.getregistry(), 0, 0
        local function look(t, depth)
            for key, value in pairs(t) do
                n = n + 1
                if type(key) == "thread" or type(value) == "thread" then
                    threads = threads + 1
                end
                if depth > 0 and type(value) == "table" and value ~= _G
                    and value ~= package.loaded then
                    look(value, depth - 1)
                end
            end
        end
        look(registry, 1)
        ngx.say("threads ", threads)
        ngx.say("registry ", n)
        ngx.say("kbytes ", math.floor(collectgarbage("count")))
    </LuaCoHandler>
</Location>
<Location /hold>
    <LuaCoHandler>
        ngx.say("held ", hold())
    </LuaCoHandler>
</Location>
<Location /ahold>
    <LuaCoAccess>
        ngx.ctx.k = hold()
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("access held ", ngx.ctx.k)
    </LuaCoHandler>
</Location>
<Location /thold>
    <LuaCoHandler>
        local t = {}
        for i = 1, 5 do
            t[i] = ngx.thread.spawn(function() return hold() .. i end)
        end
        for i = 1, 5 do
            local ok, what = ngx.thread.wait(t[i])
            ngx.print(what, " ")
        end
    </LuaCoHandler>
</Location>
<Location /sleep>
    <LuaCoHandler>
        ngx.sleep(tonumber(ngx.var.arg_t) or 0.001)
        ngx.say("slept ", ngx.var.arg_n or "")
    </LuaCoHandler>
</Location>
<Location /asleep>
    <LuaCoAccess>
        ngx.sleep(tonumber(ngx.var.arg_t) or 0.001)
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.say("let in ", ngx.var.arg_n or "")
    </LuaCoHandler>
</Location>
<Location /tsleep>
    <LuaCoHandler>
        local t = {}
        for i = 1, 3 do
            t[i] = ngx.thread.spawn(function()
                ngx.sleep(0.001 * i)
                return i
            end)
        end
        local sum = 0
        for i = 1, 3 do
            local ok, n = ngx.thread.wait(t[i])
            sum = sum + n
        end
        ngx.say("sum ", sum, ngx.var.arg_n or "")
    </LuaCoHandler>
</Location>
<Location /plain>
    <LuaCoHandler>
        ngx.say("plain ", ngx.var.arg_n or "")
    </LuaCoHandler>
</Location>
<Location /big>
    LuaCoHttp10Buffering Off
    <LuaCoHandler>
        local piece = string.rep("0123456789abcde\n", 4096)
        local n = tonumber(ngx.var.arg_n) or 16
        for i = 1, n do
            ngx.print(piece)
            local ok, err = ngx.flush(true)
            if not ok then
                ngx.log(ngx.NOTICE, "flush ", i, ": ", err)
                return
            end
        end
        ngx.log(ngx.NOTICE, "flushed all ", n)
    </LuaCoHandler>
</Location>
CONF
}

sub park_server {
    my (%opt) = @_;
    my $finish = delete $opt{finish} // 'loop';
    my $conf   = delete $opt{conf}   // '';
    my $s = LuaCo::Server->new(%opt, conf => '');
    # A loop counts what it finishes in a scoreboard slot beyond the workers'.
    my $limit = $finish eq 'loop' ? 'ThreadLimit 128' : '';
    my $threaded = $s->{mpm} eq 'prefork' ? '' : $limit;
    $s->{conf} = "$threaded\n" . parked_conf() . $conf;
    return $s->start;
}

# Waits until N requests wait at gate K.
sub waiting {
    my ($s, $k, $n) = @_;
    my $got;
    wait_until(
        sub {
            $got = $s->raw->get("/waiting?k=$k",
                headers => [Connection => 'close'])->body;
            return $got == $n;
        }
    ) or diag "waiting at $k: $got";
    return $got == $n;
}

sub opens {
    my ($s, $k) = @_;
    $s->raw->get("/open?k=$k", headers => [Connection => 'close']);
    return;
}

# { threads =>, registry =>, kbytes => } of the VM.
sub lua_state {
    my ($s) = @_;
    my $text
        = $s->raw->get('/state', headers => [Connection => 'close'])->body;
    return { $text =~ /^(\w+) (\d+)$/mg };
}

# Workers that are busy beside the one that answers this question.
sub busy_workers {
    my ($s) = @_;
    return $s->status->{BusyWorkers} - 1;
}

# Lines of the access log, once there are N that match REGEX.
sub access_lines {
    my ($s, $n, $regex) = @_;
    my @lines;
    wait_until(
        sub {
            @lines = grep { !$regex || $_ =~ $regex }
                split /\n/, eval { LuaCo::Util::slurp($s->root . '/logs/access_log') } // '';
            return @lines >= $n;
        }
    );
    return @lines;
}

# Nothing in the whole log that says that something broke.
sub clean {
    my ($s, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $log = LuaCo::Log->new($s->log->file);
    $log->rewind;
    my @ugly = $log->lines(
        qr/:(?:crit|alert|emerg)\]|exit signal|AH00052|AH00045|AH00046|unexpected state|[Aa]ssert/
    );
    return is "@ugly", '', $name // 'nothing broke';
}

1;
