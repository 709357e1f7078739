/* ngx.var: the two ends of the connection, and what the kernel knows of it.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include <apr_portable.h>
#include <apr_strings.h>
#include <http_core.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/socket.h>

int lco_var_remote_addr(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->useragent_ip);
}

int lco_var_binary_remote_addr(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->useragent_addr;

    return addr ? lco_give(var, addr->ipaddr_ptr, (apr_size_t) addr->ipaddr_len)
                : 0;
}

int lco_var_remote_port(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->useragent_addr;

    return addr ? lco_give_number(var, addr->port) : 0;
}

/* The connection's own other end, before mod_remoteip. */
int lco_var_realip_remote_addr(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->connection->client_ip);
}

int lco_var_realip_remote_port(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->connection->client_addr;

    return addr ? lco_give_number(var, addr->port) : 0;
}

int lco_var_server_addr(lco_req *req, lco_var *var)
{
    return lco_give_string(var, req->r->connection->local_ip);
}

int lco_var_server_port(lco_req *req, lco_var *var)
{
    const apr_sockaddr_t *addr = req->r->connection->local_addr;

    return addr ? lco_give_number(var, addr->port) : 0;
}

/* c->id is that of a slot, which other connections get while this one is
 * parked; scripts use $connection as a key, so it counts connections.  An
 * HTTP/2 stream counts as one: its master belongs to other threads. */
int lco_var_connection(lco_req *req, lco_var *var)
{
    static atomic_ullong serial;
    conn_rec *c = req->r->connection;
    const char *no;

    no = apr_table_get(c->notes, "luaco-serial");
    if (!no) {
        no = apr_psprintf(c->pool, "%" APR_UINT64_T_FMT,
                          (apr_uint64_t) atomic_fetch_add(&serial, 1) + 1);
        apr_table_setn(c->notes, "luaco-serial", no);
    }
    return lco_give_string(var, no);
}

int lco_var_connection_requests(lco_req *req, lco_var *var)
{
    const conn_rec *c = req->r->connection;

    /* ap_set_keepalive() counts this request when its headers go out. */
    return lco_give_number(
        var, c->keepalives + (c->keepalive == AP_CONN_KEEPALIVE ? 0 : 1));
}

/* ---- what the kernel measures ---- */

/* 0 where there is no TCP, and for HTTP/2's streams: their socket belongs to
 * another thread. */
static int tcp_info(lco_req *req, struct tcp_info *info)
{
    conn_rec *c = req->r->connection;
    apr_socket_t *sock = c->master ? NULL : ap_get_conn_socket(c);
    socklen_t len = sizeof(*info);
    apr_os_sock_t fd;

    return sock && apr_os_sock_get(&fd, sock) == APR_SUCCESS && fd >= 0 &&
           getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

int lco_var_tcpinfo_rtt(lco_req *req, lco_var *var)
{
    struct tcp_info info;

    return tcp_info(req, &info) ? lco_give_number(var, info.tcpi_rtt) : 0;
}

int lco_var_tcpinfo_rttvar(lco_req *req, lco_var *var)
{
    struct tcp_info info;

    return tcp_info(req, &info) ? lco_give_number(var, info.tcpi_rttvar) : 0;
}

int lco_var_tcpinfo_snd_cwnd(lco_req *req, lco_var *var)
{
    struct tcp_info info;

    return tcp_info(req, &info) ? lco_give_number(var, info.tcpi_snd_cwnd) : 0;
}

int lco_var_tcpinfo_rcv_space(lco_req *req, lco_var *var)
{
    struct tcp_info info;

    return tcp_info(req, &info) ? lco_give_number(var, info.tcpi_rcv_space) : 0;
}
