/* ngx.var: the time and the server.
 *
 * Thread: inside the VM, on the owner of the request.
 */
#include "req/vars_priv.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_time.h>

#include <stdlib.h>
#include <unistd.h>

int lco_var_msec(lco_req *req, lco_var *var)
{
    (void) req;
    return lco_give_seconds(var, apr_time_now());
}

/* Fills TM with the present local time and *ZONE with "+hhmm" as a number. */
static void local_time(apr_time_exp_t *tm, char *sign, int *zone)
{
    int minutes;

    apr_time_exp_lt(tm, apr_time_now());
    minutes = tm->tm_gmtoff / 60;
    *sign = minutes < 0 ? '-' : '+';
    minutes = abs(minutes);
    *zone = minutes / 60 * 100 + minutes % 60;
}

int lco_var_time_local(lco_req *req, lco_var *var)
{
    apr_time_exp_t tm;
    char sign;
    int zone;

    (void) req;
    local_time(&tm, &sign, &zone);
    return lco_give_buf(
        var, apr_snprintf(var->buf, sizeof(var->buf),
                          "%02d/%s/%d:%02d:%02d:%02d %c%04d", tm.tm_mday,
                          apr_month_snames[tm.tm_mon], tm.tm_year + 1900,
                          tm.tm_hour, tm.tm_min, tm.tm_sec, sign, zone));
}

int lco_var_time_iso8601(lco_req *req, lco_var *var)
{
    apr_time_exp_t tm;
    char sign;
    int zone;

    (void) req;
    local_time(&tm, &sign, &zone);
    return lco_give_buf(var,
                        apr_snprintf(var->buf, sizeof(var->buf),
                                     "%d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
                                     tm.tm_year + 1900, tm.tm_mon + 1,
                                     tm.tm_mday, tm.tm_hour, tm.tm_min,
                                     tm.tm_sec, sign, zone / 100, zone % 100));
}

int lco_var_pid(lco_req *req, lco_var *var)
{
    (void) req;
    return lco_give_number(var, getpid());
}

int lco_var_hostname(lco_req *req, lco_var *var)
{
    char *p;

    (void) req;
    if (gethostname(var->buf, sizeof(var->buf))) {
        return 0;
    }
    var->buf[sizeof(var->buf) - 1] = '\0';
    for (p = var->buf; *p; p++) {
        *p = (char) apr_tolower(*p);
    }
    return lco_give_string(var, var->buf);
}

int lco_var_nginx_version(lco_req *req, lco_var *var)
{
    (void) req;
    return lco_give_string(var, LCO_NGINX_VERSION_TEXT);
}
