/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, read by the tables commands.def and options.def. */
#ifndef DAGTOP_APP_ARGUMENTS_H
#define DAGTOP_APP_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "dagtop/base/status.h"

enum command {
#define COMMAND(name, words, summary) COMMAND_##name,
#include "commands.def"
#undef COMMAND
    COMMAND_COUNT
};

enum option {
#define OPTION(name, word, argument, commands, sentence) OPTION_##name,
#include "options.def"
#undef OPTION
    OPTION_COUNT
};

struct arguments {
    enum command command;
    bool command_given; /* false: only WORKFLOW.yaml stood there */
    bool given[OPTION_COUNT];
    const char *value[OPTION_COUNT]; /* borrowed from argv */
    const char **words;              /* what is not an option: files and nodes; owned array of borrowed strings */
    size_t word_count;
};

/*
 * Reads argv. STATUS_INVALID with a sentence (and the nearest word) for an unknown command or option, an option that
 * the command does not take, a missing or needless argument. --help and --version excuse missing words.
 */
enum status arguments_parse(
    struct arguments *arguments, int count, char *const *values, struct error *error) MUST_CHECK;
void arguments_release(struct arguments *arguments);

/* Reads the whole number of an option into *number when it was given. STATUS_INVALID outside minimum to maximum. */
enum status arguments_number(const struct arguments *arguments, enum option option, long minimum, long maximum,
    long *number, struct error *error) MUST_CHECK;

/* The word of a command ("run") or an option ("dry-run"). */
const char *command_word(enum command command);
const char *option_word(enum option option);

/* True where the command takes the option. */
bool option_is_for(enum option option, enum command command);

/* Prints the help of everything, or of one command, or the tables for the tests (command TAB option) to stdout. */
void help_print_all(void);
void help_print_command(enum command command);
void help_print_tables(void);

#endif
