# tags: prefork
# Many sleepers: threads of one request, requests on few threads.

use LuaCo::Test;

is get('/api/sleep_many/threads')->body, "125250\n",
    'five hundred light threads';

# More sleepers than threads, all asked for at the same time.
subtest 'many requests' => sub {
    my @c = map { raw() } 1 .. (mpm() eq 'prefork' ? 8 : 100);
    $_->request('GET', '/api/sleep_many/for?s=0.2') for @c;
    is join('', map { $_->response->body } @c), "slept\n" x @c, 'all answered';
};

done_testing;
