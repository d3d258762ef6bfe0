/* SPDX-License-Identifier: Apache-2.0 */
/* Several workflows on one screen: a row each, with state, counts and progress; Enter opens one. */
#ifndef DAGTOP_UI_OVERVIEW_H
#define DAGTOP_UI_OVERVIEW_H

#include "dagtop/engine/snapshot.h"
#include "dagtop/loop/loop.h"
#include "dagtop/term/term.h"
#include "dagtop/ui/theme.h"

struct overview;

/* One workflow; trouble instead of a snapshot where its file cannot be used. */
struct overview_row {
    const char *file;
    const struct snapshot *snapshot; /* NULL: trouble says why */
    const char *trouble;
};

struct overview_options {
    struct loop *loop;         /* NULL: the caller pumps (tests) */
    struct term *term;         /* borrowed; not used while the overview is asleep */
    const struct theme *theme; /* borrowed */
    wall_time (*now)(void *argument);
    size_t (*rows)(void *argument, struct overview_row *rows, size_t most); /* the rows as they are now */
    void (*open)(void *argument, size_t row);
    void (*quit)(void *argument);
    void (*watched)(void *argument, bool watched); /* a person looks at the list, or has looked away; may be NULL */
    bool mouse, title;                             /* takes the mouse; tells the terminal's title how things are */
    void *argument;
};

enum { OVERVIEW_LIMIT = 1000 };

struct overview *overview_new(const struct overview_options *options);
void overview_free(struct overview *overview);

/* Asleep it neither reads keys nor draws: a workflow has the terminal. */
void overview_sleep(struct overview *overview, bool asleep);

/* Something has changed; it is drawn soon. */
void overview_changed(struct overview *overview);

/* Takes the keys that are there, and draws. */
void overview_read_keys(struct overview *overview);
void overview_draw(struct overview *overview);

#endif
