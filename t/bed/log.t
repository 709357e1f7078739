# tags: prefork
# The error log from a mark on.

use LuaCo::Test;

my $log = error_log();
is $log->count(qr/AH01630/), 0, 'nothing before the request';
get('/bed/denied');
ok $log->wait_for(qr/AH01630/), 'a line comes';
is $log->count(qr/AH01630/), 1, 'once';
get('/bed/denied');
like $log->wait_for(qr/AH01630/, count => 2), qr/AH01630/, 'twice';
$log->mark;
is $log->text, '', 'nothing after a new mark';
is $log->wait_for(qr/AH01630/, limit => 0.1), undef, 'what does not come';
ok $log->rewind->count(qr/AH01630/) >= 2, 'the whole log';

done_testing;
