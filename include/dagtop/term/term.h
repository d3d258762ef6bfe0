/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A screen of cells and its keys: a real terminal (curses) or none at all (headless).
 *
 * A terminal is restored on every way out: term_close, term_suspend, an abort, a fatal signal. Signals that end a
 * program politely (SIGTERM, SIGHUP) belong to the caller, who closes the term.
 */
#ifndef DAGTOP_TERM_TERM_H
#define DAGTOP_TERM_TERM_H

#include "dagtop/base/canvas.h"
#include "dagtop/base/status.h"
#include "dagtop/term/key.h"

struct term;

/*
 * A colour: TERM_COLOR_DEFAULT, or a place in the palette of 256 (0 to 7 the basic ones, 8 to 15 bright, 16 to 231 a
 * cube, 232 to 255 greys). A terminal with fewer shows the nearest one.
 */
enum { TERM_COLOR_DEFAULT = -1 };

/* How one style looks; the canvas' styles are indices into an array of these. */
struct term_style {
    int16_t foreground, background;
    uint16_t attributes; /* of enum cell_attribute, added to the cell's own */
};

struct term_options {
    const char *name;  /* terminal type; NULL: $TERM */
    int input, output; /* descriptors */
    int colors;        /* most colours used: 0 none, 8, 16, 256; negative: what the terminal has */
    bool ascii;        /* never anything but ASCII */
};

/* The usual options: descriptors 0 and 1, all colours unless $NO_COLOR is set and not empty, ASCII not forced. */
void term_options_init(struct term_options *options);

/*
 * Takes a terminal: alternate screen, raw keys, bracketed paste and focus events where the terminal knows them. The
 * locale must have been set (setlocale). STATUS_NOT_FOUND for a terminal type that terminfo does not know,
 * STATUS_UNSUPPORTED where input or output is no terminal or it cannot place its cursor. One at a time.
 */
enum status term_open(const struct term_options *options, struct term **term, struct error *error) MUST_CHECK;

/* A screen in memory: draws nowhere, has no keys of its own (term_headless_push gives some). */
struct term *term_open_headless(int width, int height, bool ascii);

/* Restores the terminal and frees; NULL is fine. */
void term_close(struct term *term);

/* Columns and rows, as of the last term_resize. */
void term_size(const struct term *term, int *width, int *height);

/* Asks the terminal for its size again (after SIGWINCH). True when it has changed. */
bool term_resize(struct term *term);

/* True where only ASCII may be shown: asked for, or neither locale nor terminal type can do more. */
bool term_is_ascii(const struct term *term);

/* Colours in use: 0, 8, 16 or 256. */
int term_colors(const struct term *term);

/*
 * Shows the canvas (clipped or padded to the terminal's size): only what differs from the last one is sent. styles has
 * count entries; a cell with a style beyond them has the look of style 0. Nothing happens while suspended, or
 * while the terminal takes no output (Ctrl-S): what differs is then sent with a later call.
 */
void term_draw(struct term *term, const struct canvas *canvas, const struct term_style *styles, size_t count);

/* Sends what the terminal has not taken so far; false while it does not take it all: then nothing is drawn. Never
 * waits.
 */
bool term_flush(struct term *term);

/* Sends everything anew with the next term_draw (Ctrl-L: something else wrote on the screen). */
void term_invalidate(struct term *term);

/* Places the cursor (a prompt); a negative row hides it. Takes effect with the next term_draw. */
void term_set_cursor(struct term *term, int row, int column);

/* The next key that is there; waits for nothing but the rest of an escape sequence (25 ms). False where there is none.
 */
bool term_read_key(struct term *term, struct key *key);

/* The text of the last SPECIAL_KEY_PASTE, valid UTF-8 at most 64 KiB, newlines as blanks. Valid until the next key. */
const char *term_paste(const struct term *term);

/* Becomes readable when keys come; negative where there is none (headless). */
int term_descriptor(const struct term *term);

/* Gives the terminal back for a while (a pager, Ctrl-Z) and takes it again; the next draw sends everything. */
void term_suspend(struct term *term);
void term_resume(struct term *term);

/* Suspends the terminal, stops the process group as Ctrl-Z does, and resumes when it is continued. Headless: nothing.
 */
void term_stop_process(struct term *term);

/* Rings. */
void term_bell(struct term *term);

/* The title of the terminal's window; what it was before comes back when the term is closed. Text, made harmless. */
void term_set_title(struct term *term, const char *title);

/* Most bytes that term_copy takes: more than most terminals let in. */
enum { TERM_COPY_LIMIT = 64 << 10 };

/* Puts bytes into the clipboard of the person's terminal (OSC 52), through tmux where one is in between. */
void term_copy(struct term *term, const char *bytes, size_t length);

/* Asks the terminal to show a notice (OSC 9 and OSC 777), through tmux where one is in between. Text, made harmless. */
void term_notify(struct term *term, const char *title, const char *text);

/* What the mouse did. */
struct term_mouse {
    int row, column;
    enum { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_DRAG, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } kind;
};

/* The mouse of the last SPECIAL_KEY_MOUSE. */
struct term_mouse term_mouse(const struct term *term);

/* Takes the mouse from the terminal, or gives it back. */
void term_set_mouse(struct term *term, bool on);

/* Headless only: queues what the mouse did. */
void term_headless_mouse(struct term *term, struct term_mouse mouse);

/* Headless only: queues a key or a paste, changes the size, and shows the last canvas drawn (NULL before the first). */
void term_headless_push(struct term *term, struct key key);
void term_headless_paste(struct term *term, const char *text);
void term_headless_set_size(struct term *term, int width, int height);
const struct canvas *term_headless_canvas(const struct term *term);

#endif
