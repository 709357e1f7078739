/* Preloaded into an httpd of the tests' own: what APR says the time is lies as
 * many microseconds from the truth as the file $LUACO_CLOCK holds, 8 bytes in
 * this machine's order.  The test changes them while httpd runs, as somebody
 * who sets the clock.  Monotonic clocks go on undisturbed.
 */
#include <apr_time.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static const apr_time_t *shift;

__attribute__((constructor)) static void open_file(void)
{
    const char *name = getenv("LUACO_CLOCK");
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *mem;

    if (fd < 0) {
        return; /* not httpd: a program that it runs */
    }
    mem = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mem != MAP_FAILED) {
        shift = mem;
    }
}

apr_time_t apr_time_now(void)
{
    struct timeval tv;

    (void) gettimeofday(&tv, NULL);
    return (apr_time_t) tv.tv_sec * APR_USEC_PER_SEC + tv.tv_usec +
           (shift ? __atomic_load_n(shift, __ATOMIC_RELAXED) : 0);
}
