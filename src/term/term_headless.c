/* SPDX-License-Identifier: Apache-2.0 */
/* A screen in memory: for tests, and for printing screens without a terminal. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "term_backend.h"

#include <string.h>

struct headless {
    struct term term;
    bool drawn;
    struct canvas shown;
    struct key *keys; /* keys[first..count) are to come */
    struct term_mouse mouse;
    size_t first, count, capacity;
};

static void headless_close(struct term *term)
{
    struct headless *headless = (struct headless *)term;
    canvas_release(&headless->shown);
    free(headless->keys);
    free(headless);
}

static bool headless_resize(struct term *term)
{
    struct headless *headless = (struct headless *)term;
    bool changed = headless->shown.width != term->width || headless->shown.height != term->height;
    if (changed)
        canvas_resize(&headless->shown, term->width, term->height);
    return changed;
}

static void headless_draw(struct term *term, const struct canvas *canvas, const struct term_style *styles, size_t count)
{
    struct headless *headless = (struct headless *)term;
    (void)styles;
    (void)count;
    headless_resize(term);
    canvas_clear(&headless->shown, 0);
    canvas_copy(&headless->shown, 0, 0, canvas);
    headless->drawn = true;
}

static bool headless_read_key(struct term *term, struct key *key)
{
    struct headless *headless = (struct headless *)term;
    if (headless->first == headless->count) {
        headless->first = headless->count = 0;
        return false;
    }
    *key = headless->keys[headless->first++];
    if (key->code == SPECIAL_KEY_MOUSE)
        term->mouse = headless->mouse;
    return true;
}

static void headless_nothing(struct term *term)
{
    (void)term;
}

static void headless_send(struct term *term, const char *bytes, size_t length)
{
    (void)term;
    (void)bytes;
    (void)length;
}

static const struct term_backend headless_backend = {.close = headless_close,
    .resize = headless_resize,
    .draw = headless_draw,
    .read_key = headless_read_key,
    .suspend = headless_nothing,
    .resume = headless_nothing,
    .bell = headless_nothing,
    .send = headless_send};

struct term *term_open_headless(int width, int height, bool ascii)
{
    struct headless *headless = memory_new(sizeof *headless);
    headless->term =
        (struct term){.backend = &headless_backend, .width = width, .height = height, .descriptor = -1, .ascii = ascii};
    headless->term.cursor_row = -1;
    text_init(&headless->term.paste, 0);
    canvas_init(&headless->shown, width, height);
    return &headless->term;
}

void term_headless_push(struct term *term, struct key key)
{
    struct headless *headless = (struct headless *)term;
    memory_grow(&headless->keys, &headless->capacity, headless->count + 1, sizeof *headless->keys);
    headless->keys[headless->count++] = key;
}

void term_headless_mouse(struct term *term, struct term_mouse mouse)
{
    ((struct headless *)term)->mouse = mouse;
    term_headless_push(term, (struct key){.code = SPECIAL_KEY_MOUSE});
}

void term_headless_paste(struct term *term, const char *text)
{
    size_t length = strlen(text);
    text_clear(&term->paste);
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        i += utf8_read(text + i, length - i, &code_point);
        term_paste_add(term, code_point);
    }
    term_headless_push(term, (struct key){.code = SPECIAL_KEY_PASTE});
}

void term_headless_set_size(struct term *term, int width, int height)
{
    term->width = width < 0 ? 0 : width;
    term->height = height < 0 ? 0 : height;
}

const struct canvas *term_headless_canvas(const struct term *term)
{
    const struct headless *headless = (const struct headless *)term;
    return headless->drawn ? &headless->shown : NULL;
}
