package LuaCo::Response;

# A response as it came: status, reason, version, headers in order, body.
# {chunks}: the chunks of a chunked body; {to_close}: the body ended with the
# connection; {interim}: responses with 1xx before it.

use strict;
use warnings;

sub parse_head {
    my ($class, $head) = @_;
    my ($line, @lines) = split /\r\n/, $head;
    my ($version, $status, $reason)
        = $line =~ m{^HTTP/(\d(?:\.\d)?) (\d{3})(?: (.*))?$}
        or die "no status line: \"$line\"\n";
    my @headers;
    for (@lines) {
        my ($name, $value) = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/
            or die "no header line: \"$_\"\n";
        push @headers, [$name, $value];
    }
    return bless {
        version => $version,
        status  => $status + 0,
        reason  => $reason // '',
        headers => \@headers,
        body    => '',
    }, $class;
}

sub version { return $_[0]{version} }
sub status  { return $_[0]{status} }
sub reason  { return $_[0]{reason} }
sub body    { return $_[0]{body} }

# The value of a header, several joined by ", "; undef if there is none.
sub header {
    my ($self, $name) = @_;
    my @values = $self->headers($name);
    return @values ? join ', ', @values : undef;
}

# All values of a header; without a name, all headers as [name, value].
sub headers {
    my ($self, $name) = @_;
    return @{ $self->{headers} } unless defined $name;
    return map { $_->[1] }
        grep { lc $_->[0] eq lc $name } @{ $self->{headers} };
}

1;
