# tags: prefork
# docs/variables.md against the server: every variable of nginx's index is in
# one of its tables, those of the first have the value that they should have,
# those of the second are names of the environment.

use LuaCo::Test;
use LuaCo::Util qw(slurp);

# nginx.org/en/docs/varindex.html without the stream modules' own, 1.29.2.
my @index = qw(
    ancient_browser arg_ args binary_remote_addr body_bytes_sent bytes_sent
    connection connection_requests connection_time connections_active
    connections_reading connections_waiting connections_writing content_length
    content_type cookie_ date_gmt date_local document_root document_uri
    fastcgi_path_info fastcgi_script_name geoip_area_code geoip_city
    geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
    geoip_city_country_name geoip_country_code geoip_country_code3
    geoip_country_name geoip_dma_code geoip_latitude geoip_longitude geoip_org
    geoip_postal_code geoip_region geoip_region_name gzip_ratio host hostname
    http2 http3 http_ https invalid_referer is_args jwt_claim_ jwt_header_
    jwt_payload limit_conn_status limit_rate limit_req_status memcached_key
    modern_browser msec msie nginx_version otel_parent_id otel_parent_sampled
    otel_span_id otel_trace_id pid pipe proxy_add_x_forwarded_for proxy_host
    proxy_port proxy_protocol_addr proxy_protocol_port
    proxy_protocol_server_addr proxy_protocol_server_port proxy_protocol_tlv_
    query_string quic realip_remote_addr realip_remote_port realpath_root
    remote_addr remote_port remote_user request request_body request_body_file
    request_completion request_filename request_id request_length
    request_method request_time request_uri scheme secure_link
    secure_link_expires sent_http_ sent_trailer_ server_addr server_name
    server_port server_protocol session_log_binary_id session_log_id
    slice_range spdy spdy_request_priority ssl_alpn_protocol ssl_cipher
    ssl_ciphers ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint
    ssl_client_i_dn ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn
    ssl_client_s_dn_legacy ssl_client_serial ssl_client_sigalg
    ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_client_verify
    ssl_curve ssl_curves ssl_early_data ssl_ech_outer_server_name
    ssl_ech_status ssl_protocol ssl_server_cert_type ssl_server_name
    ssl_session_id ssl_session_reused ssl_sigalg status tcpinfo_rcv_space
    tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601 time_local uid_got
    uid_reset uid_set upstream_addr upstream_bytes_received
    upstream_bytes_sent upstream_cache_age upstream_cache_key
    upstream_cache_last_modified upstream_cache_status upstream_connect_time
    upstream_cookie_ upstream_first_byte_time upstream_header_time
    upstream_http_ upstream_last_addr upstream_last_server_name
    upstream_queue_time upstream_response_length upstream_response_time
    upstream_session_time upstream_status upstream_trailer_ uri
);

