/* SPDX-License-Identifier: Apache-2.0 */
#include "layer.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"
#include "dagtop/ui/theme.h"
#include "ink.h"

enum { LAYER_WIDTH_LIMIT = 120, LAYER_LABEL_LIMIT = 24, LAYER_TEXT_LIMIT = 16 << 10 };

struct layer *layer_new(enum layer_kind kind, const char *title)
{
    struct layer *layer = memory_new(sizeof *layer);
    layer->kind = kind;
    layer->title = memory_copy_text(title);
    return layer;
}

void layer_drop_last(struct layer *layer)
{
    if (layer->count == 0)
        return;
    struct layer_line *last = &layer->lines[--layer->count];
    free(last->label);
    free(last->text);
}

void layer_clear(struct layer *layer)
{
    while (layer->count > 0)
        layer_drop_last(layer);
}

void layer_forget_paths(struct layer *layer)
{
    while (layer->path_count > 0)
        free(layer->paths[--layer->path_count]);
}

void layer_free(struct layer *layer)
{
    if (!layer)
        return;
    layer_clear(layer);
    plan_free(layer->plan);
    free(layer->seeds);
    free(layer->hidden);
    free(layer->preface);
    attributes_release(&layer->settings);
    attributes_release(&layer->marks);
    free(layer->tasks);
    for (size_t i = 0; i < layer->change_count; i++) {
        free(layer->changes[i].name);
        free(layer->changes[i].before);
    }
    free(layer->changes);
    layer_forget_paths(layer);
    free(layer->paths);
    free(layer->lines);
    free(layer->title);
    free(layer);
}

static void add_line(struct layer *layer, const char *label, unsigned label_style, char *text, unsigned style)
{
    memory_grow(&layer->lines, &layer->capacity, layer->count + 1, sizeof *layer->lines);
    layer->lines[layer->count++] = (struct layer_line){memory_copy_text(label), text, label_style, style, -1};
}

void layer_add(struct layer *layer, const char *label, unsigned label_style, const char *text, unsigned style)
{
    while (text) {
        struct text safe;
        const char *newline = strchr(text, '\n');
        text_init(&safe, LAYER_TEXT_LIMIT);
        utf8_append_safe(&safe, text, newline ? (size_t)(newline - text) : strlen(text));
        add_line(layer, label, label_style, text_take(&safe), style);
        label = label ? "" : NULL;
        text = newline && newline[1] ? newline + 1 : NULL;
    }
}

void layer_add_format(struct layer *layer, const char *label, const char *format, ...)
{
    struct text text;
    va_list list;
    text_init(&text, 0);
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    layer_add(layer, label, STYLE_LABEL, text.data, STYLE_TEXT);
    text_release(&text);
}

void layer_add_choice(
    struct layer *layer, int64_t value, const char *label, unsigned label_style, const char *text, unsigned style)
{
    layer_add(layer, label, label_style, text, style);
    layer->lines[layer->count - 1].value = value;
}

int64_t layer_value(const struct layer *layer)
{
    return layer->has_cursor && layer->cursor < layer->count ? layer->lines[layer->cursor].value : -1;
}

enum key_context layer_context(const struct layer *layer)
{
    switch (layer->kind) {
    case LAYER_ACTION:
    case LAYER_DRIVE:
    case LAYER_DETACH:
    case LAYER_RELOAD:
    case LAYER_ARM:
        return KEY_CONTEXT_QUESTION;
    case LAYER_TRUST:
        return KEY_CONTEXT_TRUST;
    case LAYER_QUIT:
        return KEY_CONTEXT_QUITTING;
    case LAYER_TASKS:
        return KEY_CONTEXT_TASKS;
    case LAYER_LIST:
        return KEY_CONTEXT_LIST;
    case LAYER_HELP:
    case LAYER_DETAILS:
    case LAYER_TEXT:
    case LAYER_LOGIN:
        break;
    }
    return KEY_CONTEXT_READING;
}

static int label_width(const struct layer *layer)
{
    int width = 0;
    for (size_t i = 0; i < layer->count; i++) {
        int own = layer->lines[i].label ? ink_width(layer->lines[i].label) : 0;
        if (own > width)
            width = own;
    }
    return width < LAYER_LABEL_LIMIT ? width : LAYER_LABEL_LIMIT;
}

