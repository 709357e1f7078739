# tags: prefork hardlua
# File uploads through ngx.req.socket(), and clients that break them off.

use LuaCo::Test;

use Digest::MD5 qw(md5_hex);
use LuaCo::Util qw(seconds);

my $b = '----boundary7';

# Parts that contain what looks like the beginning of the boundary.
my @parts = (
    [small => 'a word'],
    [empty => ''],
    [tricky => "\r\n----boundary\r\n--\r\n\r\n----bound\r" x 300],
    [large => join '', map { chr($_ * 7 % 256) } 1 .. 200_000],
);

my $form = join '', map {
    "--$b\r\nContent-Disposition: form-data; name=\"$_->[0]\"\r\n"
        . "Content-Type: text/plain\r\n\r\n$_->[1]\r\n"
} @parts;
$form .= "--$b--\r\n";

my $want = join '', map { "$_->[0] " . length($_->[1]) . ' ' . md5_hex($_->[1])
        . "\n" } @parts;

sub text {
    my ($args, $body, @more) = @_;
    return LuaCo::Raw::request_text(
        'POST', "/api/upload/form$args",
        body    => $body,
        headers => [
            'Content-Type' => "multipart/form-data; boundary=$b", @more
        ]
    );
}

sub chunks {
    my ($size, $text) = @_;
    return join('',
        map { sprintf "%x\r\n%s\r\n", length, $_ } $text =~ /(.{1,$size})/gs)
        . "0\r\n\r\n";
}

# Byte by byte, but where each string that Lua makes is a whole collection.
my $least = ($ENV{LUACO_VARIANT} // '') eq 'hard' ? 100 : 1;
for my $tls (0, 1) {
    for my $args ('', "?size=$least", '?size=100000') {
        my $c = raw(tls => $tls);
        $c->send(text($args, $form));
        is $c->response('POST')->body, "${want}epilogue \r\n\n",
            "a form, TLS $tls $args";
        $c->send(text($args, chunks(7000, $form),
            'Transfer-Encoding' => 'chunked'));
        is $c->response('POST')->body, "${want}epilogue \r\n\n",
            'in chunks, on the same connection';
        next if $args;
        $c->send_slowly(text($args, $form), 3000, 0.001);
        is $c->response('POST')->body, "${want}epilogue \r\n\n", 'slowly';
    }
}

# Broken off, at many places; then everything is collected that was in use.
for my $how ('close', 'reset') {
    for my $n (10, 60, 150, 1000, 5000, 20_000, 100_000) {
        my $log = error_log();
        my $c   = raw();
        $c->send(substr text('', $form), 0, 200 + $n);
        $c->$how;
        ok $log->wait_for(
            qr/upload: \w+: (?:client aborted|connection reset|closed)/),
            "$how after $n bytes";
        is get('/api/upload/collect')->body, "collected\n", 'collected'
            for 1, 2;
    }
}
{
    # A Lua that checks itself takes a while to get there.
    my $ms = 100 * seconds(1);
    my @c = map { raw() } 1 .. (mpm() eq 'event' ? 20 : 4);
    $_->send(substr text("?timeout=$ms", $form), 0, 5000) for @c;
    like $_->response('POST')->body, qr/data: timeout\n\z/, 'too slow' for @c;
    is get('/api/upload/collect')->body, "collected\n", 'collected' for 1 .. 4;
}

done_testing;
