/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/ui/shell_command.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

/* A path in a shell's word; its "~/" stays the shell's business. */
static void append_path(struct text *script, const char *path)
{
    if (strncmp(path, "~/", 2) == 0) {
        text_append_string(script, "\"$HOME\"/");
        path += 2;
    }
    text_append_shell_quoted(script, path);
}

static char *make_script(const struct node *node, const struct node_view *view, const char *directory)
{
    struct text script;
    const struct attempt *attempt = view->current;
    text_init(&script, 0);
    if (directory) {
        text_append_string(&script, "cd ");
        append_path(&script, directory);
        text_append_string(&script, " 2>/dev/null || cd; ");
    }
    text_append_string(&script, "exec ");
    if (node->kind == NODE_KIND_SLURM && view->state == STATE_RUNNING && attempt && attempt->jobid) {
        /* Before version 20.11 steps shared what a job has without being asked to. */
        text_append_string(&script, "srun $(srun --help 2>&1 | grep -o -e --overlap | head -n 1) --pty --jobid=");
        text_append_shell_quoted(&script, attempt->jobid);
        text_append_byte(&script, ' ');
    }
    text_append_string(&script, "\"${SHELL:-/bin/sh}\"");
    return text_take(&script);
}

char **shell_command(const struct node *node, const struct node_view *view, const char *directory)
{
    char **arguments = memory_new_array(8, sizeof *arguments);
    size_t count = 0;
    bool here =
        node->kind == NODE_KIND_LOCAL || strcmp(node->host, "localhost") == 0 || strcmp(node->host, "local") == 0;
    char *script = make_script(node, view, directory);
    if (here) {
        arguments[count++] = memory_copy_text("/bin/sh");
        arguments[count++] = memory_copy_text("-c");
        arguments[count++] = script;
        return arguments;
    }
    arguments[count++] = memory_copy_text("ssh");
    arguments[count++] = memory_copy_text("-t");
    if (node->user) {
        arguments[count++] = memory_copy_text("-l");
        arguments[count++] = memory_copy_text(node->user);
    }
    arguments[count++] = memory_copy_text("--");
    arguments[count++] = memory_copy_text(node->host);
    arguments[count++] = script;
    return arguments;
}

void shell_command_free(char **arguments)
{
    for (size_t i = 0; arguments[i]; i++)
        free(arguments[i]);
    free(arguments);
}
