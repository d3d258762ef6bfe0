/* SPDX-License-Identifier: Apache-2.0 */
#include "line_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

struct line {
    const char *text;
    size_t length;
};

struct lines {
    struct line *items;
    size_t count, capacity;
};

static void split(const char *text, struct lines *lines)
{
    *lines = (struct lines){0};
    while (*text) {
        size_t length = strcspn(text, "\n");
        memory_grow(&lines->items, &lines->capacity, lines->count + 1, sizeof *lines->items);
        lines->items[lines->count++] = (struct line){text, length};
        text += length + (text[length] == '\n');
    }
}

static int same(const struct line *one, const struct line *other)
{
    return one->length == other->length && memcmp(one->text, other->text, one->length) == 0;
}

/* The two texts and what is told of them. */
struct comparison {
    struct lines old, new;
    line_diff_function *tell;
    void *argument;
};

static void tell_lines(const struct comparison *comparison, char sign, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        comparison->tell(comparison->argument, sign, lines[i].text, lines[i].length);
}

/* The middle, by the table of common lengths: table[i][j] of old from i and new from j. */
static void tell_middle(
    const struct comparison *comparison, const struct line *old, size_t rows, const struct line *new, size_t columns)
{
    if (rows > LINE_DIFF_LIMIT || columns > LINE_DIFF_LIMIT) {
        tell_lines(comparison, '-', old, rows);
        tell_lines(comparison, '+', new, columns);
        return;
    }
    size_t width = columns + 1, i = 0, j = 0;
    uint16_t *table = memory_new_array((rows + 1) * width, sizeof *table);
    for (size_t row = rows; row-- > 0;) {
        for (size_t column = columns; column-- > 0;) {
            uint16_t down = table[(row + 1) * width + column], right = table[row * width + column + 1];
            uint16_t both = (uint16_t)(table[(row + 1) * width + column + 1] + 1);
            table[row * width + column] = same(&old[row], &new[column]) ? both : down > right ? down : right;
        }
    }
    while (i < rows || j < columns) {
        if (i < rows && j < columns && same(&old[i], &new[j])) {
            tell_lines(comparison, ' ', &old[i++], 1);
            j++;
        } else if (j == columns || (i < rows && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
            tell_lines(comparison, '-', &old[i++], 1);
        } else {
            tell_lines(comparison, '+', &new[j++], 1);
        }
    }
    free(table);
}

void line_diff(const char *old, const char *new, line_diff_function *tell, void *argument)
{
    struct comparison comparison = {.tell = tell, .argument = argument};
    size_t first = 0, last = 0;
    split(old, &comparison.old);
    split(new, &comparison.new);
    size_t rows = comparison.old.count, columns = comparison.new.count;
    while (first < rows && first < columns && same(&comparison.old.items[first], &comparison.new.items[first]))
        first++;
    while (last < rows - first && last < columns - first &&
           same(&comparison.old.items[rows - 1 - last], &comparison.new.items[columns - 1 - last]))
        last++;
    tell_lines(&comparison, ' ', comparison.old.items, first);
    tell_middle(&comparison, rows ? comparison.old.items + first : NULL, rows - first - last,
        columns ? comparison.new.items + first : NULL, columns - first - last);
    if (last > 0)
        tell_lines(&comparison, ' ', comparison.old.items + rows - last, last);
    free(comparison.old.items);
    free(comparison.new.items);
}

/* Changed lines with a few around them. */
struct summary {
    struct text text;
    struct line around[LINE_DIFF_CONTEXT]; /* the last equal lines, the newest last */
    size_t same, followed;                 /* equal lines in a row; of them told behind a change */
    size_t shown;
    bool any;
};

static void append_line(struct summary *summary, char sign, const struct line *line)
{
    if (summary->shown++ >= LINE_DIFF_SHOWN)
        return;
    text_append_byte(&summary->text, sign);
    text_append_byte(&summary->text, ' ');
    text_append(&summary->text, line->text, line->length);
    text_append_byte(&summary->text, '\n');
}

static void take_same(struct summary *summary, const struct line *line)
{
    summary->same++;
    if (summary->any && summary->followed < LINE_DIFF_CONTEXT) {
        append_line(summary, ' ', line);
        summary->followed++;
    }
    memmove(summary->around, summary->around + 1, (LINE_DIFF_CONTEXT - 1) * sizeof *line);
    summary->around[LINE_DIFF_CONTEXT - 1] = *line;
}

/* What comes before a change and was not told behind the one before it. */
static void tell_around(struct summary *summary)
{
    size_t left = summary->same - summary->followed;
    size_t count = left < LINE_DIFF_CONTEXT ? left : LINE_DIFF_CONTEXT;
    if (left > count && summary->any && summary->shown++ < LINE_DIFF_SHOWN)
        text_append_string(&summary->text, "...\n");
    for (size_t i = LINE_DIFF_CONTEXT - count; i < LINE_DIFF_CONTEXT; i++)
        append_line(summary, ' ', &summary->around[i]);
}

static void take_line(void *argument, char sign, const char *text, size_t length)
{
    struct summary *summary = argument;
    const struct line line = {text, length};
    if (sign == ' ') {
        take_same(summary, &line);
        return;
    }
    tell_around(summary);
    summary->same = summary->followed = 0;
    summary->any = true;
    append_line(summary, sign, &line);
}

char *line_diff_summary(const char *old, const char *new)
{
    struct summary summary = {0};
    text_init(&summary.text, 0);
    line_diff(old, new, take_line, &summary);
    if (!summary.any)
        text_clear(&summary.text);
    if (summary.shown > LINE_DIFF_SHOWN)
        text_append_format(&summary.text, "... and %zu more lines\n", summary.shown - LINE_DIFF_SHOWN);
    return text_take(&summary.text);
}
