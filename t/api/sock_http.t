# tags: prefork onebyte
# Cosockets and a client for HTTP/1.1, whose server is this httpd itself.

use LuaCo::Test;

use LuaCo::Peer;

my $peer = LuaCo::Peer->start(port => port('httppeer'));
my $big  = ($ENV{LUACO_VARIANT} // '') eq 'onebyte'
    ? '30060 POST nil' : '3451500 POST true';

requests(
    {   name => 'chunks both ways, a connection for all, a pipeline',
        get  => '/api/sock_http/client',
        body => <<'OUT' =~ s/BIG/$big/r,
GET length 200 12345 nil nil
HEAD length 200  nil nil
GET empty 204  nil nil
GET echo 200 nothing GET nil
POST echo 200 a body POST nil
GET echo?chunks=20 200 178 GET true
POST echo 200 onetwoxxxxxxxxxxxxxxxxxxxxfour POST nil
POST echo?chunks=2 200 chunk 1;chunk 2;nothing POST true
POST echo 200 waited for POST nil
POST echo 200 BIG
true true
20
1
1
GET length 200 12345 nil nil
nilclosed
OUT
    },
    {   name => 'servers that end, lie, or are none',
        get  => '/api/sock_http/bad',
        body => "nil closed nil\n" x 4
            . "200 all of it nil\n"
            . "nil closed nil\n" x 2
            . "nil bad chunk nil\n200 12345 v\nnil no HTTP nil\n",
    },
);

done_testing;
