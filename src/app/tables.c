/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#define IN(command) (1u << COMMAND_##command)
#define IN_ACTIONS (IN(start) | IN(cancel) | IN(resubmit) | IN(hold) | IN(release) | IN(skip) | IN(change))
#define IN_ALL ((1u << COMMAND_COUNT) - 1)

const struct command_row command_rows[COMMAND_COUNT] = {
#define COMMAND(name, words, summary) [COMMAND_##name] = {#name, words, summary},
#include "commands.def"
#undef COMMAND
};

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(name, word, argument, commands, sentence) [OPTION_##name] = {word, argument, commands, sentence},
#include "options.def"
#undef OPTION
};
