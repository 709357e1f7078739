/* The bytes of a kept request body: a buffer, and past its size a file.
 *
 * The file is written by whoever reads the body, that may be the loop: as
 * nginx's does, it writes to the page cache, VM left, some KiB at a time.  It
 * has a name, since Lua may ask for it, and goes with the request.
 *
 * Thread: the owner of the request.
 */
#include "req/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_log.h>

#include "req/input.h"

APLOG_USE_MODULE(luaco);

/* nginx's client_body_buffer_size on 64 bits */
#define BUFFER_SIZE 16384

apr_size_t lco_body_buffer_size(const lco_req *req)
{
    apr_off_t size = lco_conf_dir(req->r->per_dir_config)->body_buffer_size;

    return size == LCO_UNSET ? BUFFER_SIZE : (apr_size_t) size;
}

static void drop_mem(lco_body *body)
{
    if (!body->in_pool) {
        free(body->mem);
    }
    body->in_pool = 0;
    body->mem = NULL;
    body->len = body->cap = 0;
}

/* Deletes the file if it is ours to delete. */
static void delete_file(lco_body *body)
{
    if (body->unlink && unlink(body->path) != 0 && errno != ENOENT) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_FROM_OS_ERROR(errno),
                      body->maker->r, "luaco: cannot delete %s", body->path);
    }
    body->unlink = 0;
}

static void drop_file(lco_body *body)
{
    if (body->fd >= 0) {
        close(body->fd);
        body->fd = -1;
    }
    delete_file(body);
    free(body->path);
    body->path = NULL;
    body->filed = 0;
}

void lco_body_clear(lco_body *body)
{
    drop_mem(body);
    drop_file(body);
    body->can_append = 0;
    body->gen++;
}

int lco_body_start(lco_body *body, apr_size_t size)
{
    lco_body_clear(body);
    /* malloc(0) may give nothing. */
    body->mem = malloc(size ? size : 1);
    if (!body->mem) {
        return 0;
    }
    body->cap = size;
    return 1;
}

void lco_body_start_reading(lco_body *body, apr_size_t size)
{
    lco_body_clear(body);
    body->mem = apr_palloc(body->req->r->pool, size ? size : 1);
    body->in_pool = 1;
    body->cap = size;
}

/* What is read may be more than the header said: mod_deflate inflates.  Up to
 * the usual size it stays in memory. */
static void grow(lco_body *body)
{
    apr_size_t size = lco_body_buffer_size(body->req);
    char *mem;

    if (!body->in_pool || body->fd >= 0 || body->cap >= size) {
        return;
    }
    mem = apr_palloc(body->req->r->pool, size);
    if (body->len) {
        memcpy(mem, body->mem, body->len);
    }
    body->mem = mem;
    body->cap = size;
}

static int failed(lco_body *body, const char *what)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_FROM_OS_ERROR(errno), body->req->r,
                  "luaco: request body: cannot %s %s", what,
                  body->path ? body->path : "a temporary file");
    return 0;
}

static int make_file(lco_body *body)
{
    const char *dir = NULL;
    int size;

    if (apr_temp_dir_get(&dir, body->req->r->pool) != APR_SUCCESS) {
        dir = "/tmp";
    }
    size = (int) strlen(dir) + 32;
    body->path = malloc((size_t) size);
    if (!body->path) {
        return failed(body, "name");
    }
    apr_snprintf(body->path, (apr_size_t) size, "%s/luaco-body.XXXXXX", dir);
    body->fd = mkostemp(body->path, O_CLOEXEC);
    if (body->fd < 0) {
        (void) failed(body, "make");
        free(body->path);
        body->path = NULL;
        return 0;
    }
    body->unlink = 1;
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, body->req->r,
                  "luaco: the request body is kept in %s", body->path);
    return 1;
}

/* Moves LEN bytes to the end of the file. */
static int to_file(lco_body *body, const char *data, apr_size_t len)
{
    ssize_t n;

    if (body->fd < 0 && !make_file(body)) {
        return 0;
    }
    while (len > 0) {
        n = pwrite(body->fd, data, len, (off_t) body->filed);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return failed(body, "write");
        }
        data += n;
        len -= (apr_size_t) n;
        body->filed += n;
    }
    return 1;
}

