/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dagtop: top for workflow graphs. Reading order: docs/architecture.md, include/dagtop/ (the contracts between the
 * rooms), commands.def beside this file (what the program can do), then any command_*.c.
 */
#include <config.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "dagtop/transport/transport_ssh.h"

typedef enum exit_code command_function(const struct arguments *arguments);

static command_function *const functions[COMMAND_COUNT] = {
#define COMMAND(name, words, summary) [COMMAND_##name] = command_##name,
#include "commands.def"
#undef COMMAND
};

/* --help and --version outrank everything else on the line. */
static bool print_about(const struct arguments *arguments)
{
    if (arguments->given[OPTION_version])
        puts(PACKAGE_STRING);
    else if (arguments->given[OPTION_help] && arguments->command_given)
        help_print_command(arguments->command);
    else if (arguments->given[OPTION_help])
        help_print_all();
    else if (arguments->given[OPTION_list_tables])
        help_print_tables();
    else
        return false;
    return true;
}

int main(int count, char **values)
{
    struct arguments arguments;
    struct error error;
    enum exit_code code = EXIT_CODE_USAGE;
    if (getenv(ASKPASS_VARIABLE))
        return askpass_main(count, values);
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    if (arguments_parse(&arguments, count, values, &error) != STATUS_OK) {
        complain("%s", error.message);
    } else if (print_about(&arguments)) {
        code = EXIT_CODE_FINE;
    } else if (!arguments.command_given && arguments.word_count == 0) {
        help_print_all();
    } else {
        code = functions[arguments.command](&arguments);
    }
    arguments_release(&arguments);
    if (fflush(stdout) != 0 && code == EXIT_CODE_FINE)
        code = EXIT_CODE_USAGE;
    return (int)code;
}
