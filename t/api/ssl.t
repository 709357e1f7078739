# tags: prefork hardlua
# require "ngx.ssl": what it knows of the client's connection.  What it makes of
# certificates is compared in t/compare/cases/ssl and used in sock_ssl.t.

use LuaCo::Test;

my $types = <<'OUT';
cert false bad argument #1 to 'ngx.ssl.set_cert' (certificate expected, got table)
key false bad argument #1 to 'ngx.ssl.set_priv_key' (private key expected, got userdata)
certs false bad argument #1 to 'ngx.ssl.verify_client' (certificate expected, got number)
OUT
my $plain = join('', map {"$_ nil bad request\n"} qw(version text name port))
    . join('', map {"$_ nil nil bad request\n"} qw(server client))
    . "clear nil bad request\nder nil bad request\n$types";

my $port = config('sslport');

sub tls {
    my ($path, @options) = @_;
    return curl('--resolve', "good.test:$port:127.0.0.1", @options,
        "https://good.test:$port$path");
}

sub expected {
    my ($number, $text, $name) = @_;
    return "version $number\ntext $text\nname $name\nport $port\n"
        . "server 127.0.0.1 inet\nclient 127.0.0.1 inet\n"
        . "clear nil bad request\nder nil bad request\n$types";
}

is get('/api/ssl')->body, $plain, 'a connection without TLS';
is get('/api/ssl?yield=1&thread=1')->body, $plain, '... after a wait, in a thread';
is tls('/api/ssl', '--http1.1', '--tls-max', '1.2'),
    expected(771, 'TLSv1.2', 'good.test'), 'TLS 1.2';
is tls('/api/ssl', '--http1.1'), expected(772, 'TLSv1.3', 'good.test'),
    'TLS 1.3';
is tls('/api/ssl?yield=1&thread=1', '--http1.1'),
    expected(772, 'TLSv1.3', 'good.test'), '... after a wait, in a thread';
is tls('/api/ssl'), expected(772, 'TLSv1.3', 'good.test'),
    'HTTP/2, where there is some';
is curl('--http1.1', "https://127.0.0.1:$port/api/ssl"),
    expected(772, 'TLSv1.3', 'nil'), 'no name is asked for';

my $log = error_log();
is tls('/api/ssl/phases', '--http1.1'), "TLSv1.3 good.test $port\n",
    'access, handler, filter';
ok $log->wait_for(qr/ssl: TLSv1\.3/), 'log';

done_testing;
