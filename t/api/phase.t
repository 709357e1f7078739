# tags: prefork hardlua
# What each phase may call, and the messages where it may not.

use LuaCo::Test;

my $dir = LuaCo::Httpd::top() . '/t/api';
my $s   = LuaCo::Server->new(conf => <<"CONF");
LuaCoPackagePath "$dir/?.lua;;"
<LuaCoInit>
    require("phase")()
</LuaCoInit>
<LuaCoInitWorker>
    require("phase")()
</LuaCoInitWorker>
<Location /x>
    LuaCoVirtual On
    <LuaCoAccess>
        require("phase")("say print eof send_headers exit")
    </LuaCoAccess>
    <LuaCoHandler>
        ngx.thread.wait(ngx.thread.spawn(function()
            require("phase")("exit eof")
        end))
    </LuaCoHandler>
    <LuaCoLog>
        require("phase")()
    </LuaCoLog>
</Location>
CONF
$s->start;
is $s->raw->get('/x')->body, "x\nx", 'a request';
ok $s->wait_for_log(qr/log prefix: true string\.$/), 'its log phase';
my $text = $s->log->rewind->text;

my @all = qw(say print flush eof send_headers sleep exit log get_phase now
    status status= headers_sent is_subrequest header header= var var= ctx
    get_method http_version start_time get_headers get_uri_args prefix);
my $none    = 'no request found';
my $object  = 'no request object found';
my $current = 'API disabled in the current context';
my %good    = (
    flush         => 'nil', sleep => 'nil', log => 'nil', now => 'number',
    status        => 'number', 'status=' => 'nil', headers_sent => 'boolean',
    is_subrequest => 'false', header => 'nil', 'header=' => 'nil',
    var           => 'nil', 'var=' => 'nil', ctx => 'table',
    get_method    => 'string', http_version => 'number',
    start_time    => 'number', get_headers => 'table',
    get_uri_args  => 'table', prefix => 'string',
    say           => 'nil', print => 'nil', eof => 'nil',
    send_headers  => 'nil',
);
my @of_request = qw(status status= headers_sent is_subrequest header header=
    var var= get_method http_version start_time get_headers get_uri_args);

# phase => [what is an error there, by message; the others are as in %good]
my %bad = (
    init => {
        (map { $_ => $none } @of_request, qw(ctx flush send_headers sleep
            exit)),
        (map { $_ => $object } qw(say print eof http_version)),
    },
    init_worker => {
        (map { $_ => $current } @of_request),
        (   map { $_ => 'API disabled in the context of LuaCoInitWorker' }
                qw(say print flush eof send_headers sleep exit)
        ),
    },
    access  => {},
    content => {},
    # Not eof: that the response has ended is said first, nil and "seen eof".
    log => {
        map { $_ => 'API disabled in the context of LuaCoLog' }
            qw(say print flush send_headers sleep exit)
    },
);

for my $phase (qw(init init_worker access content log)) {
    subtest $phase => sub {
        for my $call (@all) {
            my ($ok, $result)
                = $text =~ /\] \[lua\] phase\.lua:\d+: $phase \Q$call\E: (true|false) (.*)\.$/m
                or next;
            my $message = $bad{$phase}{$call};
            my $want = $call eq 'get_phase' ? $phase : $good{$call};
            is "$ok $result", $message ? "false $message" : "true $want",
                $call;
        }
    };
}

done_testing;
