/* SPDX-License-Identifier: Apache-2.0 */
/* why: one sentence for each node on why it does not run. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "dagtop/base/memory.h"
#include "output.h"

enum exit_code command_why(const struct arguments *arguments)
{
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    bool *set = memory_new_array(session.workflow->node_count, sizeof *set);
    bool all_answered = session_wait_complete(&session);
    code = session_select(&session, 1, false, set);
    if (code == EXIT_CODE_FINE && session.interrupted)
        code = EXIT_CODE_INTERRUPTED;
    for (size_t i = 0; code == EXIT_CODE_FINE && i < session.workflow->node_count; i++) {
        if (!set[i])
            continue;
        char *sentence = engine_why(session.engine, i);
        output_print_safe(sentence);
        putchar('\n');
        free(sentence);
    }
    if (code == EXIT_CODE_FINE && !all_answered)
        code = EXIT_CODE_HOST;
    free(set);
    session_close(&session);
    return code;
}
