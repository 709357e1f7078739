package Server;

# The servers that the bench compares, each with one process that serves: the
# same locations, in the same number of sections, on httpd with a C handler,
# with mod_lua, with mod_luaco, and on nginx with its Lua module.
#
#     my $s = Server->new('luaco', extended => 0);
#     $s->start;
#     $s->url('/hello');
#     $s->cpu;        seconds of all its processes, ended threads included
#     $s->memory;     bytes of the process that serves

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Time::HiRes qw(clock_gettime sleep);

use LuaCo::Httpd;
use LuaCo::Redis;
use LuaCo::Util qw(free_port slurp spew wait_until);

our $threads = 64;

my $echo = 'ngx.req.read_body() ngx.print(ngx.req.get_body_data())';

# Lua that luaco and nginx run alike.
my %lua = (
    hello => 'ngx.say("hello")',
    sleep => 'ngx.sleep(0.001) ngx.say("hello")',
    doze  => 'ngx.sleep(0.1) ngx.say("hello")',
    park  => 'ngx.sleep(120) ngx.say("hello")',
    access => 'if ngx.var.http_x_forbidden then return ngx.exit(403) end',
    prints => <<'LUA',
local s = ("0123456789abcde\n"):rep(4096)
for i = 1, 16 do ngx.print(s) end
LUA
    shared => <<'LUA',
local d, n = ngx.shared.bench, 0
for i = 1, 25 do
    local k = "user:" .. i
    d:set(k, "some bytes that are kept for " .. k)
    n = n + #d:get(k) + #d:get(k)
    d:incr("counter", 1, 0)
end
ngx.say(n)
LUA
    headers => <<'LUA',
ngx.header.content_length = nil
ngx.header.x_filtered = ngx.status
LUA
    body => <<'LUA',
local c, chunk = ngx.ctx, ngx.arg[1]
c.n = (c.n or 0) + #chunk
if ngx.arg[2] then ngx.arg[1] = chunk .. c.n .. " bytes\n" end
LUA
    threads => <<'LUA',
local spawn, wait = ngx.thread.spawn, ngx.thread.wait
local function f(i) return i end
local t, sum = {}, 0
for i = 1, 100 do t[i] = spawn(f, i) end
for i = 1, 100 do
    local ok, n = wait(t[i])
    sum = sum + n
end
ngx.say(sum)
LUA
    coroutines => <<'LUA',
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local function f(i) yield(i) end
local sum = 0
for i = 1, 10000 do
    local co = create(f)
    local ok, n = resume(co, i)
    resume(co)
    sum = sum + n
end
ngx.say(sum)
LUA
    regex => <<'LUA',
local re, md5, escape = ngx.re, ngx.md5, ngx.escape_uri
local n = 0
for i = 1, 50 do
    local m = re.match("session=17; id=4711; name=some user 42",
        "id=([0-9]+); name=(?<name>[a-z ]+[0-9]+)", "jo")
    n = n + #md5(m[1]) + #escape(m.name)
end
ngx.say(n)
LUA
    resumes => <<'LUA',
local resume, yield = coroutine.resume, coroutine.yield
local co = coroutine.create(function(i)
    while true do i = yield(i) end
end)
local sum = 0
for i = 1, 10000 do
    local ok, n = resume(co, i)
    sum = sum + n
end
ngx.say(sum)
LUA
);

# One GET on a pooled connection; @REDIS@ is the port of the bench's own server.
my $get = <<'LUA';
local function get()
    local sock = ngx.socket.tcp()
    assert(sock:connect("127.0.0.1", @REDIS@))
    assert(sock:send("*2\r\n$3\r\nGET\r\n$5\r\nbench\r\n"))
    local line = sock:receive()
    assert(sock:setkeepalive(60000, 2000))
    return line
