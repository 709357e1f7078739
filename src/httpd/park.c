/* The connection hooks that parking lives on.  Workers; resume and pre_close
 * on the listener too. */
#include "httpd/hooks.h"

#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <mpm_common.h>

#include "httpd/conf.h"
#include "req/conn.h"

static int process_connection(conn_rec *c)
{
    return lco_conn_process(c);
}

void lco_park_hooks(void)
{
    lco_gate_register();
    ap_hook_process_connection(process_connection, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
    ap_hook_suspend_connection(lco_conn_suspend, NULL, NULL,
                               APR_HOOK_REALLY_LAST);
    ap_hook_resume_connection(lco_conn_resume, NULL, NULL,
                              APR_HOOK_REALLY_FIRST);
    ap_hook_pre_close_connection(lco_conn_pre_close, NULL, NULL,
                                 APR_HOOK_REALLY_FIRST);
}
