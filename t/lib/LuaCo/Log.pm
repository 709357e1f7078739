package LuaCo::Log;

# An error log, read from a mark on: the end of the log when the object was
# made or mark() was called last.
#
#     my $log = LuaCo::Log->new;            # of the Apache::Test server
#     GET '/x';
#     ok $log->wait_for(qr/\[lua\] .*: hello/);
#     is $log->count(qr/hello/), 1;

use strict;
use warnings FATAL => qw(misc);
use warnings;

use LuaCo::Util qw(wait_until);

sub new {
    my ($class, $file) = @_;
    if (!defined $file) {
        require LuaCo::Httpd;
        $file = LuaCo::Httpd::suite('t_logs') . '/error_log';
    }
    my $self = bless { file => $file, from => 0 }, $class;
    return $self->mark;
}

sub file { return $_[0]{file} }

# Forgets what is there.
sub mark {
    my ($self) = @_;
    $self->{from} = -s $self->{file} || 0;
    return $self;
}

# Looks at the whole log from now on.
sub rewind {
    my ($self) = @_;
    $self->{from} = 0;
    return $self;
}

# What was written since the mark.
sub text {
    my ($self) = @_;
    open my $fh, '<', $self->{file} or return '';
    seek $fh, $self->{from}, 0;
    local $/;
    my $text = <$fh>;
    return $text // '';
}

# Whole lines since the mark, those that match REGEX if given: the last one may
# be half written.
sub lines {
    my ($self, $regex) = @_;
    my @lines = split /\n/, $self->text =~ s/[^\n]+\z//r;
    return defined $regex ? grep { $_ =~ $regex } @lines : @lines;
}

sub count {
    my ($self, $regex) = @_;
    my @found = $self->lines($regex);
    return scalar @found;
}

# Waits until N lines (default 1) match, at most LIMIT seconds (default 20).
# Returns the N-th matching line, or undef.
sub wait_for {
    my ($self, $regex, %opt) = @_;
    my $n = $opt{count} // 1;
    return wait_until(
        sub {
            my @found = $self->lines($regex);
            return @found >= $n ? $found[$n - 1] : undef;
        },
        $opt{limit}
    );
}

1;