end
LUA
$lua{redis1}  = "$get ngx.say(get())";
$lua{redis20} = "$get for i = 1, 19 do get() end ngx.say(get())";
$lua{redis20t} = <<"LUA";
$get
local t = {}
for i = 1, 20 do t[i] = ngx.thread.spawn(get) end
local ok, line
for i = 1, 20 do ok, line = ngx.thread.wait(t[i]) end
ngx.say(line)
LUA

my $redis;

my @content = qw(hello sleep doze park threads coroutines resumes prints
    redis1 redis20 redis20t regex shared);

# Folders of a file.txt each: its bytes.
my %files = (
    plain    => 1024,
    checked  => 1024,
    body     => 102_400,
    headers  => 102_400,
    filtered => 102_400,
);

my %running;

sub new {
    my ($class, $kind, %opt) = @_;
    my $self = bless { kind => $kind, port => free_port(), %opt }, $class;
    if (!$redis) {
        $redis = LuaCo::Redis->start;
        my $port = $redis->port;
        s/\@REDIS\@/$port/g for values %lua;
    }
    $self->{root} = tempdir('luaco-bench-XXXXXX', TMPDIR => 1);
    chmod 0755, $self->{root};
    make_path("$self->{root}/logs", "$self->{root}/lua");
    for my $name (keys %files) {
        make_path("$self->{root}/htdocs/$name");
        spew("$self->{root}/htdocs/$name/file.txt",
            'x' x ($files{$name} - 1) . "\n");
    }
    return $self;
}

sub url { return "http://127.0.0.1:$_[0]{port}$_[1]" }

# ---- httpd ----

# One section per location, in every server the same ones: merging them costs
# the same.  INNER is what the server at hand puts into them.
sub sections {
    my (%inner) = @_;
    my $conf = '';
    for my $name (@content, qw(virtual null posted echo), sort keys %files)
    {
        my $text = $inner{$name} // $inner{ $files{$name} ? 'plain' : '' };
        $conf .= "<Location /$name>\n$text\n</Location>\n";
    }
    return $conf;
}

sub luaco_sections {
    my $handler = sub { "<LuaCoHandler>\n$lua{ $_[0] }\n</LuaCoHandler>" };
    return sections(
        (map { $_ => $handler->($_) } @content),
        virtual => "LuaCoVirtual On\n" . $handler->('hello'),
        null    => 'SetHandler bench-null',
        posted  => 'SetHandler bench-null',
        echo    => "LuaCoBodyBufferSize 64k\n"
            . "<LuaCoHandler>\n$echo\n</LuaCoHandler>",
        plain   => 'LuaCoUseDefaultType On',
        checked => "<LuaCoAccess>\n$lua{access}\n</LuaCoAccess>",
        headers =>
            "<LuaCoHeaderFilter>\n$lua{headers}\n</LuaCoHeaderFilter>",
        filtered =>
            "<LuaCoHeaderFilter>\n$lua{headers}\n</LuaCoHeaderFilter>\n"
            . "<LuaCoBodyFilter>\n$lua{body}\n</LuaCoBodyFilter>",
    );
}

sub httpd_modules {
    my ($self) = @_;
    my $dir = LuaCo::Httpd::libexecdir();
    my @names = qw(mpm_event authz_core unixd log_config);
    push @names, 'status' if $self->{extended};
    push @names, 'lua' if $self->{kind} eq 'mod_lua';
    my $load = join '',
        map {"LoadModule ${_}_module $dir/mod_$_.so\n"}
        grep { -e "$dir/mod_$_.so" } @names;
    my $out = LuaCo::Httpd::out();
    $load .= qq(LoadModule bench_null_module "$out/mod_bench_null.so"\n);
    $load .= qq(LoadModule luaco_module "$out/mod_luaco.so"\n)
        if $self->{kind} eq 'luaco';
    return $load;
}