static int text_width(const struct layer *layer, int labels)
{
    int width = ink_width(layer->title) + 4, hint = layer->hint ? ink_width(layer->hint) + 4 : 0;
    width = hint > width ? hint : width;
    for (size_t i = 0; i < layer->count; i++) {
        int own = ink_width(layer->lines[i].text) + (layer->lines[i].label ? labels + 2 : 0);
        if (own > width)
            width = own;
    }
    return width < LAYER_WIDTH_LIMIT ? width : LAYER_WIDTH_LIMIT;
}

/* A part of a line that fits in the window. */
struct piece {
    const struct layer_line *line;
    const char *text;
    size_t length;
};

struct pieces {
    struct piece *items;
    size_t count, capacity;
};

/* Bytes of text that fit in so many cells, broken at a blank where there is one in the second half. */
static size_t fitting_bytes(const char *text, int cells)
{
    size_t length = strlen(text), fitting = utf8_bytes_for_width(text, cells > 0 ? (size_t)cells : 1);
    if (fitting >= length || fitting == 0)
        return length;
    size_t blank = fitting;
    while (blank > fitting / 2 && text[blank] != ' ')
        blank--;
    return text[blank] == ' ' ? blank : fitting;
}

/* Breaks all lines into pieces for a window of so many cells. */
static void break_lines(const struct layer *layer, int width, int labels, struct pieces *pieces)
{
    *pieces = (struct pieces){0};
    for (size_t i = 0; i < layer->count; i++) {
        const struct layer_line *line = &layer->lines[i];
        const char *rest = line->text;
        do {
            size_t length = fitting_bytes(rest, line->label ? width - labels - 2 : width);
            memory_grow(&pieces->items, &pieces->capacity, pieces->count + 1, sizeof *pieces->items);
            pieces->items[pieces->count++] = (struct piece){line, rest, length};
            rest += length;
            rest += *rest == ' ';
        } while (*rest);
    }
}

static void draw_piece(const struct piece *piece, struct canvas *canvas, int row, int column, int width, int labels)
{
    const struct layer_line *line = piece->line;
    char *text = memory_copy_span(piece->text, piece->length);
    if (line->label) {
        if (piece->text == line->text)
            ink_text(canvas, row, column, labels < width ? labels : width, line->label, line->label_style);
        column += labels + 2;
        width -= labels + 2;
    }
    ink_text(canvas, row, column, width, text, line->style);
    free(text);
}

/* The chosen line stays in view, with the headings right above it where it is the first. */
static void follow_cursor(struct layer *layer, const struct pieces *pieces)
{
    size_t first = 0, last;
    while (first < pieces->count && pieces->items[first].line != &layer->lines[layer->cursor])
        first++;
    for (last = first; last + 1 < pieces->count && pieces->items[last + 1].line == pieces->items[first].line;)
        last++;
    if (layer->top + (size_t)layer->page <= last)
        layer->top = last + 1 - (size_t)layer->page;
    if (layer->top > first)
        layer->top = first < (size_t)layer->page ? 0 : first;
}

/* Draws the pieces from top on, and arrows where there are more; place is the whole window. */
static void draw_pieces(
    struct layer *layer, const struct pieces *pieces, struct canvas *canvas, struct rectangle place, bool boxed)
{
    int inside = boxed ? 2 : 0, labels = label_width(layer), above = boxed || place.height > 1 ? 1 : 0;
    int rows = place.height - above - (boxed ? 1 : 0);
    layer->page = rows > 0 ? rows : 1;
    size_t most = pieces->count > (size_t)layer->page ? pieces->count - (size_t)layer->page : 0;
    if (layer->has_cursor && layer->cursor < layer->count)
        follow_cursor(layer, pieces);
    if (layer->top > most)
        layer->top = most;
    for (int i = 0; i < layer->page && layer->top + (size_t)i < pieces->count; i++) {
        const struct piece *piece = &pieces->items[layer->top + (size_t)i];
        draw_piece(piece, canvas, place.row + above + i, place.column + inside, place.width - 2 * inside, labels);
        if (layer->has_cursor && layer->cursor < layer->count && piece->line == &layer->lines[layer->cursor])
            canvas_set_style(canvas, place.row + above + i, place.column + inside - (boxed ? 1 : 0), 1,
                place.width - 2 * inside + (boxed ? 2 : 0), STYLE_SELECTED);
    }
    int last = place.column + place.width - 3;
    if (boxed && layer->top > 0)
        canvas_put(canvas, place.row, last, 0x2191, STYLE_BOX_TITLE);
    if (boxed && layer->top < most)
        canvas_put(canvas, place.row + place.height - 1, last, 0x2193, STYLE_BOX_TITLE);
}

