/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "command.h"
#include "output.h"

static enum exit_code check_file(const struct arguments *arguments)
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

enum exit_code command_check(const struct arguments *arguments)
{
    if (arguments->word_count < 2)
        return check_file(arguments);
    enum exit_code code = EXIT_CODE_FINE;
    for (size_t i = 0; i < arguments->word_count; i++) {
        struct arguments one = *arguments;
        one.words = &arguments->words[i];
        one.word_count = 1;
        if (check_file(&one) != EXIT_CODE_FINE)
            code = EXIT_CODE_USAGE;
    }
    return code;
}