int lco_body_add(lco_body *body, const char *data, apr_size_t len)
{
    apr_size_t n;

    body->gen++;
    while (len > 0) {
        if (body->len == body->cap) {
            grow(body);
        }
        if (body->len == body->cap) {
            if ((body->len || body->fd < 0) &&
                !to_file(body, body->mem, body->len)) {
                return 0;
            }
            body->len = 0;
            if (len >= body->cap) {
                return to_file(body, data, len);
            }
        }
        n = body->cap - body->len;
        if (n > len) {
            n = len;
        }
        memcpy(body->mem + body->len, data, n);
        body->len += n;
        data += n;
        len -= n;
    }
    return 1;
}

int lco_body_finish(lco_body *body)
{
    int ok = 1;

    if (body->fd >= 0) {
        ok = to_file(body, body->mem, body->len);
        drop_mem(body);
    }
    return ok;
}

const char *lco_body_take_file(lco_body *body, const char *path, int unlink)
{
    struct stat st;
    char *copy;
    int fd;

    if (stat(path, &st) != 0) {
        return "stat()";
    }
    fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return "open()";
    }
    copy = strdup(path);
    if (!copy) {
        close(fd);
        return "strdup()";
    }
    lco_body_clear(body);
    body->path = copy;
    body->fd = fd;
    body->unlink = unlink ? 1 : 0;
    body->filed = st.st_size;
    if (st.st_size == 0) {
        close(body->fd);
        body->fd = -1;
        delete_file(body);
    }
    return NULL;
}

apr_ssize_t lco_body_pread(const lco_body *body, char *buf, apr_size_t max,
                           apr_off_t off)
{
    apr_off_t rest;
    ssize_t n;

    if (off < body->filed) {
        rest = body->filed - off;
        if ((apr_off_t) max > rest) {
            max = (apr_size_t) rest;
        }
        do {
            n = pread(body->fd, buf, max, (off_t) off);
        } while (n < 0 && errno == EINTR);
        return n > 0 ? n : -1; /* it is shorter than it was */
    }
    off -= body->filed;
    if (off >= (apr_off_t) body->len) {
        return 0;
    }
    rest = (apr_off_t) body->len - off;
    if ((apr_off_t) max > rest) {
        max = (apr_size_t) rest;
    }
    memcpy(buf, body->mem + off, max);
    return (apr_ssize_t) max;
}

void lco_body_announce(lco_body *body, lco_req *req)
{
    request_rec *r = req->r;

    /* Who reads httpd's own filter gets the framing that the client sent. */
    lco_input_pin(req);
    apr_table_unset(r->headers_in, "Transfer-Encoding");
    apr_table_setn(
        r->headers_in, "Content-Length",
        apr_psprintf(r->pool, "%" APR_OFF_T_FMT, lco_body_length(body)));
    lco_body_offer(body, r);
}

/* ---- life ---- */

lco_body *lco_body_find(lco_req *req)
{
    request_rec *r;
    lco_req *before;

    for (r = req->r->prev; r && !req->body; r = r->prev) {
        before = lco_req_find(r);
        if (before && before->body) {
            req->body = before->body;
            req->body->req = req;
            req->body->redirected = 1;
        }
    }
    return req->body;
}

lco_body *lco_body_of(lco_req *req)
{
    lco_body *body = lco_body_find(req);

    if (body) {
        return body;
    }
    body = calloc(1, sizeof(*body));
    if (!body) {
        return NULL;
    }
    body->maker = req;
    body->req = req;
    body->fd = -1;
    TAILQ_INIT(&body->readers);
    lco_timer_init(&body->tick, NULL, body);
    if (!lco_input_announced(req)) {
        body->over = 1;
    }
    req->body = body;
    return body;
}

void lco_body_free(lco_body *body)
{
    lco_body_clear(body);
    free(body);
}

/* ---- for ngx.var ---- */

const char *lco_body_data(lco_req *req, apr_size_t *len)
{
    const lco_body *body = lco_body_find(req);

    *len = 0;
    if (!body || !body->is_read || body->path || !body->len) {
        return NULL;
    }
    *len = body->len;
    return body->mem;
}

const char *lco_body_file(lco_req *req)
{
    const lco_body *body = lco_body_find(req);

    return body && body->is_read ? body->path : NULL;
}

apr_off_t lco_body_content_length(lco_req *req)
{
    const char *header = apr_table_get(req->r->headers_in, "Content-Length");
    const lco_body *body;

    if (header) {
        return (apr_off_t) apr_atoi64(header);
    }
    body = lco_body_find(req);
    return body && body->is_read && lco_input_announced(req)
               ? lco_body_length(body)
               : -1;
}

apr_off_t lco_body_received(lco_req *req)
{
    const lco_body *body = lco_body_find(req);

    return body ? body->received : 0;
}
