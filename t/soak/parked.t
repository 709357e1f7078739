# tags: slow
# 100,000 parked and aborted requests leave nothing: as many descriptors and
# coroutines as after the first 10,000, and less than 1 KiB per 1,000 more
# memory.

use LuaCo::Test;
use LuaCo::Soak;

soak(requests => 100_000, first => 10_000, seed => 4711, slack => 0,
    crowds => 5);

done_testing;
