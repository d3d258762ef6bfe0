/* SPDX-License-Identifier: Apache-2.0 */
/* What a kind of screen must be able to do; term.c does the rest. */
#ifndef DAGTOP_TERM_BACKEND_H
#define DAGTOP_TERM_BACKEND_H

#include "dagtop/term/term.h"

enum { TERM_PASTE_LIMIT = 64 << 10 };

struct term_backend {
    void (*close)(struct term *term);
    bool (*resize)(struct term *term);
    void (*draw)(struct term *term, const struct canvas *canvas, const struct term_style *styles, size_t count);
    bool (*flush)(struct term *term); /* NULL: everything is taken at once */
    bool (*read_key)(struct term *term, struct key *key);
    void (*suspend)(struct term *term);
    void (*resume)(struct term *term);
    void (*bell)(struct term *term);
    void (*send)(struct term *term, const char *bytes, size_t length); /* as it is, where the terminal knows more */
};

/* The part of a term that every backend has; first member of its own struct. */
struct term {
    const struct term_backend *backend;
    int width, height, descriptor, colors;
    bool ascii, suspended, invalid;
    int cursor_row, cursor_column;
    struct text paste;
    struct term_mouse mouse;
    bool wants_mouse, titled;
};

/* What stands for a colour of the palette of 256 where there are only `colors` of them, 8 or 16. */
int term_color_nearest(int color, int colors, bool background);

/* Adds a code point to the pasted text: control characters as blanks, nothing beyond the limit. */
void term_paste_add(struct term *term, uint32_t code_point);

#endif
