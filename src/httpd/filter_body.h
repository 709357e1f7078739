/* LuaCoBodyFilter. */
#ifndef LCO_HTTPD_FILTER_BODY_H
#define LCO_HTTPD_FILTER_BODY_H

#include <httpd.h>

/* The name for SetOutputFilter, where the order of filters matters. */
#define LCO_BODY_FILTER "LUACO_BODY"

void lco_filter_body_register(void);
/* Puts it among the CONTENT_SET filters of r, behind those there. */
void lco_filter_body_add(request_rec *r);

#endif
