# tags: prefork hardlua onebyte
# Cosockets: TLS.

use LuaCo::Test;

use LuaCo::Peer;
use LuaCo::Server;
use LuaCo::Util qw(slurp);

my $certs = 't/logs/peers';
$certs = 'logs/peers' unless -d $certs;
my $peer = LuaCo::Peer->start(port => port('sslpeer'), certs => $certs);

sub row {
    my ($where, $args, $body) = @_;
    return {
        name => "$where $args",
        get  => "/api/sock_ssl/$where?$args",
        body => $body,
    };
}

sub fine {
    my ($name, $client, $type) = @_;
    return sprintf "%s\n2\nTLSv1_3 %s new %s\n", $type // 'userdata', $name,
        $client // '-';
}
my $closed = "nilclosed\n";

requests(
    row('x', '',                             fine('-')),
    row('x', 'name=good.test',               fine('good.test')),
    row('x', 'name=good.test&verify=1',      fine('good.test')),
    row('x', 'name=good.test&session=false', fine('good.test', undef, 'boolean')),
    row('x', 'name=chain.test&verify=1',     fine('chain.test')),
    row('x', 'name=selfsigned.test',         fine('selfsigned.test')),
    row('x', 'verify=1',                     fine('-')),
    row('x', 'name=other.test&verify=1',
        "nil certificate host mismatch\n$closed"),
    row('x', 'name=expired.test&verify=1',
        "nil 10: certificate has expired\n$closed"),
    row('x', 'name=selfsigned.test&verify=1',
        qr/^nil 18: self-signed certificate\n$closed/),
    row('depth0', 'name=chain.test&verify=1',
        qr/^nil 22: certificate chain too long\n$closed/),
    row('x',   'name=revoked.test&verify=1', fine('revoked.test')),
    row('crl', 'name=revoked.test&verify=1',
        "nil 23: certificate revoked\n$closed"),
    row('crl', 'name=good.test&verify=1', fine('good.test')),
    row('v12', 'name=good.test&verify=1',
        "userdata\n2\nTLSv1_2 good.test new -\n"),
    row('rsa', 'name=good.test', "nil handshake failed\n$closed"),
    row('command', 'name=good.test&verify=1',
        "userdata\n2\nTLSv1_2 good.test new -\n"),
    row('others', 'name=good.test&verify=1',
        "nil 19: self-signed certificate in certificate chain\n$closed"),
    row('others', 'name=selfsigned.test&verify=1', fine('selfsigned.test')),
    row('cert', 'name=good.test', fine('good.test', 'client.test')),
    {   name => 'nothing is trusted',
        get  => '/api/sock_ssl_bare',
        body => "19: self-signed certificate in certificate chain\n\n",
    },
    {   name => 'a store of a C function',
        get  => '/api/sock_ssl/store',
        body => "18: self-signed certificate\n"
            . "true ok\nTLS_ 1\nTLSv1_3 selfsigned.test new -\n"
            . "18: self-signed certificate\n"
            . "true 19: self-signed certificate in certificate chain\n"
            . "true ok\nTLS_ 1\nTLSv1_3 good.test new -\n"
            . "true certificate host mismatch\n"
            . "true\n18: self-signed certificate\n",
    },
    {   name => 'a conversation, a pool',
        get  => '/api/sock_ssl/talk',
        body => "28\none\ntwoxyz\ntrue\ntrue\ntrue\ntrue\ntrue\n"
            . "userdata\nuserdata\nuserdatauserdata\nssl handshake already done\n"
            . "1\n1 true\nagain\nnilclosed\n",
    },
    {   name => 'sessions are resumed',
        get  => '/api/sock_ssl/resume',
        body => "TLSv1_3 good.test new -\n"
            . "TLSv1_3 good.test resumed -\n" x 2,
    },
    {   name => 'sessions are resumed, TLS 1.2',
        get  => '/api/sock_ssl/resume12',
        body => "TLSv1_2 good.test new -\n"
            . "TLSv1_2 good.test resumed -\n" x 2,
    },
    {   name => 'certificates by ngx.ssl',
        get  => '/api/sock_ssl/client',
        body => "true\ngood.test new client.test\n" x 2
            . "true\ngood.test new -\n"
            . "true\nnil ssl set client certificate failed\n"
            . 'nilclient certificate must be supplied with corresponding private key' . "\n"
            . 'nilclient certificate must be supplied with corresponding private key' . "\n"
            . "nilbad cert arg: cdata expected, got string\n"
            . "nilbad pkey arg: cdata expected, got userdata\n"
            . "nilPEM_read_bio_X509_AUX() failed\nnild2i_X509_bio() failed\n"
            . "nilPEM_read_bio_PrivateKey() failed\n"
            . "nild2i_PrivateKey_bio() failed\n"
            . "falsebad argument #1 to 'ngx.ssl.parse_pem_cert' (string expected, got table)\n",
    },
    {   name => 'errors',
        get  => '/api/sock_ssl/errors',
        # The last but two: what has not been read is no TLS, either.
        body => qr/^socket\ is\ never\ created\ nor\ connected\n
            ngx\.socket\ sslhandshake:\ expecting\ 1\ ~\ 5\ arguments\ \(including\ the\ object\),\ but\ seen\ 0\n
            (?:socket\ is\ never\ created\ nor\ connected\n){2}no\ session\n
            no\ ssl\ connection\nno\ ssl\ context\n
            bad\ store\ arg:\ light\ userdata\ expected,\ got\ string\ntrue\ntimeout\n
            closed\nhandshake\ failed\nhandshake\ failed\ntoo\ early\n
            (?:unread\ data\ in\ buffer|handshake\ failed)\n1\nclosed\n$/x,
    },
);

like slurp("$certs/../keys.log"), qr/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]+ [0-9a-f]+$/m,
    'keys are logged';

done_testing;
