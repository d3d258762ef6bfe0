/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command.h"
#include "output.h"

static const struct {
    const char *word;
    void (*print)(const struct output_context *context);
} formats[] = {{"table", output_print_table}, {"json", output_print_json}, {"csv", output_print_csv}};

enum exit_code command_status(const struct arguments *arguments)
{
    const char *word = arguments->given[OPTION_format] ? arguments->value[OPTION_format] : "table";
    size_t format = 0;
    while (format < sizeof formats / sizeof *formats && strcmp(formats[format].word, word) != 0)
        format++;
    if (format == sizeof formats / sizeof *formats) {
        complain("--format is \"%s\", expected table, json or csv", word);
        return EXIT_CODE_USAGE;
    }
    struct session session;
    enum exit_code code = session_open(&session, arguments);
    if (code != EXIT_CODE_FINE)
        return code;
    if (!session_wait_complete(&session))
        code = EXIT_CODE_HOST;
    if (session.interrupted) {
        code = EXIT_CODE_INTERRUPTED;
    } else {
        const struct output_context context = {engine_snapshot(session.engine), &session.settings, output_may_colour()};
        formats[format].print(&context);
    }
    session_close(&session);
    return code;
}
