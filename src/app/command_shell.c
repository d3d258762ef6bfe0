/* SPDX-License-Identifier: Apache-2.0 */
/* A shell where a node runs: this process becomes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "dagtop/ui/shell_command.h"

/* The one node that the words name, or node_count. */
static size_t choose(struct session *session, enum exit_code *code)
{
    size_t count = session->workflow->node_count, found = count, chosen = 0;
    bool *set = memory_new_array(count + 1, sizeof *set);
    *code = session_select(session, 1, false, set);
    for (size_t i = 0; *code == EXIT_CODE_FINE && i < count; i++) {
        if (set[i]) {
            found = i;
            chosen++;
        }
    }
    free(set);
    if (*code == EXIT_CODE_FINE && chosen != 1) {
        complain("shell needs one node, not %zu", chosen);
        *code = EXIT_CODE_USAGE;
        found = count;
    }
    return found;
}

enum exit_code command_shell(const struct arguments *arguments)
{
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    session_wait_complete(&session);
    size_t index = session.interrupted ? session.workflow->node_count : choose(&session, &code);
    if (session.interrupted)
        code = EXIT_CODE_INTERRUPTED;
    char **shell = NULL;
    if (index < session.workflow->node_count) {
        const struct node *node = &session.workflow->nodes[index];
        char *folder = engine_run_directory(session.engine, index);
        const struct node_view *view = &engine_snapshot(session.engine)->views[index];
        shell = shell_command(node, view, node->directory ? node->directory : folder);
        free(folder);
    }
    session_close(&session);
    if (!shell)
        return code;
    execvp(shell[0], shell);
    complain("cannot run %s: %s", shell[0], strerror(errno));
    shell_command_free(shell);
    return EXIT_CODE_USAGE;
}
