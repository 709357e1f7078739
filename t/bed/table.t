# tags: prefork
# A table of requests; the .conf beside the test is in force.

use LuaCo::Test;

my $dir = LuaCo::Httpd::top() . '/t/bed';
requests(
    {   name    => 'the .conf and its words',
        get     => '/bed/table',
        status  => 302,
        headers => {
            'X-Dir'  => $dir,
            Location => qr{/elsewhere$},
            'X-None' => undef,
        },
        body => qr/has moved/,
    },
    {   name => 'a body as a string',
        get  => '/hello.txt',
        body => "hello\n",
    },
    {   name    => 'HTTP/1.0 and a header of ours',
        get     => '/hello.txt',
        version => '1.0',
        send    => [Range => 'bytes=0-1'],
        status  => 206,
        body    => 'he',
    },
    {   name   => 'lines of the error log',
        get    => '/bed/closed',
        status => 403,
        log    => qr/AH01630/,
        no_log => qr/no such line/,
    },
);

is get('/hello.txt', port => port('other'))->header('X-Host'), 'other',
    'a port of the test';
is config('mpm'), $ENV{LUACO_MPM}, 'the MPM of this pass';
my $status = status();
is length $status->{Scoreboard}, $status->{BusyWorkers}
    + $status->{IdleWorkers} + ($status->{Scoreboard} =~ tr/.SG//),
    'server-status';

done_testing;
