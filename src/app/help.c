/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tables.h"

enum { LINE = 80, OPTION_COLUMN = 27, COMMAND_COLUMN = 38 };

/* How much of text a line of that width takes, broken at a blank where there is one. */
static size_t fitting(const char *text, size_t width)
{
    size_t length = strlen(text), end = width;
    if (length <= width)
        return length;
    while (end > 0 && text[end] != ' ')
        end--;
    return end ? end : width;
}

/* A word on the left and what it means from a column on: below it where it is longer. */
static void print_pair(const char *left, int column, const char *meaning)
{
    int at = printf("  %s", left);
    while (*meaning) {
        if (at > column || (at == column && *left)) {
            putchar('\n');
            at = 0;
        }
        size_t length = fitting(meaning, (size_t)(LINE - column));
        at += printf("%*s%.*s", column - at, "", (int)length, meaning);
        meaning += length;
        meaning += strspn(meaning, " ");
    }
    putchar('\n');
}

static void print_option(enum option option)
{
    char left[64];
    const struct option_row *row = &option_rows[option];
    snprintf(left, sizeof left, "--%s%s%s", row->word, row->argument ? "=" : "", row->argument ? row->argument : "");
    print_pair(left, OPTION_COLUMN, row->sentence);
}

static void print_command(const struct command_row *row)
{
    char left[128];
    snprintf(left, sizeof left, "%-10s %s", row->word, row->words);
    print_pair(left, COMMAND_COLUMN, row->summary);
}

void help_print_all(void)
{
    puts("dagtop: top for workflow graphs\n\n"
         "  dagtop WORKFLOW.yaml                the dashboard\n"
         "  dagtop COMMAND [OPTIONS] ...        one of:\n");
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        print_command(&command_rows[i]);
    puts("\nNODE is a name, a host list (train-[1-3]), a pattern (train-*) or a state\n"
         "(@failed). dagtop COMMAND --help names the options of a command.\n"
         "Exit codes: 0 fine, 1 a node did not end well, 2 bad usage or bad file, 3 a host\n"
         "could not be reached, 4 time ran out, 130 interrupted.");
}

void help_print_command(enum command command)
{
    const struct command_row *row = &command_rows[command];
    printf("dagtop %s [OPTIONS] %s\n\n", row->word, row->words);
    print_pair("", 2, row->summary);
    putchar('\n');
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
