# tags: prefork
# Apache::Test's own client, and its configuration, work in this bed.

use strict;
use warnings;

use Apache::Test qw(-withtestmore);
use Apache::TestRequest qw(GET HEAD);

plan tests => 5;

my $response = GET '/hello.txt';
is $response->code,    200,       'status';
is $response->content, "hello\n", 'body';
is HEAD('/hello.txt')->content, '', 'HEAD has no body';
is GET('/nothing')->code, 404, 'what is not there';
ok Apache::Test::need_module('mod_ssl'), 'Apache::Test knows the modules';
