# tags: prefork
# Sockets up to the limit of descriptors: that script hears of it, and nobody
# else.

use LuaCo::Test;

use IO::Socket::INET;
use LuaCo::Server;
use LuaCo::Util qw(free_port wait_until);

# Connections wait here, and nobody takes them.
my $port = free_port();
my $peer = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $port,
    Listen    => 4096,
) or die "port $port: $!\n";

my $s = LuaCo::Server->new(
    mpm   => mpm(),
    files => { 'htdocs/file.txt' => "a file\n" },
    conf  => <<"CONF");
LuaCoVMs 1
SetEnv PEER $port
<Location /all>
    <LuaCoHandler>
        local socks, err = {}
        for _, kind in ipairs{"tcp", "udp"} do
            while true do
                local sock, ok = ngx.socket[kind]()
                local connect = kind == "tcp" and sock.connect
                    or sock.setpeername
                ok, err = connect(sock, "127.0.0.1", tonumber(ngx.var.PEER))
                if not ok then break end
                socks[#socks + 1] = sock
            end
            ngx.say(kind, " ", err)
        end
        ngx.say(#socks > 100 and "many" or #socks)
        ngx.flush(true)
        -- until the client says so
        local gone = false
        while not gone do
            local f = io.open(ngx.var.arg_flag)
            if f then f:close() gone = true end
            ngx.sleep(0.01)
        end
        -- one less, one more
        local sock = table.remove(socks, 1)
        sock:close()
        ngx.say(sock:connect("127.0.0.1", tonumber(ngx.var.PEER)))
    </LuaCoHandler>
</Location>
<Location /one>
    <LuaCoHandler>
        local sock = ngx.socket.tcp()
        ngx.sleep(0.001)
        ngx.say(sock:connect("127.0.0.1", tonumber(ngx.var.PEER)))
    </LuaCoHandler>
</Location>
CONF
$s->start;

# The limit of those that are there; of those to come, too.
system('prlimit', "--pid=$_", '--nofile=512:512') == 0 or die "prlimit\n"
    for $s->pid, $s->children;

my $flag = $s->root . '/flag';
my $c    = $s->raw;
$c->request('GET', "/all?flag=$flag");
my $said = $c->read_until("\nmany\n");
like $said, qr/tcp too many open files\r?\n.*udp too many open files\r?\n/s,
    'the script hears of it';

subtest 'others do not' => sub {
    plan skip_all => 'each request has a process' if mpm() eq 'prefork';
    is $s->raw->get('/file.txt')->body, "a file\n", 'a new connection, a file'
        for 1 .. 5;
    is $s->raw->get('/one')->body, "niltoo many open files\n",
        'its sockets do: they are of the same process';
};
open my $fh, '>', $flag or die "$flag: $!\n";
close $fh;
like $c->read_until("\n1\n"), qr/\n1\n$/, 'one less, one more';
$c->close;

ok wait_until(sub { $s->raw->get('/one')->body eq "1\n" }),
    'and all goes on when it has ended';
my @bad = $s->log->lines(qr/:(?:crit|alert|emerg)\]|unable to accept/);
is "@bad", '', 'httpd noticed nothing';

$s->stop;
done_testing;
