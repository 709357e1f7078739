/* From a code directive to its lco_code.
 *
 * Main thread of the parent, while httpd walks the directive tree.
 */
#include "httpd/conf_code.h"

#include <string.h>

#include <apr_strings.h>

#include <http_core.h>

/* The mapped file matters to a handler that a section for files names. */
static int is_about_files(const ap_directive_t *d)
{
    static const char *const sections[] = {"<Directory", "<DirectoryMatch",
                                           "<Files", "<FilesMatch"};
    apr_size_t i;

    for (d = d->parent; d; d = d->parent) {
        for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
            if (ap_cstr_casecmp(d->directive, sections[i]) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* Does the directive begin with WORD, as a word? */
static int begins_with(apr_pool_t *pool, const ap_directive_t *d,
                       const char *word)
{
    const char *args = d->args;

    return !word || strcmp(ap_getword_conf(pool, &args), word) == 0;
}

/* The two are siblings in the tree, since what <IfModule>, Include and Use
 * bring in becomes part of the section. */
const char *lco_conf_say_duplicate(cmd_parms *cmd, const char *word)
{
    const ap_directive_t *self = cmd->directive;
    const ap_directive_t *d =
        self->parent ? self->parent->first_child : ap_conftree;

    while (d && d != self &&
           (ap_cstr_casecmp(d->directive, self->directive) != 0 ||
            !begins_with(cmd->temp_pool, d, word))) {
        d = d->next;
    }
    if (!d || d == self) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, " is duplicate", NULL);
    }
    return apr_psprintf(cmd->pool,
                        "%s%s%s is duplicate, the first is on line %d of %s",
                        cmd->cmd->name, word ? " " : "", word ? word : "",
                        d->line_num, d->filename);
}

const char *lco_conf_make_code(cmd_parms *cmd, const char *path,
                               lco_phase phase, const lco_code **result)
{
    const lco_block *block = path ? NULL : cmd->directive->data;
    lco_code *code = apr_pcalloc(cmd->pool, sizeof(*code));
    const char *msg;

    code->phase = phase;
    /* In a macro the name is of the temporary pool. */
    code->conf_file = apr_pstrdup(cmd->pool, cmd->directive->filename);
    code->conf_line = cmd->directive->line_num;
    code->match = lco_conf_match(cmd);
    code->needs_file =
        phase == LCO_PHASE_HANDLER && is_about_files(cmd->directive);

    if (block) {
        code->src = block->src;
        code->len = block->len;
        code->chunkname = lco_conf_chunkname(cmd->pool, cmd->cmd->name,
                                             code->conf_file, code->conf_line);
    }
    else {
        if (ap_cstr_casecmp(path, "None") == 0) {
            *result = &lco_code_none;
            return NULL;
        }
        code->file = ap_server_root_relative(cmd->pool, path);
        if (!code->file) {
            return apr_pstrcat(cmd->pool, lco_phase_names[phase],
                               ": invalid file path '", path, "'", NULL);
        }
        code->chunkname = apr_pstrcat(cmd->pool, "@", code->file, NULL);
    }

    if (lco_conf_take_slot(cmd->pool, code)) {
        msg = lco_conf_check_code(cmd->pool, code);
        if (msg) {
            /* So begins the chunk name of a block, and with it most of what
             * Lua says about one. */
            const char *name = lco_phase_names[phase];
            int named = strncmp(msg, name, strlen(name));

            return named == 0 ? msg
                              : apr_pstrcat(cmd->pool, name, ": ", msg, NULL);
        }
    }
    *result = code;
    return NULL;
}
