# tags: no-tsan no-valgrind
# httpd hands pools and lingering connections from thread to thread by lists
# without locks (fdqueue.c, event.c), an order that the sanitizer cannot see.
# The short form of t/soak/parked.t.

use LuaCo::Test;
use LuaCo::Soak;

soak(requests => 4_000, first => 2_000, seed => 20, slack => 2_000,
    crowds => 1);

done_testing;
