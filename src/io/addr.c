/* Socket addresses from text.
 *
 * No system call and no look-up is made here.  What is accepted, and the words
 * for what is not, are those of the reference's URL parser, since scripts show
 * them to their users.
 */
#include "io/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

/* A port in digits; 0 if it is none. */
static unsigned short parse_port(const char *s, size_t len)
{
    unsigned n = 0;
    size_t i;

    if (len == 0) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return 0;
        }
        n = n * 10 + (unsigned) (s[i] - '0');
        if (n > 65535) {
            return 0;
        }
    }
    return (unsigned short) n;
}

/* Four decimal octets, nothing shorter: inet_aton() would take "1". */
static int parse_v4(const char *s, size_t len, struct in_addr *a)
{
    unsigned long addr = 0;
    unsigned octet = 0, digits = 0, dots = 0;
    size_t i;

    for (i = 0; i < len; i++) {
        if (s[i] >= '0' && s[i] <= '9') {
            octet = octet * 10 + (unsigned) (s[i] - '0');
            if (octet > 255) {
                return -1;
            }
            digits++;
        }
        else if (s[i] == '.' && digits && dots < 3) {
            addr = (addr << 8) + octet;
            octet = digits = 0;
            dots++;
        }
        else {
            return -1;
        }
    }
    if (dots != 3 || !digits) {
        return -1;
    }
    a->s_addr = htonl((uint32_t) ((addr << 8) + octet));
    return 0;
}

static int set_v4(lco_addr *a, const char *s, size_t len)
{
    struct sockaddr_in *sin = (struct sockaddr_in *) (void *) &a->u;

    memset(a, 0, sizeof(*a));
    if (parse_v4(s, len, &sin->sin_addr) != 0) {
        return -1;
    }
    sin->sin_family = AF_INET;
    a->len = sizeof(*sin);
    return 0;
}

static int set_v6(lco_addr *a, const char *s, size_t len)
{
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *) (void *) &a->u;
    char text[INET6_ADDRSTRLEN];

    memset(a, 0, sizeof(*a));
    if (len >= sizeof(text)) {
        return -1;
    }
    memcpy(text, s, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &sin6->sin6_addr) != 1) {
        return -1;
    }
    sin6->sin6_family = AF_INET6;
    a->len = sizeof(*sin6);
    return 0;
}

void lco_addr_set_port(lco_addr *a, unsigned short port)
{
    switch (a->u.sa.sa_family) {
    case AF_INET:
        ((struct sockaddr_in *) (void *) &a->u)->sin_port = htons(port);
        break;
    case AF_INET6:
        ((struct sockaddr_in6 *) (void *) &a->u)->sin6_port = htons(port);
        break;
    default:
        break;
    }
}

int lco_addr_parse(lco_addr *a, const char *text, size_t len)
{
    if (set_v4(a, text, len) == 0) {
        return 0;
    }
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    return set_v6(a, text, len);
}

static const char *parse_unix(lco_target *t, const char *path, size_t len)
{
    struct sockaddr_un *sun = (struct sockaddr_un *) (void *) &t->addr.u;

    if (len == 0) {
        return "no path in the unix domain socket";
    }
    if (len >= sizeof(sun->sun_path)) {
        return "too long path in the unix domain socket";
    }
    sun->sun_family = AF_UNIX;
    memcpy(sun->sun_path, path, len);
    t->addr.len = sizeof(*sun);
    return NULL;
}

static const char *parse_bracketed(lco_target *t, const char *host, size_t len)
{
    const char *end = memchr(host, ']', len), *rest;
    const char *last = host + len;

    if (!end) {
        return "invalid host";
    }
    rest = end + 1;
    if (rest < last) {
        if (*rest != ':') {
            return "invalid host";
        }
        t->port = parse_port(rest + 1, (size_t) (last - rest) - 1);
        if (!t->port) {
            return "invalid port";
        }
    }
    if (end == host + 1) {
        return "no host";
    }
    if (set_v6(&t->addr, host + 1, (size_t) (end - host) - 1) != 0) {
        return "invalid IPv6 address";
    }
    lco_addr_set_port(&t->addr, t->port);
    return NULL;
}

static const char *parse_inet(lco_target *t, const char *host, size_t len)
{
    const char *colon = memchr(host, ':', len);

    if (memchr(host, '/', len) || memchr(host, '?', len)) {
        return "invalid host";
    }
    if (colon) {
        t->port = parse_port(colon + 1, len - (size_t) (colon - host) - 1);
        if (!t->port) {
            return "invalid port";
        }
        len = (size_t) (colon - host);
    }
    if (len == 0) {
        return "no host";
    }
    if (set_v4(&t->addr, host, len) == 0) {
        lco_addr_set_port(&t->addr, t->port);
        return NULL;
    }
    memset(&t->addr, 0, sizeof(t->addr));
    /* A NUL byte would cut the name that is asked for. */
    if (len > LCO_HOST_MAX || memchr(host, '\0', len)) {
        return "invalid host";
    }
    memcpy(t->name, host, len);
    return NULL;
}

const char *lco_target_parse(lco_target *t, const char *host, size_t len,
                             unsigned short port)
{
    memset(t, 0, sizeof(*t));
    t->port = port;
    if (len >= 5 && strncasecmp(host, "unix:", 5) == 0) {
        return parse_unix(t, host + 5, len - 5);
    }
    if (len && *host == '[') {
        return parse_bracketed(t, host, len);
    }
    return parse_inet(t, host, len);
}
