/* Reads the raw text of `<LuaCoHandler>` ... `</LuaCoHandler>`.
 *
 * Main thread of the parent, while httpd reads configuration files.
 *
 * Hard part: httpd's own line reader joins lines at backslashes, cuts blanks
 * off and expands ${VAR}, and it would take the Lua for directives.  So the
 * opening tag is a command that is executed while the file is read, takes the
 * characters from the same ap_configfile_t below that reader, and leaves one
 * node in the directive tree.  The node bears the name of the file form, which
 * makes httpd execute it later where it stands: in the configuration of the
 * section around it, with that section's rules about what is allowed.
 * (httpd: server/config.c, ap_build_config_sub and execute_now.)
 */
#include "httpd/conf_code.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_core.h>

#include <lua.h>

typedef struct text {
    apr_pool_t *pool;
    char *buf;
    apr_size_t len, cap;
} text;

static void text_add(text *t, const char *data, apr_size_t len)
{
    if (len == 0) {
        return;
    }
    if (!t->buf || t->cap - t->len < len) {
        char *old = t->buf;

        while (t->cap - t->len < len) {
            t->cap = t->cap ? t->cap * 2 : 1024;
        }
        t->buf = apr_palloc(t->pool, t->cap);
        if (t->len) {
            memcpy(t->buf, old, t->len);
        }
    }
    memcpy(t->buf + t->len, data, len);
    t->len += len;
}

/* Appends the next line of CFP, its end included.  APR_EOF: there is none. */
static apr_status_t read_line(text *t, ap_configfile_t *cfp)
{
    apr_size_t start = t->len;

    if (cfp->getch) {
        apr_status_t rv;
        char ch;

        do {
            rv = ap_cfg_getc(&ch, cfp);
            if (rv != APR_SUCCESS) {
                return APR_STATUS_IS_EOF(rv) && t->len > start ? APR_SUCCESS
                                                               : rv;
            }
            text_add(t, &ch, 1);
        } while (ch != '\n');
    }
    else {
        /* A configuration made of strings (`-c`, other modules): one string
         * is one line, and there is no NUL in it. */
        char line[MAX_STRING_LEN];
        apr_status_t rv = cfp->getstr(line, sizeof(line), cfp->param);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        cfp->line_number++;
        text_add(t, line, strlen(line));
        if (t->len == start || t->buf[t->len - 1] != '\n') {
            text_add(t, "\n", 1);
        }
    }
    return APR_SUCCESS;
}

/* Does the line hold nothing but "</NAME>"? */
static int is_closing_tag(const char *line, apr_size_t len, const char *name)
{
    const char *end = line + len;
    apr_size_t name_len = strlen(name);

    while (line < end && apr_isspace(*line)) {
        line++;
    }
    while (end > line && apr_isspace(end[-1])) {
        end--;
    }
    return (apr_size_t) (end - line) == name_len + 3 && line[0] == '<' &&
           line[1] == '/' && end[-1] == '>' &&
           ap_cstr_casecmpn(line + 2, name, name_len) == 0;
}

const char *lco_conf_read_block(cmd_parms *cmd, void *mconfig, const char *args)
{
    ap_directive_t **node_p = mconfig;
    ap_directive_t *node;
    const char *name = cmd->cmd->name + 1; /* without the '<' */
    ap_configfile_t *cfp = cmd->config_file;
    const char *conf_file = cfp->name;
    int conf_line = (int) cfp->line_number;
    text t = {.pool = cmd->temp_pool};
    lco_block *block;
    const char *err = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
    const char *end = strrchr(args, '>');

    if (err) {
        return err;
    }
    if (cmd->info && (!end || end == args || end[1])) {
        return apr_psprintf(cmd->pool,
                            "<%s needs the name of a variable, and a '>' at "
                            "the end of its line",
                            name);
    }
    if (!cmd->info && strcmp(args, ">") != 0) {
        return apr_psprintf(cmd->pool,
                            "<%s> stands alone on its line, the code begins "
                            "on the next",
                            name);
    }

    for (;;) {
        apr_size_t start = t.len;
        apr_status_t rv = read_line(&t, cfp);

        /* At the end of a macro mod_macro goes on in the file that uses it,
         * and says so by exchanging cmd->config_file. */
        if (APR_STATUS_IS_EOF(rv) || cmd->config_file != cfp) {
            return apr_psprintf(
                cmd->pool, "<%s> was not closed by a line </%s>", name, name);
        }
        if (rv != APR_SUCCESS) {
            return ap_pcfg_strerror(cmd->pool, cfp, rv);
        }
        if (is_closing_tag(t.buf + start, t.len - start, name)) {
            t.len = start;
            break;
        }
    }

    block = apr_palloc(cmd->pool, sizeof(*block));
    block->src = t.len ? apr_pstrmemdup(cmd->pool, t.buf, t.len) : "";
    block->len = t.len;

    node = apr_pcalloc(cmd->pool, sizeof(*node));
    node->directive = name;
    node->args =
        cmd->info ? apr_pstrmemdup(cmd->pool, args, (apr_size_t) (end - args))
                  : "(block)"; /* for mod_info, -D DUMP_CONFIG */
    node->filename = apr_pstrdup(cmd->pool, conf_file);
    node->line_num = conf_line;
    node->data = block;
    *node_p = node;
    return NULL;
}

/* The name of a configuration file as a chunk name shows it: without its
 * folder.  What mod_macro reads is named "macro 'x' (defined on line 3 of
 * "/etc/a.conf") used on line 9 of ...", with lines counted in the macro. */
static const char *short_name(apr_pool_t *pool, const char *conf_file)
{
    static const char macro[] = "macro '";

    if (strncmp(conf_file, macro, sizeof(macro) - 1) == 0) {
        const char *name = conf_file + sizeof(macro) - 1;

        return apr_psprintf(pool, "macro %.*s", (int) strcspn(name, "'"), name);
    }
    /* Not a path: "-c/-C directives". */
    if (conf_file[0] != '/') {
        return conf_file;
    }
    return strrchr(conf_file, '/') + 1;
}

const char *lco_conf_chunkname(apr_pool_t *conf_pool, const char *directive,
                               const char *conf_file, int line)
{
    const char *name = short_name(conf_pool, conf_file);
    const char *tail = apr_psprintf(conf_pool, ":%d)", line);
    apr_size_t len = strlen(name);
    /* Lua shows LUA_IDSIZE - 1 bytes of a name and cuts off the end, where the
     * line is: the file's name gives way. */
    apr_size_t room = LUA_IDSIZE - 1 - strlen(directive) - 1 - strlen(tail);

    if (len > room) {
        name = apr_pstrcat(conf_pool, "...", name + len - (room - 3), NULL);
    }
    return apr_pstrcat(conf_pool, "=", directive, "(", name, tail, NULL);
}
