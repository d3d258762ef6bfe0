/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each change of a workflow: what run and watch print. */
#ifndef DAGTOP_APP_CHANGES_H
#define DAGTOP_APP_CHANGES_H

#include "session.h"

struct changes; /* opaque: what was printed last */

/* Remembers the picture as it is, and prints each later change of the session's snapshot. progress: also every ten
 * percent. */
struct changes *changes_new(struct session *session, bool progress);
void changes_free(struct changes *changes);

/*
 * Prints what is new. On a terminal with a progress line, that line is kept last. At most one line a node and call.
 */
void changes_print(struct changes *changes);

/* Keeps one line up to date at the bottom of the terminal: counts, bar, what runs. */
void changes_show_progress_line(struct changes *changes);

/* Removes that line. */
void changes_clear_progress_line(struct changes *changes);

#endif
