/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/canvas.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { REPLACEMENT = 0xfffd };

struct rectangle {
    int top, left, bottom, right; /* bottom and right are the first outside */
};

static int clamp(long long value, int limit)
{
    return value < 0 ? 0 : value > limit ? limit : (int)value;
}

static struct rectangle clip(const struct canvas *canvas, int row, int column, int height, int width)
{
    return (struct rectangle){.top = clamp(row, canvas->height),
        .left = clamp(column, canvas->width),
        .bottom = clamp((long long)row + height, canvas->height),
        .right = clamp((long long)column + width, canvas->width)};
}

static struct cell blank(unsigned style)
{
    return (struct cell){.code_point = ' ', .style = (uint16_t)style, .width = 1};
}

void canvas_init(struct canvas *canvas, int width, int height)
{
    *canvas = (struct canvas){0};
    canvas_resize(canvas, width, height);
}

void canvas_release(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

void canvas_resize(struct canvas *canvas, int width, int height)
{
    canvas_release(canvas);
    canvas->width = clamp(width, CANVAS_SIDE_LIMIT);
    canvas->height = clamp(height, CANVAS_SIDE_LIMIT);
    if (canvas->width > 0 && canvas->height > 0)
        canvas->cells = memory_new_array((size_t)canvas->width * (size_t)canvas->height, sizeof *canvas->cells);
    canvas_clear(canvas, 0);
}

void canvas_clear(struct canvas *canvas, unsigned style)
{
    if (!canvas->cells)
        return;
    size_t count = (size_t)canvas->width * (size_t)canvas->height;
    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = blank(style);
}

struct cell *canvas_at(const struct canvas *canvas, int row, int column)
{
    if (row < 0 || row >= canvas->height || column < 0 || column >= canvas->width)
        return NULL;
    return &canvas->cells[(size_t)row * (size_t)canvas->width + (size_t)column];
}

/* A wide character never survives with one of its cells overwritten. */
static void split_wide(const struct canvas *canvas, int row, int column)
{
    struct cell *cell = canvas_at(canvas, row, column);
    struct cell *other = NULL;
    if (cell && cell->width == 2)
        other = canvas_at(canvas, row, column + 1);
    else if (cell && cell->width == 0)
        other = canvas_at(canvas, row, column - 1);
    if (other)
        *other = blank(other->style);
}

static void set(const struct canvas *canvas, int row, int column, uint32_t code_point, unsigned width, unsigned style)
{
    struct cell *cell = canvas_at(canvas, row, column);
    if (!cell)
        return;
    split_wide(canvas, row, column);
    *cell = (struct cell){.code_point = code_point, .style = (uint16_t)style, .width = (uint8_t)width};
}

/* Both cells of a wide character, or blanks where only one lies inside the columns left to right. */
static void set_wide(const struct canvas *canvas, int row, int column, uint32_t code_point, unsigned style, int right)
{
    if (column < 0 || column + 1 >= right) {
        if (column + 1 < right)
            set(canvas, row, column + 1, ' ', 1, style);
        if (column < right)
            set(canvas, row, column, ' ', 1, style);
        return;
    }
    set(canvas, row, column, code_point, 2, style);
    split_wide(canvas, row, column + 1);
    struct cell *cover = canvas_at(canvas, row, column + 1);
    if (cover)
        *cover = (struct cell){.style = (uint16_t)style};
    struct cell *cell = canvas_at(canvas, row, column);
    if (cell)
        *cell = (struct cell){.code_point = code_point, .style = (uint16_t)style, .width = 2};
}

static void add_mark(struct cell *cell, uint32_t code_point)
{
    if (!cell || cell->width == 0)
        return;
    for (unsigned i = 0; i < CELL_COMBINING; i++) {
        if (!cell->combining[i]) {
            cell->combining[i] = code_point;
            return;
        }
    }
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

static size_t read_code_point(const char *text, uint32_t *code_point)
{
    size_t left = 1;
    while (left < 4 && text[left])
        left++;
    size_t taken = utf8_read(text, left, code_point);
    if (is_control(*code_point))
        *code_point = REPLACEMENT;
    return taken;
}

int canvas_put_text(struct canvas *canvas, int row, int column, int max_cells, const char *text, unsigned style)
{
    int right = clamp((long long)column + (max_cells > 0 ? max_cells : 0), canvas->width);
    int position = column, last = INT_MIN;
    if (row < 0 || row >= canvas->height)
        return 0;
    while (*text && position < right) {
        uint32_t code_point;
        text += read_code_point(text, &code_point);
        unsigned width = utf8_code_point_width(code_point);
        if (width == 0) {
            if (last >= 0)
                add_mark(canvas_at(canvas, row, last), code_point);
            continue;
        }
        if (width == 2)
            set_wide(canvas, row, position, code_point, style, right);
        else
            set(canvas, row, position, code_point, 1, style);
        last = position;
        position += (int)width;
    }
    while (*text && last >= 0) {
        uint32_t code_point;
        text += read_code_point(text, &code_point);
        if (utf8_code_point_width(code_point) != 0)
            break;
        add_mark(canvas_at(canvas, row, last), code_point);
    }
    return position > right && right > column ? right - column : position - column;
}

void canvas_put_padded(struct canvas *canvas, int row, int column, int max_cells, const char *text, unsigned style)
{
    int used = canvas_put_text(canvas, row, column, max_cells, text, style);
    if (used < max_cells)
        canvas_fill(canvas, row, column + used, 1, max_cells - used, ' ', style);
}

void canvas_put(struct canvas *canvas, int row, int column, uint32_t code_point, unsigned style)
{
    if (is_control(code_point))
        code_point = REPLACEMENT;
    if (utf8_code_point_width(code_point) == 2)
        set_wide(canvas, row, column, code_point, style, canvas->width);
    else
        set(canvas, row, column, code_point, 1, style);
}

void canvas_fill(struct canvas *canvas, int row, int column, int height, int width, uint32_t code_point, unsigned style)
{
    struct rectangle area = clip(canvas, row, column, height, width);
    if (is_control(code_point))
        code_point = REPLACEMENT;
    if (area.left >= area.right)
        return;
    struct cell filling = blank(style);
    filling.code_point = code_point;
    for (int y = area.top; y < area.bottom; y++) {
        split_wide(canvas, y, area.left);
        split_wide(canvas, y, area.right - 1);
        struct cell *line = canvas_at(canvas, y, 0);
        for (int x = area.left; x < area.right; x++)
            line[x] = filling;
    }
}

void canvas_set_style(struct canvas *canvas, int row, int column, int height, int width, unsigned style)
{
    struct rectangle area = clip(canvas, row, column, height, width);
    for (int y = area.top; y < area.bottom; y++)
        for (int x = area.left; x < area.right; x++)
            canvas_at(canvas, y, x)->style = (uint16_t)style;
}

void canvas_add_attributes(struct canvas *canvas, int row, int column, int height, int width, unsigned attributes)
{
    struct rectangle area = clip(canvas, row, column, height, width);
    for (int y = area.top; y < area.bottom; y++) {
        for (int x = area.left; x < area.right; x++) {
            struct cell *cell = canvas_at(canvas, y, x);
            cell->attributes = (uint8_t)(cell->attributes | attributes);
        }
    }
}

/* One row; wide characters that are cut by the target's edges become blanks. */
static void copy_row(struct canvas *target, int row, int column, const struct cell *line, struct rectangle area)
{
    split_wide(target, row, area.left);
    split_wide(target, row, area.right - 1);
    memcpy(canvas_at(target, row, area.left), line + (area.left - column),
        (size_t)(area.right - area.left) * sizeof *line);
    struct cell *first = canvas_at(target, row, area.left), *last = canvas_at(target, row, area.right - 1);
    if (first->width == 0)
        *first = blank(first->style);
    if (last->width == 2)
        *last = blank(last->style);
}

void canvas_copy(struct canvas *target, int row, int column, const struct canvas *source)
{
    struct rectangle area = clip(target, row, column, source->height, source->width);
    if (area.left >= area.right)
        return;
    for (int y = area.top; y < area.bottom; y++)
        copy_row(target, y, column, canvas_at(source, y - row, 0), area);
}

static void print_code_point(struct text *text, uint32_t code_point)
{
    char bytes[4];
    text_append(text, bytes, utf8_write(code_point, bytes));
}

void canvas_print(const struct canvas *canvas, struct text *text)
{
    for (int row = 0; row < canvas->height; row++) {
        int end = canvas->width;
        while (end > 0 && canvas_at(canvas, row, end - 1)->code_point == ' ' &&
               !canvas_at(canvas, row, end - 1)->combining[0])
            end--;
        for (int column = 0; column < end; column++) {
            const struct cell *cell = canvas_at(canvas, row, column);
            if (cell->width == 0)
                continue;
            print_code_point(text, cell->code_point);
            for (unsigned i = 0; i < CELL_COMBINING && cell->combining[i]; i++)
                print_code_point(text, cell->combining[i]);
        }
        text_append_byte(text, '\n');
    }
}
