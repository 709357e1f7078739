/* Socket addresses and what scripts write for them: "127.0.0.1", "[::1]",
 * "unix:/path", "name", each but the path with an optional ":port".
 *
 * Pure functions; any thread.
 */
#ifndef LCO_IO_ADDR_H
#define LCO_IO_ADDR_H

#include <stddef.h>
#include <sys/socket.h>

/* Longest host name that is looked at, as in DNS. */
#define LCO_HOST_MAX 255

/* Room for the text of any address that is no path. */
#define LCO_ADDR_TEXT 64

typedef struct lco_addr {
    socklen_t len;
    union {
        struct sockaddr sa;
        struct sockaddr_storage storage;
    } u;
} lco_addr;

typedef struct lco_target {
    lco_addr addr;               /* len 0: `name` is to be resolved */
    char name[LCO_HOST_MAX + 1]; /* as written, without port and brackets */
    unsigned short port;
} lco_target;

/* Takes HOST apart; PORT counts where it names none.  Returns NULL, or what is
 * wrong, in the reference's words ("no host", "invalid port", ...). */
const char *lco_target_parse(lco_target *t, const char *host, size_t len,
                             unsigned short port);

/* An IPv4 or IPv6 address (the latter in brackets or not) without a port.
 * Returns 0, or -1 if it is none. */
int lco_addr_parse(lco_addr *a, const char *text, size_t len);

void lco_addr_set_port(lco_addr *a, unsigned short port);

/* Is it an address of the local machine's socket files? */
static inline int lco_addr_is_unix(const lco_addr *a)
{
    return a->u.sa.sa_family == AF_UNIX;
}

#endif
