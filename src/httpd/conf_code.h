/* What the conf*.c files share: a code directive on its way from the text of
 * the configuration to an lco_code.
 *
 * Main thread of the parent, while the configuration is read.
 */
#ifndef LCO_HTTPD_CONF_CODE_H
#define LCO_HTTPD_CONF_CODE_H

#include "httpd/conf.h"

/* What `<LuaCoHandler>` leaves in the directive tree, as ap_directive_t.data
 * of a node that is named after the file form. */
typedef struct lco_block {
    const char *src;
    apr_size_t len;
} lco_block;

/* The EXEC_ON_READ function of every block directive: reads the raw text and
 * puts a node with an lco_block in the tree.  MCONFIG is the place for it; a
 * command whose info is not NULL has words between its name and the '>', which
 * become the node's arguments.  Returns an error message or NULL. */
const char *lco_conf_read_block(cmd_parms *cmd, void *mconfig,
                                const char *args);

/* The chunk name of a block whose opening tag stands at LINE of CONF_FILE:
 * "=LuaCoHandler(httpd.conf:40)", cut to what Lua shows in a message. */
const char *lco_conf_chunkname(apr_pool_t *conf_pool, const char *directive,
                               const char *conf_file, int line);

/* Compiles CODE in a Lua state of its own and throws the result away.
 * Returns Lua's message (of POOL), or NULL where there is nothing to say. */
const char *lco_conf_check_code(apr_pool_t *pool, const lco_code *code);

/* Gives CODE its slot.  A file has one slot however often it is named.
 * Returns nonzero if the slot is new. */
int lco_conf_take_slot(apr_pool_t *conf_pool, lco_code *code);

/* The pattern of the nearest <LocationMatch> or <Location ~> around the
 * directive, of cmd->pool, or NULL. */
const ap_regex_t *lco_conf_match(cmd_parms *cmd);

/* conf_log.c */
const char *lco_conf_set_capture_log(cmd_parms *cmd, void *dconf,
                                     const char *arg);

/* shared.c: LuaCoSharedDict NAME SIZE */
const char *lco_conf_add_shared(cmd_parms *cmd, void *dconf, const char *name,
                                const char *size);

/* Makes the lco_code of the directive being executed: of the file at PATH or,
 * with PATH NULL, of the block that has left its text in the tree.  "None" is
 * &lco_code_none.  Returns an error message or NULL. */
const char *lco_conf_make_code(cmd_parms *cmd, const char *path,
                               lco_phase phase, const lco_code **result);

/* The message for a second directive of this name, and first argument WORD if
 * that is not NULL, in its section: with the place of the first. */
const char *lco_conf_say_duplicate(cmd_parms *cmd, const char *word);

/* The directive LuaCoSet: RAW_ARGS. */
const char *lco_conf_add_set(cmd_parms *cmd, void *dconf, const char *args);

/* LuaCoVirtual On stands somewhere. */
void lco_conf_note_virtual(void);

/* Parsers of arguments, which give NULL or what is wrong (conf_cmds.c): a time
 * in httpd's units; a whole number from MIN to MAX. */
const char *lco_conf_parse_time(cmd_parms *cmd, const char *arg,
                                apr_interval_time_t *result);
const char *lco_conf_parse_count(cmd_parms *cmd, const char *arg, int min,
                                 int max, int *result);

#endif
