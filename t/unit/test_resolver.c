/* io/hosts.c and what io/resolver.c makes of a resolv.conf.  A name server
 * runs in a thread: it knows the names of `known`, and notes what it is asked.
 */
#include "io/resolver.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

/* ---- files ---- */

static char dir[] = "/tmp/luaco-resolverXXXXXX";
static char hosts[64], conf[64];

static void write_file(const char *path, const char *text)
{
    char next[80];
    FILE *f;

    /* By another name first: nobody sees half of it. */
    snprintf(next, sizeof(next), "%s.next", path);
    f = fopen(next, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0 || rename(next, path) != 0) {
        abort();
    }
}

/* "127.0.0.1 ::1", or "-" for none. */
static const char *text_of(const lco_ip *ip, int n)
{
    static char text[1024];
    char one[INET6_ADDRSTRLEN];
    int i;

    strcpy(text, n ? "" : "-");
    for (i = 0; i < n; i++) {
        inet_ntop(ip[i].family, ip[i].bytes, one, sizeof(one));
        strcat(strcat(text, i ? " " : ""), one);
    }
    return text;
}

static const char *find(const char *name)
{
    lco_ip ip[LCO_DNS_ADDRS];

    return text_of(ip, lco_hosts_find(name, ip, LCO_DNS_ADDRS));
}

static void test_hosts(void)
{
    static const char text[] = "# a comment\n"
                               "127.0.0.1\tlocalhost one\n"
                               "::1 localhost ip6-localhost # and one more\n"
                               "  10.0.0.1   two.test   Two\r\n"
                               "10.0.0.2 two.test\n"
                               "300.0.0.1 wrong\n"
                               "fe80::1%lo0 wrong\n"
                               "10.0.0.3\n"
                               "name 10.0.0.4\n"
                               "\n"
                               "10.0.0.5 last";
    int i;

    lco_hosts_load("/nonexistent/hosts");
    is_str(find("localhost"), "-", "no file");
    lco_hosts_load(dir);
    is_str(find("localhost"), "-", "no file but a folder");
    write_file(hosts, text);
    lco_hosts_load(hosts);
    is_str(find("localhost"), "127.0.0.1 ::1", "two lines");
    is_str(find("LOCALHOST"), "127.0.0.1 ::1", "in capitals");
    is_str(find("one"), "127.0.0.1", "a second name");
    is_str(find("two.test"), "10.0.0.1 10.0.0.2", "in the file's order");
    is_str(find("TWO"), "10.0.0.1", "before a carriage return");
    is_str(find("ip6-localhost"), "::1", "before a comment");
    is_str(find("and"), "-", "in a comment");
    is_str(find("wrong"), "-", "no address");
    is_str(find("10.0.0.4"), "-", "no address either");
    is_str(find("last"), "10.0.0.5", "without a line's end");
    is_str(find(""), "-", "the empty name");
    is_str(find("tw"), "-", "a part of a name");

    write_file(hosts, "10.1.1.1 two.test\n");
    for (i = 0; i < 200 && strcmp(find("two.test"), "10.1.1.1") != 0; i++) {
        poll(NULL, 0, 100);
    }
    is_str(find("two.test"), "10.1.1.1", "the file has changed");
    is_str(find("one"), "-", "... and a name is gone");
    unlink(hosts);
    for (i = 0; i < 200 && strcmp(find("two.test"), "-") != 0; i++) {
        poll(NULL, 0, 100);
    }
    is_str(find("two.test"), "-", "the file is gone");
    lco_hosts_unload();
    is_str(find("two.test"), "-", "unloaded");
}

static void test_large_hosts(void)
{
    FILE *f = fopen(hosts, "w");
    lco_ip ip[2];
    char name[40];
    int i, wrong = 0;

    for (i = 0; f && i < 100000; i++) {
        fprintf(f, "10.%d.%d.%d host%d.test\n", i >> 16, (i >> 8) & 255,
                i & 255, i);
    }
    for (i = 0; f && i < 20; i++) {
        fprintf(f, "10.0.0.%d many\n", i);
    }
    if (!f || fclose(f) != 0) {
        abort();
    }
    lco_hosts_load(hosts);
    for (i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "host%d.test", i);
        wrong += lco_hosts_find(name, ip, 2) != 1 || ip[0].bytes[3] != i % 256;
    }
    is_int(wrong, 0, "100,000 names");
    is_int(lco_hosts_find("many", ip, 2), 2, "no more than there is room for");
    lco_hosts_unload();
}

