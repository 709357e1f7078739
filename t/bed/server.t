use strict;
use warnings;

use Test::More;
use Apache::Test qw(-withtestmore);
use Apache::TestRequest qw(GET);

is GET('/hello.txt')->content, "hello\n", 'it serves';
done_testing;