# The first column of the table under each heading.
my %table;
{
    my $heading = '';
    for (split /\n/, slurp('docs/variables.md')) {
        $heading = $1 if /^## (.*)/;
        next unless /^\| (`.*?) \|/;
        push @{ $table{$heading} }, map { s/NAME$//r } $1 =~ /`(\w+)`/g;
    }
}
my %is     = map { $_ => 1 } @{ $table{'What there is'} };
my %is_not = map { $_ => 1 } @{ $table{'What there is not'} };

is_deeply [sort keys %is, keys %is_not], [sort @index],
    'the tables are the index';

my $n   = qr/[1-9]\d*/;
my $pem = qr/-----BEGIN CERTIFICATE-----\\n[A-Za-z0-9+\/=\\n]+-----END CERTIFICATE-----\\n/;
my $dn  = qr/CN=localhost/;
my $day = qr/\w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT/;

# In LuaCoHandler of "POST /api/x/v?a=1&x=2" with TLS and what goes with it.
# undef: nil.
my %value = (
    arg_                      => '2',
    args                      => 'a=1&x=2',
    binary_remote_addr        => '\xc0\x00\x02\t',
    body_bytes_sent           => '0',
    bytes_sent                => '0',
    connection                => $n,
    connection_requests       => '1',
    content_length            => '4',
    content_type              => 'text/x-sent',
    cookie_                   => 'cookie',
    document_root             => qr{/\S+/htdocs},
    document_uri              => '/api/x/v',
    host                      => 'localhost',
    hostname                  => qr/[^A-Z]+/,
    http2                     => '',
    http3                     => '',
    http_                     => 'header',
    https                     => 'on',
    is_args                   => '?',
    limit_rate                => '4096',
    msec                      => qr/\d{10,}\.\d{3}/,
    nginx_version             => '1.29.2',
    pid                       => $n,
    proxy_add_x_forwarded_for => '192.0.2.7, 192.0.2.9',
    proxy_host                => undef,
    proxy_port                => undef,
    query_string              => 'a=1&x=2',
    quic                      => '',
    realip_remote_addr        => '127.0.0.1',
    realip_remote_port        => $n,
    remote_addr               => '192.0.2.9',
    remote_port               => '0',
    remote_user               => 'user',
    request                   => 'POST /api/%78/v?a=1&x=2 HTTP/1.1',
    request_body              => undef,
    request_body_file         => undef,
    request_completion        => '',
    request_filename          => qr{/\S+/htdocs/api/x/v},
    request_id                => qr/[0-9a-f]{32}/,
    request_length            => $n,
    request_method            => 'POST',
    request_time              => qr/\d+\.\d{3}/,
    request_uri               => '/api/%78/v?a=1&x=2',
    scheme                    => 'https',
    sent_http_                => 'sent',
    sent_trailer_             => undef,
    server_addr               => '127.0.0.1',
    server_name               => 'localhost',
    server_port               => $n,
    server_protocol           => 'HTTP/1.1',
    ssl_cipher                => qr/[\w-]+/,
    ssl_client_cert           => qr/-----BEGIN CERTIFICATE-----(?:\\n\\t[A-Za-z0-9+\/=]+)+\\n\\t-----END CERTIFICATE-----/,
    ssl_client_escaped_cert   => qr/-----BEGIN%20CERTIFICATE-----%0A[A-Za-z0-9%]+%0A-----END%20CERTIFICATE-----%0A/,
    ssl_client_fingerprint    => 'FINGERPRINT',
    ssl_client_i_dn           => 'CN=mod_luaco tests',
    ssl_client_raw_cert       => $pem,
    ssl_client_s_dn           => $dn,
    ssl_client_serial         => qr/[0-9A-F]{10,}/,
    ssl_client_v_end          => $day,
    ssl_client_v_remain       => $n,
    ssl_client_v_start        => $day,
    ssl_client_verify         => 'SUCCESS',
    ssl_protocol              => qr/TLSv1\.\d/,
    ssl_server_name           => 'localhost',
    ssl_session_id            => qr/|[0-9a-f]+/,
    ssl_session_reused        => '.',
    status                    => '202',
    tcpinfo_rcv_space         => $n,
    tcpinfo_rtt               => $n,
    tcpinfo_rttvar            => qr/\d+/,
    tcpinfo_snd_cwnd          => $n,
    time_iso8601              => qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d/,
    time_local                => qr{\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}},
    upstream_addr             => undef,
    upstream_status           => undef,
    uri                       => '/api/x/v',
);
is_deeply [sort keys %value], [sort keys %is], 'a value for each';

my $list = <<'LUA';
        local function show(name)
            local v = ngx.var[name]
            if v == nil then return name .. " nil" end
            return name .. "=" .. v:gsub("[^ -~]", function(c)
                return c == "\n" and "\\n" or c == "\t" and "\\t" or ("\\x%02x"):format(c:byte())
            end)
        end
        local function list(names)
            local t = {}
            for n in names:gmatch("%S+") do t[#t + 1] = show(n) end
            return table.concat(t, "\n") .. "\n"
        end
LUA
my $names = join ' ', map {s/_$/_x/r} @index;

my $s = LuaCo::Server->new(
    ssl     => 1,
    modules => ['remoteip'],
    files   => { 'passwords' => "user:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n" },
    conf    => <<"CONF");
RemoteIPHeader X-Real-IP
SSLVerifyClient optional
SSLCACertificateFile "\@Certs\@/ca.crt"
<Location /api/>
    LuaCoVirtual On
    SetEnvIf Request_URI . rate-limit=4
</Location>
<LocationMatch "^/api/x/(?<last>.)">
    AuthType Basic
    AuthName test
    AuthUserFile "\@Root\@/passwords"
    Require valid-user
    <LuaCoHandler>
$list
        ngx.status = 202
        ngx.header["X"] = "sent"
        ngx.print(list("$names"))
    </LuaCoHandler>
    <LuaCoLog>
$list
        local f = assert(io.open("\@Root\@/logs/late", "w"))
        f:write(list("$names"))
        f:close()
        ngx.log(ngx.NOTICE, "late ones are written.")
    </LuaCoLog>
</LocationMatch>
<Location /api/is_not>
    <LuaCoHandler>
$list
        for n in ("$names"):gmatch("%S+") do
            if not ngx.var[n] and not n:find("_x\$") and not pcall(function() ngx.var[n] = "set" end) then
                ngx.say(n, " is not to be written")
            end
        end
        ngx.print(list("$names"))
    </LuaCoHandler>
</Location>
<Location /api/phases>
    <LuaCoAccess>
$list
        ngx.ctx.access = list("uri status limit_rate")
        ngx.var.limit_rate = "3k"
        ngx.var.args = nil
    </LuaCoAccess>
    <LuaCoHandler>
$list
        ngx.header.x = "a"
        ngx.print(ngx.ctx.access, list("uri status limit_rate args"))
        for _, v in ipairs{"1000", "1m", "0", "5K", "x", "1x", "-1", "99999999999999999999", "4096k"} do
            ngx.var.limit_rate = v
            ngx.print(ngx.var.limit_rate, " ", ngx.var["rate-limit"] or "none", "\\n")
        end
        ngx.var.limit_rate = nil
        ngx.say(ngx.var.limit_rate)
    </LuaCoHandler>
    <LuaCoHeaderFilter>
$list
        ngx.var.from_filter = "set"
        ngx.header.x_vars = (list("status uri sent_http_x request_method limit_rate"):gsub("\\n", " "))
    </LuaCoHeaderFilter>
    <LuaCoBodyFilter>
$list
        if ngx.arg[2] then ngx.arg[1] = ngx.arg[1] .. list("status from_filter") end
    </LuaCoBodyFilter>
    <LuaCoLog>
$list
        ngx.log(ngx.ERR, "late: ", (list("status body_bytes_sent request_completion sent_http_x uri args http_x tcpinfo_rtt"):gsub("\\n", " ")))
    </LuaCoLog>
</Location>
<Location /back>
    LuaCoVirtual On
    <LuaCoHandler>
        ngx.status = 203
        ngx.say("back")
    </LuaCoHandler>
</Location>
<LuaCoLog>
$list
    if ngx.var.proxy_host then
        ngx.log(ngx.ERR, "proxied: ", (list("proxy_host proxy_port upstream_addr upstream_status"):gsub("\\n", " ")))
    end
</LuaCoLog>
ProxyPass /p/one http://127.0.0.1:\@Port\@/back
<Proxy balancer://two>
    BalancerMember http://localhost:\@Port\@
</Proxy>
ProxyPass /p/two balancer://two/back
CONF
$s->{conf} =~ s/\@Certs\@/$s->{ssl_files}/g;
$s->set_conf($s->{conf})->start;

sub values_of {
    my ($text) = @_;
    return map {
        my ($name, $value) = /^(\w+)(?: nil|=(.*))$/ or die "what is: $_\n";
        ($name =~ s/_x$/_/r => $value);
    } split /\n/, $text;
}

my $ssl = $s->{ssl_files};
my $authority = 'localhost:' . $s->ssl_port;
my @tls = (
    '--http1.1', '--cert', "$ssl/server.crt", '--key', "$ssl/server.key",
    '--resolve', "$authority:127.0.0.1",
);
chomp(my $fingerprint = qx(openssl x509 -in $ssl/server.crt -outform der | openssl sha1 -r));
$fingerprint =~ s/ .*//;

# %got against %value, OTHER where it says more.
sub compare {
    my ($got, $other) = @_;
    for (sort keys %value) {
        my $want = exists $other->{$_} ? $other->{$_} : $value{$_};
        $want = $fingerprint if ($want // '') eq 'FINGERPRINT';
        if (ref $want) {
            like $got->{$_}, qr/^(?:$want)$/, $_;
        }
        else {
            is $got->{$_}, $want, $_;
        }
    }
    is $got->{$_}, undef, "not $_" for sort keys %is_not;
}

my $sent;
subtest 'what there is' => sub {
    my $body = curl(
        @tls, '--path-as-is', '-d', 'body', '-u', 'user:password',
        map({ ('-H', $_) } 'Content-Type: text/x-sent', 'X: header',
            'Cookie: a=b; x=cookie', 'X-Real-IP: 192.0.2.9',
            'X-Forwarded-For: 192.0.2.7'),
        "https://$authority/api/%78/v?a=1&x=2"
    );
    my %got = values_of($body);
    $sent = length $body;
    compare(\%got, {});
};

subtest 'what there is after the response' => sub {
    ok $s->wait_for_log(qr/late ones are written\./), 'LuaCoLog';
    my %got = values_of(slurp($s->root . '/logs/late'));
    compare(\%got, {
        body_bytes_sent    => $n,
        bytes_sent         => $n,
        request_completion => 'OK',
    });
    is $got{$_}, $sent, $_ for qw(body_bytes_sent bytes_sent);
};

subtest 'what is not there' => sub {
    my $body = $s->raw->get('/api/is_not')->body;
    my @readonly = $body =~ /^(\w+) is not to be written$/mg;
    ok !(grep { $is_not{$_} } @readonly), 'can be set' or diag "@readonly";
    my %got = values_of($body =~ s/^\w+ is not to be written\n//mgr);
    is $got{$_}, 'set', $_ for grep { !/_$/ } sort keys %is_not;
    is $got{$_}, undef, "$_ without TLS" for grep {/^ssl_/} sort keys %is;
};

subtest 'phases' => sub {
    my $r = $s->raw->get('/api/phases?q');
    is $r->body, "uri=/api/phases\nstatus=000\nlimit_rate=4096\n"
        . "uri=/api/phases\nstatus=000\nlimit_rate=3072\nargs nil\n"
        . "1024 1\n1048576 1024\n0 none\n5120 5\n5120 5\n5120 5\n5120 5\n5120 5\n"
        . "4194304 4096\n0\nstatus=200\nfrom_filter=set\n",
        'access, content, body filter';
    is $r->header('X-Vars'),
        'status=200 uri=/api/phases sent_http_x=a request_method=GET limit_rate=0',
        'header filter';
    ok $s->wait_for_log(qr/invalid \$limit_rate "1x"$/), 'a bad rate is logged';
    my $length = length $r->body;
    ok $s->wait_for_log(qr{late: status=200 body_bytes_sent=$length request_completion=OK sent_http_x=a uri=/api/phases args nil http_x nil tcpinfo_rtt=\d+ $}),
        'log';
};

subtest 'mod_proxy' => sub {
    my $port = $s->port;
    is $s->raw->get('/p/one')->status, 203, 'a server';
    ok $s->wait_for_log(qr/proxied: proxy_host=127.0.0.1:$port proxy_port=$port upstream_addr=127.0.0.1:$port upstream_status=203 $/),
        'its variables';
    is $s->raw->get('/p/two')->status, 203, 'a balancer';
    ok $s->wait_for_log(qr/proxied: proxy_host=\S+ proxy_port=\d+ upstream_addr=localhost:$port upstream_status=203 $/),
        'its variables';
};

done_testing;
