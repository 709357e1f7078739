package LuaCo::Raw;

# An HTTP client that does what no well-behaved client does: pieces of
# requests, pipelines, slow reading and writing, aborts and resets at a chosen
# point.  One object is one connection.
#
#     my $c = LuaCo::Raw->connect(port => $port);          # tls => 1 for TLS
#     $c->send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n" x 3);
#     is $c->response->body, 'a' for 1 .. 3;
#     $c->reset;
#
# Every wait has a limit (timeout => seconds, default 30): what does not come
# in time dies with a message that says how far it got.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF SO_SNDBUF);
use Time::HiRes qw(sleep time);

use LuaCo::Response;
use LuaCo::Util qw(seconds);

# connect(port => N, host => '127.0.0.1', tls => 0, timeout => 30,
#         rcvbuf => BYTES, sndbuf => BYTES, alpn => ['http/1.1'])
sub connect {
    my ($class, %opt) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'tcp', Type => SOCK_STREAM())
        or die "socket: $!\n";
    # Before the connection is made: the window is agreed on then.
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, $opt{rcvbuf} if $opt{rcvbuf};
    setsockopt $socket, SOL_SOCKET, SO_SNDBUF, $opt{sndbuf} if $opt{sndbuf};
    my $address = Socket::pack_sockaddr_in($opt{port},
        Socket::inet_aton($opt{host} || '127.0.0.1'));
    CORE::connect($socket, $address)
        or die "connect to port $opt{port}: $!\n";
    if ($opt{tls}) {
        require IO::Socket::SSL;
        $socket = IO::Socket::SSL->start_SSL(
            $socket,
            SSL_verify_mode => 0,
            Timeout         => seconds($opt{timeout} // 30),
            $opt{alpn} ? (SSL_alpn_protocols => $opt{alpn}) : (),
        ) or die "TLS handshake: $IO::Socket::SSL::SSL_ERROR\n";
    }
    $socket->blocking(0);
    $socket->autoflush(1);
    return bless {
        socket  => $socket,
        tls     => $opt{tls},
        timeout => seconds($opt{timeout} // 30),
        buffer  => '',
        eof     => 0,
    }, $class;
}

sub socket { return $_[0]{socket} }

# ---- sending ----

# Sends all of TEXT.  Dies when the peer has closed.
sub send {
    my ($self, $text) = @_;
    my $end = time + $self->{timeout};
    local $SIG{PIPE} = 'IGNORE';
    my $done = 0;
    while ($done < length $text) {
        my $n = syswrite $self->{socket}, $text, length($text) - $done, $done;
        if (defined $n) {
            $done += $n;
            next;
        }
        die "send after $done bytes: $!\n" unless _again();
        _wait_for(writable => $self->{socket}, $end)
            or die "send: nobody reads, after $done bytes\n";
    }
    return $self;
}

# Sends what the peer takes at once; returns how many bytes that was.
sub send_some {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $done = 0;
    while ($done < length $text) {
        my $n = syswrite $self->{socket}, $text, length($text) - $done, $done;
        if (!defined $n) {
            die "send after $done bytes: $!\n" unless _again();
            last;
        }
        $done += $n;
    }
    return $done;
}

# Sends TEXT in pieces of SIZE bytes with PAUSE seconds between them.
sub send_slowly {
    my ($self, $text, $size, $pause) = @_;
    while (length $text) {
        $self->send(substr $text, 0, $size, '');
        sleep $pause if $pause && length $text;
    }
    return $self;
}

# Sends a request: request('POST', '/x', body => 'b', headers => [A => 'b'],
# version => '1.0').  Host and Content-Length come by themselves unless given.
sub request {
    my ($self, $method, $uri, %opt) = @_;
    return $self->send(request_text($method, $uri, %opt));
}

sub request_text {
    my ($method, $uri, %opt) = @_;
    my @headers = @{ $opt{headers} || [] };
    my %given   = map { lc $headers[$_] => 1 } grep { !($_ % 2) } 0 .. $#headers;
    unshift @headers, Host => 'localhost' unless $given{host};
    push @headers, 'Content-Length' => length $opt{body}
        if defined $opt{body}
        && !$given{'content-length'}
        && !$given{'transfer-encoding'};
    my $text = "$method $uri HTTP/" . ($opt{version} || '1.1') . "\r\n";
    for (my $i = 0; $i < @headers; $i += 2) {
        $text .= "$headers[$i]: $headers[$i + 1]\r\n";
    }
    return $text . "\r\n" . ($opt{body} // '');
}

# Sends a GET and reads its answer.
sub get {
    my ($self, $uri, %opt) = @_;
    $self->request('GET', $uri, %opt);
    return $self->response;
}

# ---- receiving ----

# Is there something to read (data or the end) within SECONDS (default 0)?
sub readable {
    my ($self, $limit) = @_;
    return 1 if length $self->{buffer} || $self->{eof};
    return $self->_fill(time + ($limit // 0));
}

# One response to a METHOD request (default GET): see LuaCo::Response.
sub response {
    my ($self, $method) = @_;
    my $response = $self->response_head;
    $response->{body} = '';
    $self->_body($response, $method || 'GET');
    return $response;
}

# Only status line and headers; the body stays to be read by read_some() and
# the like.  Interim responses (1xx) are passed over, and kept in {interim}.
sub response_head {
    my ($self) = @_;
    my @interim;
    while (1) {
        my $head = $self->read_until("\r\n\r\n");
        my $response = LuaCo::Response->parse_head($head);
        if ($response->status < 200 && $response->status != 101) {
            push @interim, $response;
            next;
        }
        $response->{interim} = \@interim;
        return $response;
    }
}

# Bytes up to and with END.
sub read_until {
    my ($self, $end) = @_;
    my $limit = time + $self->{timeout};
    my $at;
    while (($at = index $self->{buffer}, $end) < 0) {
        $self->_more($limit, "what ends in " . _printable($end));
    }
    return substr $self->{buffer}, 0, $at + length $end, '';
}

# Exactly N bytes.
sub read_bytes {
    my ($self, $n) = @_;
    my $limit = time + $self->{timeout};
    $self->_more($limit, "$n bytes") while length $self->{buffer} < $n;
    return substr $self->{buffer}, 0, $n, '';
}

# What is there, at most N bytes, waiting for the first; '' at the end.
sub read_some {
    my ($self, $n) = @_;
    if (!length $self->{buffer} && !$self->{eof}) {
        $self->_fill(time + $self->{timeout}, $n)
            or die "nothing came within $self->{timeout} seconds\n";
    }
    return substr $self->{buffer}, 0, $n // length $self->{buffer}, '';
}

# Up to the end of the connection.
sub read_rest {
    my ($self) = @_;
    my $limit = time + $self->{timeout};
    while (!$self->{eof}) {
        $self->_fill($limit)
            or die "the connection stays open, having read "
            . length($self->{buffer}) . " bytes\n";
    }
    return substr $self->{buffer}, 0, length $self->{buffer}, '';
}

# N bytes at a time with PAUSE seconds before each, until TOTAL bytes or the
# end; returns them.
sub read_slowly {
    my ($self, $n, $pause, $total) = @_;
    my $text = '';
    while (!defined $total || length $text < $total) {
        sleep $pause if $pause;
        my $left = defined $total ? $total - length $text : $n;
        my $piece = $self->read_some($left < $n ? $left : $n);
        last if $piece eq '';
        $text .= $piece;
    }
    return $text;
}

# Does the server close within SECONDS (default 10), with nothing more said?
sub closed {
    my ($self, $limit) = @_;
    my $end = time + seconds($limit // 10);
    while (!$self->{eof} && !length $self->{buffer}) {
        $self->_fill($end) or return 0;
    }
    return $self->{eof} && !length $self->{buffer};
}

# ---- ending ----

# No more from us; the answer may still be read.
sub half_close {
    my ($self) = @_;
    shutdown $self->{socket}, 1 or die "shutdown: $!\n";
    return $self;
}

# Closes as a client does that goes away in good order (FIN).
sub close {
    my ($self) = @_;
    my $socket = delete $self->{socket} or return;
    $self->{buffer} = '';
    if ($self->{tls}) {
        $socket->close(SSL_no_shutdown => 1);
    }
    else {
        CORE::close $socket;
    }
    return;
}

# Closes with a reset (RST): what the server still sends is an error to it.
sub reset {
    my ($self) = @_;
    my $socket = $self->{socket} or return;
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    return $self->close;
}

# ---- inner parts ----

sub _again { return $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR }

sub _printable {
    my ($text) = @_;
    $text =~ s/\r/\\r/g;
    $text =~ s/\n/\\n/g;
    return qq("$text");
}

sub _wait_for {
    my ($what, $socket, $end) = @_;
    my $select = IO::Select->new($socket);
    while (1) {
        my $left = $end - time;
        $left = 0 if $left < 0;
        return 1
            if $what eq 'readable'
            ? $select->can_read($left)
            : $select->can_write($left);
        # A signal ends the wait early.
        return 0 if time >= $end;
    }
}

# Reads once, at most N bytes.  False when nothing came until END.
sub _fill {
    my ($self, $end, $n) = @_;
    die "the connection was closed by the test\n" unless $self->{socket};
    while (1) {
        # TLS may have to read or write several records for one byte.
        my $got = sysread $self->{socket}, my $piece, $n || 65536;
        if (defined $got) {
            $self->{eof} = 1 if !$got;
            $self->{buffer} .= $piece;
            return 1;
        }
        if (!_again()) {
            $self->{eof}   = 1;
            $self->{error} = "$!";
            return 1;
        }
        my $what = $self->{tls}
            && $IO::Socket::SSL::SSL_ERROR
            == IO::Socket::SSL::SSL_WANT_WRITE() ? 'writable' : 'readable';
        _wait_for($what => $self->{socket}, $end) or return 0;
    }
}

sub _more {
    my ($self, $limit, $what) = @_;
    die "the server closed"
        . ($self->{error} ? " ($self->{error})" : '')
        . " before $what had come; there was "
        . _printable($self->{buffer}) . "\n"
        if $self->{eof};
    $self->_fill($limit)
        or die "no $what within $self->{timeout} seconds; there was "
        . _printable($self->{buffer}) . "\n";
    return;
}

sub _body {
    my ($self, $response, $method) = @_;
    my $status = $response->status;
    if ($method eq 'HEAD' || $status == 204 || $status == 304) {
        return;
    }
    if (lc($response->header('transfer-encoding') // '') eq 'chunked') {
        $self->_chunks($response);
        return;
    }
    my $length = $response->header('content-length');
    if (defined $length) {
        $response->{body} = $self->read_bytes($length);
        return;
    }
    $response->{body}     = $self->read_rest;
    $response->{to_close} = 1;
    return;
}

# One chunk of a chunked body ('' for the last one, whose trailers are gone
# then): to watch a response grow.
sub read_chunk {
    my ($self) = @_;
    my $line = $self->read_until("\r\n");
    my ($size) = $line =~ /^([0-9a-fA-F]+)[;\s]/
        or die 'no chunk: ' . _printable($line) . "\n";
    $size = hex $size;
    if ($size == 0) {
        1 while $self->read_until("\r\n") ne "\r\n";
        return '';
    }
    my $chunk = $self->read_bytes($size + 2);
    die "no CRLF after a chunk\n" unless $chunk =~ s/\r\n\z//;
    return $chunk;
}

sub _chunks {
    my ($self, $response) = @_;
    $response->{chunks} = [];
    while ((my $chunk = $self->read_chunk) ne '') {
        push @{ $response->{chunks} }, $chunk;
        $response->{body} .= $chunk;
    }
    return;
}

1;
