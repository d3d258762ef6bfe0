/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "command.h"
#include "output.h"

enum exit_code command_check(const struct arguments *arguments)
{
    struct session session;
    enum exit_code code = session_load(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    const struct workflow *workflow = session.workflow;
    output_print_safe(arguments->words[0]);
    printf(": workflow %s: %zu nodes, %zu edges\n", workflow->name, workflow->node_count, workflow->edge_count);
    session_close(&session);
    return EXIT_CODE_FINE;
}
