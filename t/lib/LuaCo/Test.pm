package LuaCo::Test;

# What a test of the suite begins with:
#
#     use LuaCo::Test;
#
# It brings Test::More, strict and warnings, and for the server of the suite
# (configured by the .conf beside the test, see LuaCo::Run):
#
#     raw(...)          a LuaCo::Raw connection; raw(tls => 1) to its TLS host
#     get('/x', ...)    one GET on a connection of its own: LuaCo::Response
#     fetch('POST', '/x', body => ..., headers => [...])
#     error_log()       a LuaCo::Log of it, marked now
#     status()          its /server-status?auto as a hash
#     port('NAME')      the port that @Port_NAME@ stands for in the .conf
#     config('port')    a word of Apache::Test's configuration
#     mpm()             event, prefork, worker
#     curl(...), nghttp(...)     their output, see below
#     requests(...)     a table of requests and what is expected, see below

use strict;
use warnings;

use Test::More;

use LuaCo::Httpd;
use LuaCo::Log;
use LuaCo::Raw;
use LuaCo::Response;
use LuaCo::Server;
use LuaCo::Util qw(seconds);

my @exported = qw(raw get fetch error_log status port config mpm curl nghttp
    requests);

sub import {
    strict->import;
    warnings->import;
    my $caller = caller;
    no strict 'refs';
    *{"${caller}::$_"} = \&{$_} for @exported;
    Test::More->export_to_level(1);
    return;
}

sub config { return LuaCo::Httpd::suite($_[0]) }

sub mpm { return config('mpm') }

sub port {
    my ($name) = @_;
    return config("port_$name") // die "no \@Port_$name\@ in the .conf\n";
}

sub raw {
    my (%opt) = @_;
    return LuaCo::Raw->connect(
        port => config($opt{tls} ? 'sslport' : 'port'),
        %opt
    );
}

# tls, timeout, rcvbuf, ... are for the connection, the rest for the request.
sub fetch {
    my ($method, $uri, %opt) = @_;
    my %connection = map { exists $opt{$_} ? ($_ => delete $opt{$_}) : () }
        qw(tls port timeout rcvbuf sndbuf);
    my $c = raw(%connection);
    push @{ $opt{headers} }, Connection => 'close';
    $c->request($method, $uri, %opt);
    my $response = $c->response($method);
    $c->close;
    return $response;
}

sub get {
    my ($uri, @opt) = @_;
    return fetch('GET', $uri, @opt);
}

sub error_log { return LuaCo::Log->new }

sub status { return LuaCo::Server::parse_status(config('port')) }

# Runs curl with these arguments and a limit of time; returns what it printed,
# with -i the headers too, in the order of the responses.
#     curl('--http2-prior-knowledge', '-i', $url)
sub curl { return _run('curl', '-sS', '--noproxy', '*', '-k', @_) }

# The same with nghttp: nghttp('-v', $url, $url) makes concurrent streams.
sub nghttp { return _run('nghttp', '--no-verify-peer', @_) }

sub _run {
    my (@command) = @_;
    open my $out, '-|', 'timeout', seconds(60), @command
        or die "$command[0]: $!\n";
    local $/;
    my $text = <$out>;
    CORE::close $out;
    return $text // '';
}

# requests({ name => 'what it shows',
#     get => '/x',                      or method => 'POST', uri => '/x'
#     body_sent => TEXT, send => [HEADER => VALUE, ...], version => '1.0',
#     status => 200,                    the default
#     headers => { NAME => STRING, REGEX, or undef: not there },
#     body => STRING or REGEX,
#     log => REGEX or a list of them,   lines that must come
#     no_log => REGEX,                  a line that must not have come
# }, ...): one subtest each.
sub requests {
    my (@table) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $row (@table) {
        my $uri = $row->{get} // $row->{uri};
        subtest(
            $row->{name} // $uri,
            sub {
                my $log      = error_log();
                my $response = fetch(
                    $row->{method} // 'GET',
                    $uri,
                    body    => $row->{body_sent},
                    headers => [@{ $row->{send} || [] }],
                    version => $row->{version},
                );
                _check_response($row, $response);
                _check_log($row, $log);
            }
        );
    }
    return;
}

sub _is_or_like {
    my ($got, $expected, $name) = @_;
    return ref $expected eq 'Regexp'
        ? like($got, $expected, $name)
        : is($got, $expected, $name);
}

sub _check_response {
    my ($row, $response) = @_;
    is $response->status, $row->{status} // 200, 'status';
    for my $name (sort keys %{ $row->{headers} || {} }) {
        _is_or_like($response->header($name), $row->{headers}{$name}, $name);
    }
    _is_or_like($response->body, $row->{body}, 'body')
        if exists $row->{body};
    return;
}

sub _check_log {
    my ($row, $log) = @_;
    my $wanted = $row->{log} // [];
    for my $regex (ref $wanted eq 'ARRAY' ? @$wanted : $wanted) {
        ok $log->wait_for($regex), "log: $regex" or diag $log->text;
    }
    if ($row->{no_log}) {
        my @found = $log->lines($row->{no_log});
        is "@found", '', "no log: $row->{no_log}";
    }
    return;
}

1;