sub httpd_conf {
    my ($self) = @_;
    my $kind = $self->{kind};
    my $user = $> ? '' : "User nobody\nGroup #" . (getpwnam 'nobody')[3] . "\n";
    my $extended = $self->{extended} ? 'On' : 'Off';
    my $max = $threads;
    my $limit = $threads * 2;
    my $conf = $self->httpd_modules . <<"CONF";
ServerRoot "$self->{root}"
ServerName localhost
Listen 127.0.0.1:$self->{port}
ListenBackLog 4096
PidFile "$self->{root}/logs/httpd.pid"
DefaultRuntimeDir "$self->{root}/logs"
ErrorLog "$self->{root}/logs/error_log"
LogLevel warn
$user
StartServers 1
ServerLimit 1
ThreadLimit $limit
ThreadsPerChild $max
MaxRequestWorkers $max
MinSpareThreads 1
MaxSpareThreads $max
AsyncRequestWorkerFactor 64
MaxKeepAliveRequests 0
KeepAliveTimeout 300
Timeout 300
ExtendedStatus $extended
DocumentRoot "$self->{root}/htdocs"
<Directory />
    AllowOverride None
    Require all granted
</Directory>
CONF
    if ($kind eq 'null') {
        $conf .= "BenchNullVirtual /virtual\n"
            . sections(
            ''      => 'SetHandler bench-null',
            virtual => 'SetHandler bench-null-virtual',
            plain   => 'ForceType text/plain',
            checked => 'ForceType text/plain',
            );
    }
    elsif ($kind eq 'luaco') {
        $conf .= "LuaCoSharedDict bench 1m\n" . luaco_sections();
    }
    else {
        spew("$self->{root}/htdocs/hello.lua", <<'LUA');
function handle(r)
    r.content_type = "text/plain"
    r:puts("hello\n")
    return apache2.OK
end
LUA
        # The cheapest that mod_lua offers: states are kept per thread, files
        # are read once.
        $conf .= "LuaScope thread\nLuaCodeCache forever\n"
            . "LuaMapHandler ^/hello\$ \"$self->{root}/htdocs/hello.lua\"\n"
            . sections(
            ''    => 'ForceType text/plain',
            plain => 'ForceType text/plain',
            );
    }
    return $conf;
}

# ---- nginx ----

sub nginx_modules {
    my @dirs = ('/usr/lib/nginx/modules', '/usr/lib64/nginx/modules');
    my $conf = '';
    for my $name (qw(ndk_http_module ngx_http_lua_module)) {
        my ($file) = grep {-e} map {"$_/$name.so"} @dirs;
        $conf .= "load_module $file;\n" if $file;
    }
    return $conf;
}