/* ---- the name server ---- */

static const struct {
    const char *name, *addr;
} known[] = {
    {"plain", "10.2.0.1"},       {"host.a.test", "10.2.0.2"},
    {"host.b.test", "10.2.0.3"}, {"x.y", "10.2.0.4"},
    {"x.y.a.test", "10.2.0.5"},  {"deep.x.b.test", "10.2.0.6"},
    {"full.test", "10.2.0.7"},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char asked[1024]; /* names whose A record was asked for; the lock */
static atomic_int over;

static void answer(int fd, unsigned char *q, size_t len,
                   const struct sockaddr_in *from)
{
    char name[256] = "";
    size_t at = 12, i, k = 0;

    while (at < len && q[at] && at + q[at] < len && k + q[at] < 250) {
        if (k) {
            name[k++] = '.';
        }
        for (i = 1; i <= q[at]; i++) {
            name[k++] = (char) tolower(q[at + i]);
        }
        at += (size_t) q[at] + 1;
    }
    if (at + 5 > len) {
        return;
    }
    len = at + 5; /* without more of it, as EDNS */
    q[2] = 0x81;
    q[3] = 0x83;
    memset(q + 6, 0, 6);
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) == 0) {
            q[3] = 0x80;
            if (q[at + 2] == 1) {
                static const unsigned char head[] = {0xc0, 12, 0, 1, 0, 1,
                                                     0,    0,  0, 9, 0, 4};

                q[7] = 1;
                memcpy(q + len, head, sizeof(head));
                inet_pton(AF_INET, known[i].addr, q + len + sizeof(head));
                len += sizeof(head) + 4;
            }
        }
    }
    if (q[at + 2] == 1) {
        pthread_mutex_lock(&lock);
        if (strlen(asked) + strlen(name) + 2 < sizeof(asked)) {
            strcat(strcat(asked, *asked ? " " : ""), name);
        }
        pthread_mutex_unlock(&lock);
    }
    (void) sendto(fd, q, len, 0, (const void *) from, sizeof(*from));
}

static void *serve(void *arg)
{
    int fd = *(int *) arg;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    while (!atomic_load(&over)) {
        unsigned char q[1024];
        struct sockaddr_in from;
        socklen_t size = sizeof(from);
        ssize_t n;

        if (poll(&p, 1, 50) == 1) {
            n = recvfrom(fd, q, 512, 0, (struct sockaddr *) &from, &size);
            if (n > 12) {
                answer(fd, q, (size_t) n, &from);
            }
        }
    }
    return NULL;
}

/* A UDP socket of 127.0.0.1; *PORT is its port. */
static int udp_socket(int *port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t len = sizeof(sin);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *) &sin, len) != 0 ||
        getsockname(fd, (struct sockaddr *) &sin, &len) != 0) {
        abort();
    }
    *port = ntohs(sin.sin_port);
    return fd;
}

/* ---- looking up ---- */

static lco_loop *loop;
static char seen[sizeof(asked)]; /* what the last look-up made `asked` */

static void on_late(lco_loop *l, lco_timer *t)
{
    (void) t;
    lco_loop_stop(l);
}

static void on_done(lco_query *q, lco_io rc)
{
    *(lco_io *) q->data = rc;
    lco_loop_stop(loop);
}

/* What NAME comes to: addresses, "error N", or "late". */
static const char *look_up(const char *servers, const char *text,
                           const char *name)
{
    static const lco_loop_hooks hooks;
    static char result[1024];
    lco_resolver *r;
    lco_query q;
    lco_timer late;
    lco_io rc;

    pthread_mutex_lock(&lock);
    asked[0] = '\0';
    pthread_mutex_unlock(&lock);
    write_file(conf, text);
    loop = lco_loop_create(&hooks);
    r = loop ? lco_resolver_new(loop, servers, conf) : NULL;
    if (!r) {
        abort();
    }
    lco_timer_init(&late, on_late, NULL);
    lco_timer_start(loop, &late, 60000000);
    memset(&q, 0, sizeof(q));
    q.done = on_done;
    q.data = &rc;
    rc = lco_resolve(r, &q, name);
    if (rc == LCO_IO_WAIT) {
        lco_loop_run(loop);
    }
    if (rc == LCO_IO_OK) {
        strcpy(result, text_of(q.addrs, q.naddrs));
    }
    else {
        snprintf(result, sizeof(result),
                 rc == LCO_IO_RESOLVE ? "error %d" : "late", q.err);
    }
    pthread_mutex_lock(&lock);
    strcpy(seen, asked);
    pthread_mutex_unlock(&lock);
    lco_timer_stop(loop, &late);
    lco_resolver_close(r);
    lco_loop_destroy(loop);
    return result;
}

