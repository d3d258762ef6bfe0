/* SPDX-License-Identifier: Apache-2.0 */
/* Going on without a terminal: own session, output in a log of the state directory. */
#ifndef DAGTOP_APP_BACKGROUND_H
#define DAGTOP_APP_BACKGROUND_H

#include "session.h"

/*
 * Splits the process before there is a loop. True in the new process, which goes on with stdout and stderr in
 * $XDG_STATE_HOME/dagtop/NAME.log; false in the old one, which has told where, or why not, and exits with *code.
 */
bool background_begin(const char *name, enum exit_code *code);

/* Starts `dagtop run --background FILE` from the dashboard; the dashboard goes on to its end. STATUS_SYSTEM with why
 * not. */
enum status background_spawn(const char *file, struct error *error) MUST_CHECK;

#endif