sub nginx_conf {
    my ($self) = @_;
    my $user = $> ? '' : 'user nobody nogroup;';
    my $root = $self->{root};
    my $conf = nginx_modules() . <<"CONF";
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid $root/logs/nginx.pid;
error_log $root/logs/error_log warn;
$user
events { worker_connections 8192; }
http {
    access_log off;
    default_type text/plain;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    lua_max_pending_timers 8192;
    lua_shared_dict bench 1m;
    client_body_temp_path $root/logs/b;
    proxy_temp_path $root/logs/p;
    fastcgi_temp_path $root/logs/f;
    uwsgi_temp_path $root/logs/u;
    scgi_temp_path $root/logs/s;
    server {
        listen 127.0.0.1:$self->{port} backlog=4096;
        root $root/htdocs;
        location = /posted { return 200 "hello\n"; }
        location = /echo {
            client_body_buffer_size 64k;
            content_by_lua_block { $echo }
        }
        location /plain { }
        location /checked { access_by_lua_block {
            $lua{access}
        } }
        location /headers { header_filter_by_lua_block {
            $lua{headers}
        } }
        location /filtered {
            header_filter_by_lua_block {
                $lua{headers}
            }
            body_filter_by_lua_block {
                $lua{body}
            }
        }
CONF
    for my $name (@content) {
        $conf .= "location = /$name { content_by_lua_block {\n"
            . "$lua{$name}\n} }\n";
    }
    return "$conf}\n}\n";
}

# ---- life ----

sub command {
    my ($self, @more) = @_;
    my $file = "$self->{root}/server.conf";
    if ($self->{kind} eq 'nginx') {
        spew($file, $self->nginx_conf);
        my ($binary) = grep {-x}
            map {"$_/nginx"} split(/:/, $ENV{PATH}), '/usr/sbin';
        die "nginx is not installed\n" if !$binary;
        return ($binary, '-e', "$self->{root}/logs/error_log", '-p',
            $self->{root}, '-c', $file, @more);
    }
    spew($file, $self->httpd_conf);
    return (LuaCo::Httpd::binary(), '-d', $self->{root}, '-f', $file, @more);
}

# httpd listens before it has a child: only an answer tells.
sub answers {
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $self->{port},
    ) or return 0;
    print {$socket} "GET /hello HTTP/1.0\r\n\r\n";
    $socket->flush;
    return defined scalar <$socket>;
}

# start(COMMAND PREFIX): the server is up when this returns, or it dies.
sub start {
    my ($self, %opt) = @_;
    my @foreground
        = $self->{kind} eq 'nginx'
        ? ($opt{single} ? ('-g', 'master_process off;') : ())
        : $opt{single} ? ('-X')
        :                ('-DFOREGROUND');
    my @command = (@{ $opt{prefix} || [] }, $self->command(@foreground));
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', "$self->{root}/logs/output" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec @command or die "$command[0]: $!\n";
    }
    $self->{pid} = $pid;
    $running{$pid} = $self;
    my $up = wait_until(
        sub {
            return 'dead' if !kill 0, $pid or waitpid($pid, 1) == $pid;
            return $self->answers ? 'up' : undef;
        },
        $opt{limit} // 20
    );
    if (($up // '') ne 'up') {
        my $said = join '', map { -e $_ ? slurp($_) : '' }
            "$self->{root}/logs/output", "$self->{root}/logs/error_log";
        $self->stop;
        die "$self->{kind} did not start:\n$said";
    }
    return $self;
}

# Ends its processes and leaves its folder.
sub end {
    my ($self) = @_;
    my $pid = delete $self->{pid};
    return if !$pid || !delete $running{$pid};
    kill TERM => $pid;
    for (1 .. 200) {
        return if waitpid($pid, 1);
        sleep 0.05;
    }
    kill KILL => $pid;
    waitpid($pid, 0);
    return;
}

sub stop {
    my ($self) = @_;
    $self->end;
    remove_tree($self->{root});
    return;
}

sub stop_all {
    $_->stop for values %running;
    return;
}

# Its processes, the one that was started first.
sub processes {
    my ($self) = @_;
    my %parent;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $stat or next;
        my $line = <$fh> // next;
        $parent{$1} = $2 if $line =~ /^(\d+) .*\) \S (\d+)/;
    }
    my @all = ($self->{pid});
    for my $pid (@all) {
        push @all, grep { $parent{$_} == $pid } sort keys %parent;
    }
    return @all;
}

# The clock of a whole process, with the threads that have ended (see
# clock_getcpuclockid(3)): ~pid << 3 | CPUCLOCK_SCHED.
sub cpu {
    my ($self) = @_;
    my $sum = 0;
    $sum += clock_gettime(-8 * $_ - 6) for $self->processes;
    return $sum;
}

# Proportional set size of the process that serves; resident set size where
# the kernel does not tell.
sub memory {
    my ($self) = @_;
    my ($pid) = reverse $self->processes;
    for my $file ("/proc/$pid/smaps_rollup", "/proc/$pid/status") {
        open my $fh, '<', $file or next;
        local $/;
        return $1 * 1024 if (<$fh> // '') =~ /^(?:Pss|VmRSS):\s+(\d+) kB/m;
    }
    die "no memory figures of $self->{kind}\n";
}

sub log_text {
    my ($self) = @_;
    return slurp("$self->{root}/logs/error_log");
}

END {
    my $status = $?;
    stop_all();
    $? = $status;
}

1;
