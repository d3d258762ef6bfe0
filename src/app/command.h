/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: one file each (command_NAME.c), one row each (commands.def). */
#ifndef DAGTOP_APP_COMMAND_H
#define DAGTOP_APP_COMMAND_H

#include "arguments.h"
#include "session.h"

/* Each carries out its command and returns the exit code of the program. */
#define COMMAND(name, words, summary) enum exit_code command_##name(const struct arguments *arguments);
#include "commands.def"
#undef COMMAND

/* What start, cancel, resubmit, hold, release, skip and clean share: plan, show, ask, do (command_act.c). */
enum exit_code command_act(const struct arguments *arguments, enum action action, bool all_when_none);

#endif
