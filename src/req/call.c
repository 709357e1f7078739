/* Lua that runs inside httpd's output filters.
 *
 * Filters run with the VM left (rule 12), so this enters it for the one call:
 * on the VM's loop thread by the loop's door, else as a worker.  The hard part
 * is that the request may be in the middle of another phase, whose output is
 * what the filter sees: all of it that the call changes is put back.
 */
#include "req/call.h"

#include <http_log.h>
#include <util_filter.h>

#include "req/conn.h"
#include "req/input.h"
#include "vm/code.h"

APLOG_USE_MODULE(luaco);

/* The VM of a request that has had no Lua: its connection's, where there is
 * none (prefork, HTTP/2) that of the request it came from. */
static lco_vm *vm_of(const lco_req *req)
{
    const request_rec *from = req->r->main ? req->r->main : req->r->prev;
    const lco_req *other;

    if (req->vm) {
        return req->vm;
    }
    if (req->conn) {
        return req->conn->vm;
    }
    other =
        from ? ap_get_module_config(from->request_config, &luaco_module) : NULL;
    return other ? other->vm : NULL;
}

static void enter(lco_req *req)
{
    lco_vm *vm = vm_of(req);

    if (vm && lco_loop_is_mine(vm->loop)) {
        lco_vm_enter_loop(vm);
        req->vm = vm;
        return;
    }
    req->vm = lco_vm_pick(vm);
    if (req->conn) {
        req->conn->vm = req->vm;
    }
}

static int call(lco_req *req, const lco_code *code, lua_Integer *ret)
{
    lua_State *L = req->vm->L;
    int mode = req->dconf->code_cache == LCO_UNSET ? LCO_CACHE_ON
                                                   : req->dconf->code_cache;
    lco_code_use use = {0, 0};
    int rc = lco_vm_take_code(req->vm, code, mode, &use);

    if (rc == LUA_OK) {
        rc = lx_pcall(L, 0, 1);
    }
    if (rc == LUA_OK) {
        *ret = lua_tointeger(L, -1);
    }
    else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, req->r, "failed to run %s: %s",
                      lco_phase_names[req->phase], lco_vm_error_text(L, -1));
    }
    lua_settop(L, 0);
    lco_vm_give_code(req->vm, &use);
    return rc == LUA_OK;
}

typedef struct before {
    lco_phase phase;
    const lco_dir_conf *dconf;
    lco_piece *piece;
} before;

/* Makes PHASE the request's and enters its VM.  NULL: no memory. */
static lco_req *begin(request_rec *r, lco_phase phase, before *was)
{
    lco_req *req = lco_req_obtain(r);

    if (!req) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, r, "luaco: no memory");
        return NULL;
    }
    /* One that has had Lua keeps what was decided then: while it waits in its
     * thread, the loop looks at `conn` to tell whom to wake. */
    if (!req->vm && !req->conn && !r->connection->master) {
        req->conn = lco_conn_get(r->connection);
    }
    was->phase = req->phase;
    was->dconf = req->dconf;
    was->piece = req->piece;
    req->phase = phase;
    req->dconf = lco_conf_dir(r->per_dir_config);
    req->exit_asked = 0;
    enter(req);
    req->vm->cur = req;
    return req;
}

static void end(lco_req *req, const before *was)
{
    req->vm->cur = NULL;
    lco_vm_leave(req->vm);
    lco_input_guard(req);
    req->phase = was->phase;
    req->dconf = was->dconf;
    req->piece = was->piece;
}

lco_req *lco_call_header(request_rec *r, const lco_code *code)
{
    before was;
    lco_req *req = begin(r, LCO_PHASE_HEADER_FILTER, &was);
    lua_Integer ret;
    int ok;

    if (!req) {
        return NULL;
    }
    ok = call(req, code, &ret);
    end(req, &was);
    return ok ? req : NULL;
}

int lco_call_body(request_rec *r, const lco_code *code, lco_piece *pieces,
                  int n, int *ended)
{
    before was;
    lco_req *req = begin(r, LCO_PHASE_BODY_FILTER, &was);
    lua_Integer ret;
    int i = 0;

    *ended = !req;
    while (!*ended && i < n) {
        req->piece = &pieces[i];
        if (!call(req, code, &ret) || ret == LCO_ERROR ||
            ret >= HTTP_MULTIPLE_CHOICES) {
            *ended = 1;
            break;
        }
        *ended = pieces[i].eof;
        i++;
    }
    if (req) {
        end(req, &was);
    }
    return i;
}

apr_status_t lco_call_cut(request_rec *r)
{
    conn_rec *c = r->connection;
    const lco_req *req = lco_req_find(r);
    apr_bucket_brigade *bb;

    c->keepalive = AP_CONN_CLOSE;
    if (c->aborted) {
        return APR_ECONNABORTED;
    }
    if (req && req->conn && req->conn->nonblock) {
        (void) lco_gate_push(req->conn);
    }
    else if (!c->master) {
        bb = apr_brigade_create(r->pool, c->bucket_alloc);
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
        (void) ap_pass_brigade(c->output_filters, bb);
    }
    c->aborted = 1;
    return APR_ECONNABORTED;
}
