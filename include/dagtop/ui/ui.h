/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard of one workflow: panes that show the engine's snapshot, keys that ask the engine for actions.
 *
 * It draws once a turn of the loop when something has changed, at most 30 times a second but at once after a key, and
 * wakes up once a second for its clock. It starts nothing that was not asked for and answered with yes.
 */
#ifndef DAGTOP_UI_UI_H
#define DAGTOP_UI_UI_H

#include "dagtop/engine/engine.h"
#include "dagtop/loop/loop.h"
#include "dagtop/term/term.h"
#include "dagtop/ui/keymap.h"
#include "dagtop/ui/notices.h"
#include "dagtop/ui/recording.h"
#include "dagtop/ui/theme.h"

struct ui;

struct ui_options {
    struct loop *loop;                  /* NULL: the caller pumps with ui_read_keys and ui_draw (tests) */
    struct engine *engine;              /* borrowed, outlives the ui */
    struct term *term;                  /* borrowed, outlives the ui */
    const struct theme *theme;          /* borrowed; NULL: dark, or mono where the terminal has no colours */
    const struct settings *settings;    /* borrowed; NULL: none. Variables of labels */
    wall_time (*now)(void *argument);   /* NULL: the wall clock */
    void (*quit)(void *argument);       /* asked to end (once): jobs go on, driving ends with this program */
    void (*background)(void *argument); /* asked to end and to go on driving in the background; NULL: not offered */
    const struct keymap *keymap;        /* borrowed; NULL: the table's keys */
    const char *memory;        /* file that keeps filter, columns and layout of this workflow; NULL: nothing is kept */
    struct notices *notices;   /* borrowed, and updated by the caller; NULL: the ui has its own */
    struct recorder *recorder; /* takes every screen and event; borrowed; NULL: none */
    bool mouse;                /* taken from the beginning */
    void (*back)(void *argument); /* asked to go back to a list of workflows; NULL: there is none */
    void (*handed_over)(
        void *argument, bool to_child); /* the terminal belongs to another program for a while; or NULL */
    /* The workflow's file was read anew: makes an engine of it (taken) that takes over from this one, gives it to the
     * ui with ui_set_engine and frees the one before. NULL: files are not read anew. */
    void (*renew)(void *argument, struct workflow *workflow, bool adopt);
    void *argument;
};

/* The dashboard; begins to read keys and to draw with the next turn of the loop. */
struct ui *ui_new(const struct ui_options *options);

/* Frees it; the term is left open. NULL is fine. */
void ui_free(struct ui *ui);

/* The engine says that something has changed (enum engine_changes): to be called from engine_options.changed. */
void ui_changed(struct ui *ui, unsigned changes);

/* A sentence for the person, shown for some seconds. It is copied. */
void ui_show_message(struct ui *ui, bool is_error, const char *sentence);

/* Takes one key as if it had been pressed; with SPECIAL_KEY_PASTE, the term has the text. */
void ui_take_key(struct ui *ui, struct key key);

/* Takes the keys that the term has. */
void ui_read_keys(struct ui *ui);

/* Draws now if anything has changed, whatever the time. */
void ui_draw(struct ui *ui);

/* Draws everything, changed or not (the clock was moved, the size has changed). */
void ui_redraw(struct ui *ui);

/* True while nothing that was asked of the engine for the screen (a piece of a log) is unanswered. */
bool ui_is_settled(const struct ui *ui);

/*
 * Another engine, of the same workflow read anew: how a person looks at it stays (cursor, marks, filter, order, panes,
 * folds, scrolling), by the names of nodes. The engine before may be freed then. Not from within its callbacks.
 */
void ui_set_engine(struct ui *ui, struct engine *engine);

/* The engine that is shown now. */
struct engine *ui_engine(const struct ui *ui);

#endif
