/* SPDX-License-Identifier: Apache-2.0 */
#include "ink.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dagtop/base/utf8.h"

enum { INK_TEXT_LIMIT = 4096, BLOCK_FULL = 0x2588, BLOCK_HALF = 0x258c, SHADE_LIGHT = 0x2591, ELLIPSIS = 0x2026 };

/* Makes text harmless and cuts it to max cells with an ellipsis; the caller releases safe. */
static void make_fitting(struct text *safe, const char *text, int max)
{
    size_t length = strnlen(text, INK_TEXT_LIMIT);
    text_init(safe, 8 * INK_TEXT_LIMIT);
    utf8_append_safe(safe, text, length);
    if (max < 0 || utf8_width(safe->data) <= (size_t)max)
        return;
    text_truncate(safe, utf8_bytes_for_width(safe->data, max > 0 ? (size_t)max - 1 : 0));
    if (max > 0)
        text_append_string(safe, "\u2026");
}

int ink_text(struct canvas *canvas, int row, int column, int max, const char *text, unsigned style)
{
    struct text safe;
    if (max <= 0 || !text || !*text)
        return 0;
    make_fitting(&safe, text, max);
    int used = canvas_put_text(canvas, row, column, max, safe.data, style);
    text_release(&safe);
    return used;
}

void ink_right(struct canvas *canvas, int row, int column, int cells, const char *text, unsigned style)
{
    struct text safe;
    if (cells <= 0)
        return;
    make_fitting(&safe, text, cells);
    int width = (int)utf8_width(safe.data);
    canvas_put_text(canvas, row, column + cells - width, width, safe.data, style);
    text_release(&safe);
}

int ink_width(const char *text)
{
    struct text safe;
    make_fitting(&safe, text, -1);
    int width = (int)utf8_width(safe.data);
    text_release(&safe);
    return width;
}

void ink_bar(struct canvas *canvas, int row, int column, int cells, double percent, unsigned full, unsigned empty)
{
    if (cells <= 0)
        return;
    int halves = percent <= 0 ? 0 : percent >= 100 ? 2 * cells : (int)(percent * 2 * cells / 100);
    canvas_fill(canvas, row, column, 1, cells, SHADE_LIGHT, empty);
    canvas_fill(canvas, row, column, 1, halves / 2, BLOCK_FULL, full);
    if (halves % 2)
        canvas_put(canvas, row, column + halves / 2, BLOCK_HALF, full);
}

void ink_box(struct canvas *canvas, struct rectangle place, const char *title, unsigned style, unsigned title_style)
{
    int bottom = place.row + place.height - 1, right = place.column + place.width - 1;
    canvas_fill(canvas, place.row, place.column, place.height, place.width, ' ', 0);
    canvas_fill(canvas, place.row, place.column, 1, place.width, 0x2500, style);
    canvas_fill(canvas, bottom, place.column, 1, place.width, 0x2500, style);
    canvas_fill(canvas, place.row, place.column, place.height, 1, 0x2502, style);
    canvas_fill(canvas, place.row, right, place.height, 1, 0x2502, style);
    canvas_put(canvas, place.row, place.column, 0x256d, style);
    canvas_put(canvas, place.row, right, 0x256e, style);
    canvas_put(canvas, bottom, place.column, 0x2570, style);
    canvas_put(canvas, bottom, right, 0x256f, style);
    if (place.width < 8)
        return;
    int used = ink_text(canvas, place.row, place.column + 3, place.width - 6, title, title_style);
    canvas_put(canvas, place.row, place.column + 2, ' ', style);
    canvas_put(canvas, place.row, place.column + 3 + used, ' ', style);
}

const char *ink_duration(int64_t milliseconds, char buffer[32])
{
    return clock_format_duration(milliseconds, buffer, 32);
}

static const char *format_time(wall_time time, const char *format, char buffer[32])
{
    time_t seconds = (time_t)(time / 1000);
    struct tm parts;
    buffer[0] = '\0';
    if (time != 0 && localtime_r(&seconds, &parts) && strcmp(format, "%T") == 0)
        strftime(buffer, 32, "%H:%M:%S", &parts);
    else if (time != 0 && localtime_r(&seconds, &parts))
        strftime(buffer, 32, "%Y-%m-%d %H:%M:%S", &parts);
    return buffer;
}

const char *ink_clock(wall_time time, char buffer[32])
{
    return format_time(time, "%T", buffer);
}

const char *ink_date(wall_time time, char buffer[32])
{
    return format_time(time, "%F %T", buffer);
}

static const struct {
    uint32_t from;
    char to;
} ascii_table[] = {{0x00b7, '.'}, {0x00d7, 'x'}, {0x2013, '-'}, {0x2014, '-'}, {0x2016, '='}, {0x2018, '\''},
    {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x2026, '~'}, {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'},
    {0x2193, 'v'}, {0x21b7, '/'}, {0x2298, '%'}, {0x2500, '-'}, {0x2501, '='}, {0x2502, '|'}, {0x2503, '|'},
    {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'}, {0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'},
    {0x252d, '+'}, {0x252e, '+'}, {0x252f, '+'}, {0x2534, '+'}, {0x2535, '+'}, {0x2536, '+'}, {0x2537, '+'},
    {0x253c, '+'}, {0x254b, '*'}, {0x256d, '+'}, {0x256e, '+'}, {0x256f, '+'}, {0x2570, '+'}, {0x2588, '#'},
    {0x258c, '='}, {0x2591, '.'}, {0x25b2, '^'}, {0x25b6, '>'}, {0x25b7, '>'}, {0x25b8, '>'}, {0x25bc, 'v'},
    {0x25c7, '-'}, {0x25cb, 'o'}, {0x25cf, '*'}, {0x25d4, '@'}, {0x2714, '+'}, {0x2718, 'x'}};

static char ascii_of(uint32_t code_point)
{
    size_t low = 0, high = sizeof ascii_table / sizeof ascii_table[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ascii_table[middle].from < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < sizeof ascii_table / sizeof ascii_table[0] && ascii_table[low].from == code_point;
    return found ? ascii_table[low].to : '?';
}

const char *ink_size(int64_t bytes, char buffer[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t unit = 0;
    while (size >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        size /= 1024;
        unit++;
    }
    snprintf(buffer, 32, unit > 0 ? "%.1f %s" : "%.0f %s", size, units[unit]);
    return buffer;
}

void ink_ascii(struct canvas *canvas)
{
    size_t count = (size_t)canvas->width * (size_t)canvas->height;
    for (size_t i = 0; i < count; i++) {
        struct cell *cell = &canvas->cells[i];
        memset(cell->combining, 0, sizeof cell->combining);
        if (cell->code_point >= 0x7f)
            cell->code_point = (unsigned char)ascii_of(cell->code_point);
        else if (cell->width == 0)
            cell->code_point = ' ';
        cell->width = 1;
    }
}
