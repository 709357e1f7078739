# tags: prefork hardlua
# ngx.location.capture and capture_multi: what comes back.

use LuaCo::Test;

sub escape { my ($s) = @_; $s =~ s/([^\w.\/-])/sprintf '%%%02X', ord $1/ge; return $s }

sub of {
    my ($uri, $options) = @_;
    return '/api/capture/get?u=' . escape($uri)
        . ($options ? '&o=' . escape($options) : '');
}

requests(
    map {
        my ($uri, $options, $body, $log) = @$_;
        {   name => $uri . ($options ? " $options" : ''),
            get  => of($uri, $options),
            body => ref $body ? $body : "$body\n",
            $log ? (log => $log) : (),
        }
    } ( [   '/api/capture/lua', undef,
            "200 false [lua - GET\n] Content-Type=text/plain; X-A={1|2}" ],
        [   '/api/capture/lua?x=1', '{args={a=":"}}',
            "200 false [lua x=1&a=%3A GET\n] Content-Type=text/plain; X-A={1|2}" ],
        [   '/api/capture/lua', '{args="b=2", method=ngx.HTTP_DELETE}',
            "200 false [lua b=2 DELETE\n] Content-Type=text/plain; X-A={1|2}" ],
        [ '/api/capture/sleeps', undef, "200 false [slept true true\n] Content-Type=text/plain" ],
        [ '/hello.txt', undef, qr/^200 false \[\S.*\n\] Content-Length=\d+; Content-Type=text\/plain\n/s ],
        [ '/none', undef, '404 true [] ' ],
        (   map { my $s = $_;
                map { [ "/api/capture/exit?s=$s$_", undef, qr/^\Q$s\E true \[\] / ] } '', '&sleep=1' }
            403, 404, 500
        ),
        [ '/api/capture/exit?s=200&say=1', undef, "200 false [said\n] Content-Type=text/plain" ],
        [ '/api/capture/exit?s=204', undef, qr/^204 \w+ \[\] / ],
        [ '/api/capture/error', undef, qr/^500 true \[\] / ],
        [ '/api/capture/error?sleep=1', undef, qr/^500 true \[\] / ],
        [ '/api/capture/error?say=1&sleep=1', undef, qr/^200 true \[said\n\] / ],
        [ '../x', undef, 'ERR unsafe uri in argument #1: ../x' ],
        [ '/a/..', undef, 'ERR unsafe uri in argument #1: /a/..' ],
        [ '/a/%2e%2e/b', undef, 'ERR unsafe uri in argument #1: /a/%2e%2e/b' ],
        [ '', undef, 'ERR unsafe uri in argument #1: ' ],
        [ '/api/capture/%6Cua', undef, "200 false [lua - GET\n] Content-Type=text/plain; X-A={1|2}" ],
        [ '/hello.txt', '{method=99}', 'ERR failed to adjust the subrequest: -1', qr/unsupported HTTP method: 99/ ],
        [ '/hello.txt', '{method="GET"}', 'ERR Bad http request method' ],
        [ '/hello.txt', '{args=true}', 'ERR Bad args option value' ],
        [ '/hello.txt', '{body={}}', 'ERR Bad http request body' ],
        [ '/hello.txt', '{ctx=1}', 'ERR Bad ctx option value type number, expected a Lua table' ],
        [ '/hello.txt', '{vars=1}', 'ERR Bad vars option value' ],
        [ '/hello.txt', '{vars={1}}', 'ERR attempt to use a non-string key in the "vars" option table' ],
        [ '/hello.txt', '{vars={x={}}}', 'ERR attempt to use bad variable value type table' ],
        [ '/hello.txt', '{vars={uri="x"}}', 'ERR failed to adjust the subrequest: 500', qr/variable "uri" not changeable/ ],
        [ '/hello.txt', '{share_all_vars=1}', 'ERR Bad share_all_vars option value' ],
        [ '/hello.txt', '{copy_all_vars="x"}', 'ERR Bad copy_all_vars option value' ],
        [ '/hello.txt', '1', 'ERR expecting table as the 2nd argument for subrequest 0, but got number' ],
    )
);

requests(
    {   name => 'variables and ctx',
        get  => '/api/capture/vars',
        body => "sub  world nil; hello main\nsub hello world nil; hello main\n"
            . "sub hello world nil; hello world main\nsub  world 32; hello world main\n"
            . "mainsub  world nil; hello world mainsub\n",
    },
    {   name => 'several at once',
        get  => '/api/capture/multi',
        body => qr/^1 200 lua 1 GET\n\n2 200 .*\n\n3 200 slept true true\n\n4 404 \n$/,
    },
    {   name => 'as deep as may be',
        get  => '/api/capture/deep?n=51',
        body => 'bottom',
    },
    {   name => 'deeper',
        get  => '/api/capture/deep?n=60',
        body => '9: failed to issue subrequest: -1',
        log  => qr/lua subrequests cycle while processing "\/api\/capture\/deep"/,
    },
);

done_testing;
