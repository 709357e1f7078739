# tags: prefork
# Require luaco: one voice among httpd's requirements, asked after the
# password where there is one; it may wait, not answer.

use LuaCo::Test;
use MIME::Base64 qw(encode_base64);

my @alice = (Authorization => 'Basic ' . encode_base64('alice:secret', ''));
my @wrong = (Authorization => 'Basic ' . encode_base64('alice:no', ''));

sub ask {
    my ($uri, @headers) = @_;
    return get($uri, headers => [@headers]);
}

for my $park ('', '&park=1') {
    subtest "without a password$park" => sub {
        my $at  = '/authz/plain/a.txt?x=1' . $park;
        my $log = error_log();
        is ask($at)->body, "a file\n", 'granted';
        ok $log->wait_for(qr/requires, user nil, access/), 'it ran';
        is $log->count(qr/requires/), 1, 'once';
        is ask("$at&code=0")->status, 200, 'exit(ngx.OK) grants';
        for my $code (-5, 200, 302, 401, 403, 404, 444) {
            is ask("$at&code=$code")->status, 403, "exit($code) refuses";
        }
        for my $code (500, 503, 'error') {
            is ask("$at&code=$code")->status, 500, "exit($code) fails";
        }
        is ask("$at&do=header")->header('X-Required'), 'yes', 'a header stays';
    };
    subtest "with one$park" => sub {
        my $at  = '/authz/basic/a.txt?x=1' . $park;
        my $log = error_log();
        is ask($at)->status, 401, 'a password is asked for';
        is ask($at, @wrong)->status, 401, 'the right one';
        is $log->count(qr/requires/), 0, 'before any Lua';
        is ask($at, @alice)->body, "a file\n", 'then Lua decides';
        ok $log->wait_for(qr/requires, user alice, access/), 'on the user';
        is ask("$at&code=403", @alice)->status, 401, 'and may refuse';
    };
    subtest "in blocks$park" => sub {
        my $any = '/authz/any/a.txt?x=1' . $park;
        is ask($any)->status, 401, 'any: neither';
        is ask("$any&code=403", 'X-Ok' => 'yes')->status, 200, 'any: the other';
        is ask($any, @alice)->status, 200, 'any: Lua';
        is ask("$any&code=403", @alice)->status, 401, 'any: not even Lua';
        my $all = '/authz/all/a.txt?x=1' . $park;
        is ask($all)->status, 401, 'all: no user';
        is ask($all, @alice)->status, 200, 'all: both';
        is ask("$all&code=403", @alice)->status, 401, 'all: not Lua';
        my $not = '/authz/not/a.txt?x=1' . $park;
        is ask($not)->status, 403, 'not: granted is refused';
        is ask("$not&code=403")->status, 200, 'not: refused is no voice';
    };
}

requests(
    {   name   => 'an error is a 500',
        get    => '/authz/plain/a.txt?do=error',
        status => 500,
        log    => qr/lua entry thread aborted: .*on purpose/,
    },
    {   name   => 'it may not answer',
        get    => '/authz/plain/a.txt?do=say',
        status => 500,
        log    => qr/API disabled in the context of Require luaco/,
    },
    {   name   => 'nor redirect',
        get    => '/authz/plain/a.txt?do=redirect',
        status => 500,
        log    => qr/API disabled in the context of Require luaco/,
    },
    {   name   => 'not in .htaccess',
        get    => '/authz/htaccess/a.txt',
        status => 500,
        log    => qr/Require luaco is not allowed in \.htaccess/,
    },
);

my $c = raw();
for my $park ('', '&park=1') {
    is $c->get("/authz/plain/a.txt?x=1$park")->body, "a file\n", 'kept alive';
    is $c->get("/authz/plain/a.txt?code=403$park")->status, 403, 'refused';
}

done_testing;
