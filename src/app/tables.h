/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of commands.def and options.def. */
#ifndef DAGTOP_APP_TABLES_H
#define DAGTOP_APP_TABLES_H

#include "arguments.h"

struct command_row {
    const char *word, *words, *summary;
};

struct option_row {
    const char *word, *argument; /* argument: NULL where it takes none */
    unsigned commands;           /* a bit for each command that takes it */
    const char *sentence;
};

extern const struct command_row command_rows[COMMAND_COUNT];
extern const struct option_row option_rows[OPTION_COUNT];

#endif
