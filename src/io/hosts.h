/* The process's copy of /etc/hosts.
 *
 * Any thread.  A look-up never waits for the file: it is read when the process
 * starts, and by a thread of its own when it has changed, which is looked at
 * once a second at most.
 */
#ifndef LCO_IO_HOSTS_H
#define LCO_IO_HOSTS_H

typedef struct lco_ip {
    int family;
    unsigned char bytes[16];
} lco_ip;

/* Reads PATH (a static text) in place of what was read before; waits for the
 * file.  A file that cannot be read has no names. */
void lco_hosts_load(const char *path);
/* Forgets it all, and the path.  Nobody may be looking anything up. */
void lco_hosts_unload(void);

/* Copies the addresses of NAME, MAX at most, in the file's order; returns how
 * many. */
int lco_hosts_find(const char *name, lco_ip *addrs, int max);

#endif
