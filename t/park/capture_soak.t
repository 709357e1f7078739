# tags: no-tsan
# See soak.t.
# Captures whose clients leave at any time and in any way: of Lua, of files, of
# a backend, in each other; nothing is left of them.

use LuaCo::Test;
use LuaCo::Soak;

soak(
    requests => 2_000,
    first    => 1_000,
    seed     => $ENV{LUACO_SEED} || 31,
    slack    => 2_000,
    crowds   => 1,
    loose    => 100,
    files    => { 'htdocs/small.txt' => "small\n", 'htdocs/large.txt' => 'large' x 20_000 },
    uris     => [qw(sleep one three nested failing)],
    conf     => <<'CONF',
LuaCoCaptureThreads 3
ProxyPass /self http://127.0.0.1:@Port@ disablereuse=on
Alias /docs "@Root@/htdocs"
<Directory "@Root@/htdocs">
    Require all granted
</Directory>
<LocationMatch "^/(on|off)/one">
    <LuaCoHandler>
        local r = ngx.location.capture("/off/sleep?t=" .. ngx.var.arg_t)
        ngx.print(r.body, ngx.location.capture("/docs/small.txt").body)
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/three">
    <LuaCoHandler>
        local t = ngx.var.arg_t
        for _, r in ipairs{ ngx.location.capture_multi{
            {"/off/sleep?t=" .. t}, {"/self/off/sleep?t=" .. t}, {"/docs/large.txt"} } } do
            ngx.print(r.body)
        end
    </LuaCoHandler>
</LocationMatch>
<LocationMatch "^/(on|off)/nested">
    <LuaCoHandler>
        local t = ngx.var.arg_t
        local th = ngx.thread.spawn(function() return ngx.location.capture("/off/three?t=" .. t).body end)
        ngx.say(#ngx.location.capture("/on/one?t=" .. t).body)
        ngx.say(#select(2, ngx.thread.wait(th)))
    </LuaCoHandler>
</LocationMatch>
# Lua ends in the middle of it.
<LocationMatch "^/(on|off)/failing">
    <LuaCoHandler>
        local t = ngx.var.arg_t
        for _, u in ipairs{ "/off/nested?t=" .. t, "/self/off/sleep?t=" .. t, "/docs/large.txt" } do
            ngx.thread.spawn(function() ngx.location.capture(u) end)
        end
        if t ~= "0" then ngx.sleep(tonumber(t) / 2) end
        error("in the middle")
    </LuaCoHandler>
</LocationMatch>
CONF
);

done_testing;
