/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tables.h"

static void print_option(enum option option)
{
    char left[64];
    const struct option_row *row = &option_rows[option];
    snprintf(left, sizeof left, "--%s%s%s", row->word, row->argument ? "=" : "", row->argument ? row->argument : "");
    printf("  %-24s %s\n", left, row->sentence);
}

void help_print_all(void)
{
    puts("dagtop: top for workflow graphs\n\n"
         "  dagtop WORKFLOW.yaml            the dashboard\n"
         "  dagtop COMMAND [OPTIONS] ...    one of:\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s %-24s %s\n", command_rows[i].word, command_rows[i].words, command_rows[i].summary);
    puts("\nNODE is a name, a host list (train-[1-3]), a pattern (train-*) or a state (@failed).\n"
         "dagtop COMMAND --help names the options of a command. Exit codes: 0 fine, 1 a node did not end well,\n"
         "2 bad usage or bad file, 3 a host could not be reached, 4 time ran out, 130 interrupted.");
}

void help_print_command(enum command command)
{
    const struct command_row *row = &command_rows[command];
    printf("dagtop %s [OPTIONS] %s\n\n  %s\n\n", row->word, row->words, row->summary);
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (option_is_for((enum option)i, command))
            print_option((enum option)i);
}

void help_print_tables(void)
{
    for (unsigned command = 0; command < COMMAND_COUNT; command++)
        for (unsigned option = 0; option < OPTION_COUNT; option++)
            if (option_is_for((enum option)option, (enum command)command))
                printf("%s\t%s\t%s\n", command_rows[command].word, option_rows[option].word,
                    option_rows[option].argument ? option_rows[option].argument : "");
}
