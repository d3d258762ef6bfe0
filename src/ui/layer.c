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

void layer_clear(struct layer *layer)
{
    for (size_t i = 0; i < layer->count; i++) {
        free(layer->lines[i].label);
        free(layer->lines[i].text);
    }
    layer->count = 0;
}

void layer_free(struct layer *layer)
{
    if (!layer)
        return;
    layer_clear(layer);
    plan_free(layer->plan);
    free(layer->lines);
    free(layer->title);
    free(layer);
}

static void add_line(
    struct layer *layer, const char *label, unsigned label_style, const char *text, size_t length, unsigned style)
{
    memory_grow(&layer->lines, &layer->capacity, layer->count + 1, sizeof *layer->lines);
    layer->lines[layer->count++] = (struct layer_line){.label = memory_copy_text(label),
        .text = memory_copy_span(text, length),
        .label_style = label_style,
        .style = style};
}

/* Bytes of the first line of text: up to a newline, or as many as fit, broken at a blank where there is one. */
static size_t line_bytes(const char *text, int cells)
{
    size_t length = strcspn(text, "\n");
    size_t fitting = cells > 0 ? utf8_bytes_for_width(text, (size_t)cells) : length;
    if (fitting >= length || fitting == 0)
        return length;
    size_t blank = fitting;
    while (blank > fitting / 2 && text[blank] != ' ')
        blank--;
    return text[blank] == ' ' ? blank : fitting;
}

void layer_add(struct layer *layer, const char *label, unsigned label_style, const char *text, unsigned style)
{
    struct text safe;
    int cells = layer->wrap > LAYER_WIDTH_LIMIT ? LAYER_WIDTH_LIMIT : layer->wrap;
    if (cells > 0 && label)
        cells = cells > 2 * LAYER_LABEL_LIMIT ? cells - LAYER_LABEL_LIMIT / 2 - 2 : cells / 2;
    while (text) {
        const char *newline = strchr(text, '\n');
        text_init(&safe, LAYER_TEXT_LIMIT);
        utf8_append_safe(&safe, text, newline ? (size_t)(newline - text) : strlen(text));
        const char *rest = safe.data;
        do {
            size_t length = line_bytes(rest, cells);
            add_line(layer, label, label_style, rest, length, style);
            rest += length;
            rest += *rest == ' ';
            label = label ? "" : NULL;
        } while (*rest);
        text_release(&safe);
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

enum key_context layer_context(const struct layer *layer)
{
    switch (layer->kind) {
    case LAYER_ACTION:
    case LAYER_DRIVE:
        return KEY_CONTEXT_QUESTION;
    case LAYER_QUIT:
        return KEY_CONTEXT_QUITTING;
    case LAYER_HELP:
    case LAYER_DETAILS:
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
    int width = ink_width(layer->title) + 4;
    for (size_t i = 0; i < layer->count; i++) {
        int own = ink_width(layer->lines[i].text) + (layer->lines[i].label ? labels + 2 : 0);
        if (own > width)
            width = own;
    }
    return width < LAYER_WIDTH_LIMIT ? width : LAYER_WIDTH_LIMIT;
}

static void draw_line(const struct layer_line *line, struct canvas *canvas, int row, int column, int width, int labels)
{
    if (line->label) {
        ink_text(canvas, row, column, labels < width ? labels : width, line->label, line->label_style);
        column += labels + 2;
        width -= labels + 2;
    }
    ink_text(canvas, row, column, width, line->text, line->style);
}

void layer_draw(struct layer *layer, struct canvas *canvas, int first, int last)
{
    int labels = label_width(layer), space = last - first;
    int width = text_width(layer, labels) + 4, height = (int)layer->count + 2;
    bool boxed = canvas->width >= 16 && space >= 5;
    if (!boxed || width > canvas->width)
        width = canvas->width;
    if (!boxed || height > space)
        height = space;
    struct rectangle place = {first + (space - height) / 2, (canvas->width - width) / 2, height, width};
    int border = boxed ? 1 : 0, inside = boxed ? 2 : 0;
    canvas_fill(canvas, place.row, place.column - 1, height, width + 2, ' ', STYLE_TEXT);
    if (boxed)
        ink_box(canvas, place, layer->title, STYLE_BOX, STYLE_BOX_TITLE);
    layer->page = height - 2 * border > 0 ? height - 2 * border : 1;
    size_t most = layer->count > (size_t)layer->page ? layer->count - (size_t)layer->page : 0;
    if (layer->top > most)
        layer->top = most;
    for (int i = 0; i < layer->page && layer->top + (size_t)i < layer->count; i++)
        draw_line(&layer->lines[layer->top + (size_t)i], canvas, place.row + border + i, place.column + inside,
            width - 2 * inside, labels);
    if (!boxed)
        return;
    if (layer->top > 0)
        canvas_put(canvas, place.row, place.column + width - 3, 0x2191, STYLE_BOX_TITLE);
    if (layer->top < most)
        canvas_put(canvas, place.row + height - 1, place.column + width - 3, 0x2193, STYLE_BOX_TITLE);
}

bool layer_scroll(struct layer *layer, enum ui_action action)
{
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