static void test_conf(void)
{
    static const struct {
        const char *conf, *name, *result, *asked;
    } rows[] = {
        {"", "plain", "10.2.0.1", "plain"},
        {"", "nothing", "error 3", "nothing"},
        {"search a.test b.test\n", "host", "10.2.0.2", "host.a.test"},
        {"search b.test a.test\n", "host", "10.2.0.3", "host.b.test"},
        {"search none.test b.test\n", "host", "10.2.0.3",
         "host.none.test host.b.test"},
        {"search none.test\n", "plain", "10.2.0.1", "plain.none.test plain"},
        {"search none.test\n", "nothing", "error 3",
         "nothing.none.test nothing"},
        {"domain a.test\n", "host", "10.2.0.2", "host.a.test"},
        /* ndots: 1 dot is enough to be asked for as it is, first ... */
        {"search a.test\n", "x.y", "10.2.0.4", "x.y"},
        {"search a.test b.test\n", "deep.x", "10.2.0.6",
         "deep.x deep.x.a.test deep.x.b.test"},
        /* ... or not */
        {"search a.test\noptions ndots:2\n", "x.y", "10.2.0.5", "x.y.a.test"},
        {"search a.test\noptions ndots:2\n", "full.test", "10.2.0.7",
         "full.test.a.test full.test"},
        {"search a.test\n", "full.test.", "10.2.0.7", "full.test"},
    };
    char servers[80], two[80];
    int port, deaf_port, fd = udp_socket(&port), deaf = udp_socket(&deaf_port);
    pthread_t thread;
    size_t i;

    if (pthread_create(&thread, NULL, serve, &fd) != 0) {
        abort();
    }
    snprintf(servers, sizeof(servers), "127.0.0.1:%d", port);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_str(look_up(servers, rows[i].conf, rows[i].name), rows[i].result,
               rows[i].name);
        is_str(seen, rows[i].asked, "... which was asked for as");
    }
    /* The first one never answers, the next refuses. */
    snprintf(two, sizeof(two), "127.0.0.1:%d,127.0.0.1:%d", deaf_port, port);
    is_str(look_up(two, "options retrans:100\n", "plain"), "10.2.0.1",
           "the second server");
    snprintf(two, sizeof(two), "127.0.0.1:%d,127.0.0.1:1,127.0.0.1:%d",
             deaf_port, port);
    is_str(look_up(two, "options retrans:100\n", "plain"), "10.2.0.1",
           "the third");
    snprintf(two, sizeof(two), "127.0.0.1:%d", deaf_port);
    is_str(look_up(two, "options retrans:50\n", "plain"), "error 110",
           "the only one is deaf");

    write_file(hosts, "10.3.0.1 plain\n10.3.0.2 host\n");
    lco_hosts_load(hosts);
    is_str(look_up(servers, "", "plain"), "10.3.0.1", "hosts goes before");
    is_str(seen, "", "... and nobody is asked");
    is_str(look_up(servers, "search a.test\n", "host"), "10.3.0.2",
           "... before search domains, too");
    lco_hosts_unload();

    atomic_store(&over, 1);
    pthread_join(thread, NULL);
    close(fd);
    close(deaf);
}

int main(void)
{
    if (!mkdtemp(dir)) {
        abort();
    }
    snprintf(hosts, sizeof(hosts), "%s/hosts", dir);
    snprintf(conf, sizeof(conf), "%s/resolv.conf", dir);
    /* They would change what the files say. */
    unsetenv("LOCALDOMAIN");
    unsetenv("RES_OPTIONS");
    test_hosts();
    test_large_hosts();
    test_conf();
    unlink(hosts);
    unlink(conf);
    rmdir(dir);
    return tap_done();
}
