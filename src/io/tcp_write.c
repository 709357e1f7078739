/* Sending.
 *
 * What the socket takes at once goes straight from the caller's memory; only
 * what has to wait is copied.
 */
#include "io/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* Bytes that one send gives before others get their turn. */
    TURN = 1024 * 1024
};

/* Sends from DATA what goes; *DONE counts it.  OK: all. */
static lco_io push(lco_tcp *tcp, const char *data, size_t len, size_t *done)
{
    size_t first = *done;
    ssize_t n;

    while (*done < len) {
        if (*done - first >= TURN) {
            if (lco_link_again(tcp->link) != 0) {
                tcp->err = errno;
                return LCO_IO_ERRNO;
            }
            return LCO_IO_WAIT;
        }
        n = lco_link_send(tcp->link, data + *done, len - *done);
        if (n < 0) {
            if (errno == EAGAIN) {
                return LCO_IO_WAIT;
            }
            tcp->err = errno;
            return LCO_IO_ERRNO;
        }
        *done += (size_t) n;
    }
    return LCO_IO_OK;
}

static void drop_output(lco_tcp *tcp)
{
    free(tcp->out);
    tcp->out = NULL;
    tcp->out_len = tcp->out_pos = 0;
}

/* Arms what will go on with the sending. */
static lco_io wait(lco_tcp *tcp)
{
    if (lco_link_watch(tcp->link, 1) != 0) {
        tcp->err = errno;
        return LCO_IO_ERRNO;
    }
    if (lco_timer_start(tcp->loop, &tcp->wtimer, tcp->send_timeout) != 0) {
        return LCO_IO_NOMEM;
    }
    return LCO_IO_WAIT;
}

lco_io lco_tcp_send(lco_tcp *tcp, const char *data, size_t len,
                    lco_tcp_done *done)
{
    size_t sent = 0;
    lco_io rc = push(tcp, data, len, &sent);

    if (rc == LCO_IO_WAIT) {
        drop_output(tcp);
        tcp->out_len = len - sent;
        tcp->out = malloc(tcp->out_len);
        if (tcp->out) {
            memcpy(tcp->out, data + sent, tcp->out_len);
            rc = wait(tcp);
        }
        else {
            rc = LCO_IO_NOMEM;
        }
        if (rc == LCO_IO_WAIT) {
            tcp->wdone = done;
            return rc;
        }
        drop_output(tcp);
    }
    if (rc != LCO_IO_OK) {
        tcp->write_closed = 1;
    }
    return rc;
}

void lco_tcp_on_writable(lco_tcp *tcp)
{
    lco_io rc = push(tcp, tcp->out, tcp->out_len, &tcp->out_pos);

    if (rc == LCO_IO_WAIT) {
        rc = wait(tcp);
    }
    if (rc != LCO_IO_WAIT) {
        drop_output(tcp);
        lco_tcp_end_write(tcp, rc);
    }
}