static void draw_box(const struct layer *layer, struct canvas *canvas, struct rectangle place)
{
    int row = place.row + place.height - 1, column = place.column + 2;
    ink_box(canvas, place, layer->title, STYLE_BOX, STYLE_BOX_TITLE);
    if (!layer->hint || place.width < 8)
        return;
    canvas_put(canvas, row, column, ' ', STYLE_BOX);
    column += 1 + ink_text(canvas, row, column + 1, place.width - 7, layer->hint, STYLE_QUESTION);
    canvas_put(canvas, row, column, ' ', STYLE_BOX);
}

/* Where there is no room for a border: the title, and how to answer. */
static void draw_bare_title(const struct layer *layer, struct canvas *canvas, struct rectangle place)
{
    int hint = layer->hint ? ink_width(layer->hint) + 2 : 0;
    int space = place.width > 2 * hint ? place.width - hint : place.width;
    int used = ink_text(canvas, place.row, place.column, space, layer->title, STYLE_BOX_TITLE);
    if (layer->hint)
        ink_text(canvas, place.row, place.column + used + 2, place.width - used - 2, layer->hint, STYLE_QUESTION);
}

void layer_draw(struct layer *layer, struct canvas *canvas, int first, int last)
{
    struct pieces pieces;
    int labels = label_width(layer), space = last - first;
    bool boxed = canvas->width >= 16 && space >= 5;
    int width = text_width(layer, labels) + 4;
    if (!boxed || width > canvas->width)
        width = canvas->width;
    break_lines(layer, width - (boxed ? 4 : 0), labels, &pieces);
    int height = (int)pieces.count + 2;
    if (!boxed || height > space)
        height = space;
    struct rectangle place = {first + (space - height) / 2, (canvas->width - width) / 2, height, width};
    canvas_fill(canvas, place.row, place.column - 1, height, width + 2, ' ', STYLE_TEXT);
    if (boxed)
        draw_box(layer, canvas, place);
    else
        draw_bare_title(layer, canvas, place);
    draw_pieces(layer, &pieces, canvas, place, boxed);
    free(pieces.items);
}

/* Moves by so many lines that can be chosen. */
static void move_cursor(struct layer *layer, long step)
{
    long direction = step < 0 ? -1 : 1, left = step < 0 ? -step : step;
    for (long line = (long)layer->cursor + direction; left > 0 && line >= 0 && line < (long)layer->count;
         line += direction) {
        if (layer->lines[line].value < 0)
            continue;
        layer->cursor = (size_t)line;
        left--;
    }
}

void layer_begin_list(struct layer *layer)
{
    layer->has_cursor = true;
    if (layer->cursor >= layer->count)
        layer->cursor = layer->count > 0 ? layer->count - 1 : 0;
    for (size_t i = 0; layer_value(layer) < 0 && i < layer->count; i++) {
        if (layer->lines[i].value >= 0)
            layer->cursor = i;
    }
}

static bool scroll_list(struct layer *layer, enum ui_action action)
{
    long page = layer->page > 1 ? layer->page - 1 : 1;
    switch (action) {
    case UI_DOWN:
        move_cursor(layer, 1);
        return true;
    case UI_UP:
        move_cursor(layer, -1);
        return true;
    case UI_HALF_DOWN:
    case UI_PAGE_DOWN:
        move_cursor(layer, page);
        return true;
    case UI_HALF_UP:
    case UI_PAGE_UP:
        move_cursor(layer, -page);
        return true;
    case UI_TOP:
        move_cursor(layer, -(long)layer->count);
        layer->top = 0;
        return true;
    case UI_BOTTOM:
        move_cursor(layer, (long)layer->count);
        return true;
    default:
        return false;
    }
}

bool layer_scroll(struct layer *layer, enum ui_action action)
{
    if (layer->has_cursor)
        return scroll_list(layer, action);
    int page = layer->page > 1 ? layer->page - 1 : 1;
    int half = layer->page > 2 ? layer->page / 2 : 1;
    int step = 0;
    switch (action) {
    case UI_DOWN:
        step = 1;
        break;
    case UI_UP:
        step = -1;
        break;
    case UI_HALF_DOWN:
        step = half;
        break;
    case UI_HALF_UP:
        step = -half;
        break;
    case UI_PAGE_DOWN:
        step = page;
        break;
    case UI_PAGE_UP:
        step = -page;
        break;
    case UI_TOP:
        layer->top = 0;
        return true;
    case UI_BOTTOM:
        layer->top = layer->count;
        return true;
    default:
        return false;
    }
    if (step < 0 && layer->top < (size_t)-step)
        layer->top = 0;
    else
        layer->top += (size_t)step;
    return true;
}
