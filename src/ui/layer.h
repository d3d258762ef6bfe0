/* SPDX-License-Identifier: Apache-2.0 */
/* A window over the panes: lines to read, perhaps a question. */
#ifndef DAGTOP_UI_LAYER_H
#define DAGTOP_UI_LAYER_H

#include "dagtop/base/canvas.h"
#include "dagtop/engine/plan.h"
#include "dagtop/ui/keymap.h"

enum layer_kind { LAYER_HELP, LAYER_DETAILS, LAYER_ACTION, LAYER_DRIVE, LAYER_QUIT };

/* A line: a label at the left (may be NULL) and a text beside it. */
struct layer_line {
    char *label, *text; /* owned */
    unsigned label_style, style;
};

struct layer {
    enum layer_kind kind;
    char *title;
    struct layer_line *lines;
    size_t count, capacity;
    size_t top;        /* first line shown */
    int page;          /* lines shown the last time */
    size_t node;       /* of details */
    const char *hint;  /* shown in the lower border, never scrolled away; NULL: none */
    struct plan *plan; /* of a question about an action; owned */
    bool driving;      /* of a question about driving: what it would become */
};

struct layer *layer_new(enum layer_kind kind, const char *title);
void layer_free(struct layer *layer);

/* Forgets the lines. */
void layer_clear(struct layer *layer);

/* Appends a line; label may be NULL. Text with newlines becomes several lines; it is made harmless. Both are copied. */
void layer_add(struct layer *layer, const char *label, unsigned label_style, const char *text, unsigned style);

/* As layer_add with a text by format and the usual styles. */
void layer_add_format(struct layer *layer, const char *label, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* Where its keys are bound. */
enum key_context layer_context(const struct layer *layer);

/* Draws the window in the middle of the canvas' rows first to last - 1. */
void layer_draw(struct layer *layer, struct canvas *canvas, int first, int last);

/* Scrolls; false where the action is none of that. */
bool layer_scroll(struct layer *layer, enum ui_action action);

#endif
