# A hard stop closes the MPM's socket objects while workers still run Lua, and
# the next open() gets the number: nothing of a response may be written there
# (rule 1).

use LuaCo::Test;
use LuaCo::Park;
use LuaCo::Util qw(slurp wait_until);

# Runs on its worker without a wait: the MPM may close its socket at any time.
# It takes whatever numbers of sockets become free, then writes its response.
my $conf = <<'CONF';
<LuaCoInit>
    -- 6: ENXIO, nothing to be opened by its name
    local function is_socket(n)
        local f, _, errno = io.open("/proc/self/fd/" .. n)
        if f then
            f:close()
        end
        return errno == 6
    end

    -- Waits until one of this process' sockets is closed; keeps the numbers
    -- that are free then open, as files below PREFIX.
    function take_numbers(prefix)
        local sockets = {}
        for n = 3, 200 do
            if is_socket(n) then
                sockets[#sockets + 1] = n
            end
        end
        ngx.log(ngx.NOTICE, "at work, ", #sockets, " sockets")
        local closed = 0
        repeat
            for _, n in ipairs(sockets) do
                if not is_socket(n) then
                    closed = closed + 1
                end
            end
        until closed > 0
        local files = {}
        for i = 1, 50 do
            files[i] = assert(io.open(prefix .. i, "w"))
        end
        local taken = 0
        for _, n in ipairs(sockets) do
            local f = io.open("/proc/self/fd/" .. n)
            if f then
                f:close()
                taken = taken + 1
            end
        end
        ngx.log(ngx.NOTICE, "took ", taken, " numbers")
        return files
    end
</LuaCoInit>
<Location /busy>
    <LuaCoHandler>
        local files = take_numbers("@Root@/caught." .. ngx.var.arg_n .. ".")
        for i = 1, 100 do
            ngx.print(string.rep("a response\n", 1000))
        end
        ngx.flush()
        ngx.say("the end of it")
        for _, f in ipairs(files) do
            f:flush()
        end
    </LuaCoHandler>
</Location>
CONF

for my $tls (0, 1) {
    my $what = $tls ? 'https' : 'http';
    # A VM for each: none waits for another.
    my $s = LuaCo::Server->new(ssl => 1, conf => "LuaCoVMs 3\n$conf")->start;
    my $log = LuaCo::Log->new($s->log->file);
    my @c = map { $s->raw(tls => $tls) } 1 .. 3;
    $c[$_]->request('GET', "/busy?n=$_") for 0 .. 2;
    ok $log->wait_for(qr/at work, \d+ sockets/, count => 3),
        "$what: three workers run";
    ok $s->stop, "$what: it stops";
    is $log->count(qr/took [1-9]\d* numbers/), 3,
        "$what: files got the numbers of sockets";
    my @files = glob $s->root . '/caught.*';
    is scalar(@files), 150, "$what: they are there";
    is join(' ', grep { -s $_ } @files), '', "$what: and none in a file";
    clean($s);
}

done_testing;
