# tags: prefork no-valgrind
# (no-valgrind: matches that go on until their limit ends them.)
# The settings of ngx.re: LuaCoRegexCacheMaxEntries, LuaCoRegexMatchLimit, the
# stack of the JIT's code; and ngx.re in LuaCoInit and LuaCoInitWorker.

use LuaCo::Test;

my $page = <<'CONF';
LuaCoVMs 1
<LuaCoInit>
    local opt = require "ngx.re".opt
    -- here
    from_init = (ngx.re.gsub("init", "i", "<$0>", "jo"))
    stack_error = select(2, pcall(opt, "jit_stack_size", 1e5))
</LuaCoInit>
<LuaCoInitWorker>
    from_worker = (ngx.re.gsub("worker", "w(.)", function(m) return m[1] end, "jo"))
</LuaCoInitWorker>
<Location /boot>
    <LuaCoHandler>
        ngx.say(from_init, " ", from_worker, " ", stack_error)
    </LuaCoHandler>
</Location>
<Location /limit>
    <LuaCoHandler>
        local s, p = ("a"):rep(40) .. "!", "^(a+)+$"
        local re, opts = ngx.re, ngx.var.arg_opts
        ngx.say(re.match(s, p, opts))
        ngx.say(re.find(s, p, opts))
        ngx.say(re.gmatch(s, p, opts)())
        ngx.say(re.sub(s, p, "", opts))
        ngx.say(re.gsub(s, p, function() end, opts))
        ngx.say(require "ngx.re".split(s, p, opts))
        ngx.say(re.find("xa", "a", opts))
    </LuaCoHandler>
</Location>
<Location /cache>
    <LuaCoHandler>
        local re = ngx.re
        for round = 1, 3 do
            for i = 1, 20 do
                assert(re.match("x" .. i, "^x" .. i .. "$", "jo"))
                assert(re.find("a", "a", "o"))
                assert(re.gsub("aba", "b", "c", "oi") == "aca")
            end
        end
        -- Evicted while two calls wait with it.
        local function slow(n)
            return ngx.thread.spawn(function()
                return (re.gsub("ababab", "(b)", function(m)
                    ngx.sleep(n / 1000)
                    for i = 1, 20 do
                        re.match("y", "y{" .. i .. "}" .. n, "o")
                    end
                    collectgarbage()
                    return m[1]:upper()
                end, "o"))
            end)
        end
        local a, b = slow(1), slow(2)
        ngx.say(select(2, ngx.thread.wait(a)), " ", select(2, ngx.thread.wait(b)))
    </LuaCoHandler>
</Location>
<Location /deep>
    <LuaCoHandler>
        local from, to, err = ngx.re.find(("ab"):rep(20000), "^(?:(a|b)x?y?(?=(.)*))*$", "jo")
        ngx.say(err)
    </LuaCoHandler>
</Location>
CONF

sub server {
    my ($conf) = @_;
    my $s = LuaCo::Server->new(
        mpm  => mpm(),
        conf => $conf . $page,
        # A child at a time, so that there is one VM.
        workers => 1,
    );
    $s->start;
    return $s;
}

subtest 'defaults' => sub {
    my $s = server('');
    is $s->raw->get('/boot')->body, "<i>n<i>t orker changing jit stack size "
        . "is not allowed when some regexs have already been compiled and "
        . "cached\n", 'before there are requests';
    is $s->raw->get('/cache')->body, "aBaBaB aBaBaB\n", 'the cache';
    is $s->log->count(qr/regex cache max/), 0, 'nothing to warn of';
    is $s->raw->get('/deep')->body, "pcre_exec() failed: -27\n",
        'the stack of the JIT';
    $s->stop;
};

subtest 'small' => sub {
    my $s = server("LuaCoRegexCacheMaxEntries 3\nLuaCoRegexMatchLimit 2000\n");
    for my $opts ('', 'j', 'jo', 'o', 'u') {
        is $s->raw->get("/limit?opts=$opts")->body,
            "nilpcre_exec() failed: -8\n"
            . "nilnilpcre_exec() failed: -8\n"
            . "nilpcre_exec() failed: -8\n"
            . "nilnilpcre_exec() failed: -8\n" x 2
            . "nilpcre_exec() failed: -8\n" . "22\n",
            "LuaCoRegexMatchLimit, options '$opts'";
    }
    is $s->raw->get('/cache')->body, "aBaBaB aBaBaB\n", 'a cache of three'
        for 1 .. 2;
    my @lines =
        $s->log->rewind->lines(qr/lua exceeding regex cache max entries/);
    is @lines, 1, 'one warning';
    like $lines[0],
        qr/luaco:warn.* lua exceeding regex cache max entries \(3\)$/,
        'its words';
    $s->stop;
};

subtest 'none, one' => sub {
    for my $n (0, 1) {
        my $s = server("LuaCoRegexCacheMaxEntries $n\n");
        is $s->raw->get('/cache')->body, "aBaBaB aBaBaB\n", "a cache of $n";
        if ($n == 0) {
            is $s->log->rewind->count(qr/regex cache max/), 0,
                'no cache, no warning';
            is $s->raw->get('/boot')->body, "<i>n<i>t orker nil\n",
                'the size of the stack may change';
        }
        $s->stop;
    }
};

subtest 'a large stack' => sub {
    my $s = LuaCo::Server->new(
        mpm  => mpm(),
        conf => "LuaCoRegexMatchLimit 100000\n"
            . $page =~ s/-- here/opt("jit_stack_size", 64e6)/r,
    );
    $s->start;
    is $s->raw->get('/deep')->body, "pcre_exec() failed: -8\n",
        'then the match limit ends it';
    $s->stop;
};

done_testing;
