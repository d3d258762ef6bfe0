/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts for the dashboard: keys in, screens out (tests/screen/README.md describes the language).
 *
 * A script drives a ui on a headless term: it presses keys, waits for states, moves a fake clock and prints screens.
 */
#ifndef DAGTOP_UI_UI_SCRIPT_H
#define DAGTOP_UI_UI_SCRIPT_H

#include "dagtop/ui/ui.h"

/* What a script acts on. All are borrowed. */
struct ui_script_world {
    struct ui *ui;
    struct term *term;                          /* headless */
    void (*turn)(void *argument, int64_t wait); /* lets time pass: one turn of the loop, at most wait milliseconds */
    wall_time *clock;                           /* the fake clock that `tick` moves; NULL: `tick` is an error */
    bool *ended; /* set when the dashboard has asked to end: the script stops there; may be NULL */
    void *argument;
    int64_t patience; /* most milliseconds that one `wait` may take; 0: 60 s */
};

/*
 * Runs the script text (name stands for its path in messages), appending the screens to output. Stops at the first
 * mistake: STATUS_INVALID for a line that is none of the language, STATUS_TIMEOUT for a wait that took too long; error
 * has the line.
 */
enum status ui_script_run(const char *script, const char *name, const struct ui_script_world *world,
    struct text *output, struct error *error) MUST_CHECK;

#endif
