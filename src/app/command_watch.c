/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "changes.h"
#include "command.h"
#include "output.h"

static void changed(struct session *session, unsigned changes, void *argument)
{
    (void)session;
    (void)changes;
    changes_print(argument);
}

enum exit_code command_watch(const struct arguments *arguments)
{
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    session_wait_complete(&session);
    if (!session.interrupted) {
        struct text counts;
        text_init(&counts, 0);
        output_counts(engine_snapshot(session.engine), &counts);
        printf("%s: %s\n", session.workflow->name, counts.data);
        fflush(stdout);
        text_release(&counts);
        struct changes *changes = changes_new(&session, true);
        session.on_change = changed;
        session.on_change_argument = changes;
        session_wait(&session, NULL, -1);
        session.on_change = NULL;
        changes_free(changes);
    }
    session_close(&session);
    return EXIT_CODE_INTERRUPTED;
}
