# tags: prefork
# Coroutines that resume each other without end: an error, not the machine's
# memory.  (Not hardlua: with a collection at each allocation it takes hours.)

use LuaCo::Test;

my $log = error_log();
is get('/deep')->status, 500, 'status';
ok $log->wait_for(qr/too many coroutines resumed inside each other/), 'why';

done_testing;
