/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/host_list.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"

enum { BYTES_LIMIT = 16 << 20, BRACKETS_LIMIT = 16, DIGITS_LIMIT = 15 };

void name_list_init(struct name_list *list)
{
    *list = (struct name_list){0};
}

static void cut(struct name_list *list, size_t count)
{
    while (list->count > count)
        free(list->names[--list->count]);
}

void name_list_release(struct name_list *list)
{
    cut(list, 0);
    free(list->names);
    name_list_init(list);
}

void name_list_add(struct name_list *list, const char *name)
{
    memory_grow(&list->names, &list->capacity, list->count + 1, sizeof *list->names);
    list->names[list->count++] = memory_copy_text(name);
}

/* An expansion under way: name is what the brackets so far have made. */
struct expansion {
    const char *text, *start; /* the whole list, and the name in it that is being expanded */
    struct name_list *list;
    size_t first, bytes; /* names of the list before this expansion; bytes added by it */
    struct text name;
    struct error *error;
};

static enum status refuse(const struct expansion *expansion, enum status status, const char *at, const char *message)
{
    return error_set_at(expansion->error, status, NULL, 0, (unsigned)(at - expansion->text) + 1, "%s", message);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* "3", "01-10": width is that of the first number as written, so that zeros are kept. */
struct range {
    uint64_t first, last;
    int width;
};

/* Reads a number at *at; false where there is none or it is too long. */
static bool read_number(const char **at, const char *end, uint64_t *number, int *width)
{
    const char *start = *at;
    *number = 0;
    for (; *at < end && **at >= '0' && **at <= '9' && *at - start <= DIGITS_LIMIT; ++*at)
        *number = *number * 10 + (uint64_t)(**at - '0');
    *width = (int)(*at - start);
    return *width > 0 && *width <= DIGITS_LIMIT;
}

/* Reads one range of a bracket that ends at end, and the comma behind it. */
static enum status read_range(const struct expansion *expansion, const char **at, const char *end, struct range *range)
{
    static const char expected[] = "a number or a range like 1-3 is expected here";
    int width;
    const char *start = *at = skip_blanks(*at, end);
    if (!read_number(at, end, &range->first, &range->width))
        return refuse(expansion, STATUS_INVALID, start, expected);
    range->last = range->first;
    if (*at < end && **at == '-') {
        const char *second = ++*at;
        if (!read_number(at, end, &range->last, &width))
            return refuse(expansion, STATUS_INVALID, second, expected);
    }
    if (range->last < range->first)
        return refuse(expansion, STATUS_INVALID, start, "this range runs backwards");
    *at = skip_blanks(*at, end);
    if (*at == end)
        return STATUS_OK;
    if (**at != ',' || skip_blanks(*at + 1, end) == end)
        return refuse(expansion, STATUS_INVALID, *at, expected);
    ++*at;
    return STATUS_OK;
}

static enum status add_name(struct expansion *expansion)
{
    if (expansion->name.overflowed || expansion->list->count - expansion->first == HOST_LIST_LIMIT ||
        expansion->bytes + expansion->name.length > BYTES_LIMIT)
        return refuse(expansion, STATUS_TOO_LARGE, expansion->start, "this makes too many names");
    name_list_add(expansion->list, expansion->name.data);
    expansion->bytes += expansion->name.length;
    return STATUS_OK;
}

/* Expands what is left of one name from at on, each time behind what expansion->name holds. */
static enum status expand_rest(struct expansion *expansion, const char *at, const char *end, unsigned brackets)
{
    size_t before = expansion->name.length;
    const char *open = memchr(at, '[', (size_t)(end - at));
    const char *literal_end = open ? open : end, *stray = memchr(at, ']', (size_t)(literal_end - at));
    if (stray)
        return refuse(expansion, STATUS_INVALID, stray, "a ']' without its '['");
    text_append(&expansion->name, at, (size_t)(literal_end - at));
    enum status status = STATUS_OK;
    if (!open) {
        status = add_name(expansion);
        goto out;
    }
    const char *close = memchr(open, ']', (size_t)(end - open)), *item = open + 1;
    if (!close)
        status = refuse(expansion, STATUS_INVALID, open, "a '[' that is never closed");
    else if (brackets == BRACKETS_LIMIT)
        status = refuse(expansion, STATUS_TOO_LARGE, open, "too many brackets in one name");
    while (status == STATUS_OK) {
        struct range range;
        status = read_range(expansion, &item, close, &range);
        for (uint64_t number = range.first; status == STATUS_OK && number <= range.last; number++) {
            size_t length = expansion->name.length;
            text_append_format(&expansion->name, "%0*" PRIu64, range.width, number);
            status = expand_rest(expansion, close + 1, end, brackets + 1);
            text_truncate(&expansion->name, length);
        }
        if (item == close)
            break;
    }
out:
    text_truncate(&expansion->name, before);
    return status;
}

/* The end of the name that begins at start: the next comma outside brackets. */
static const char *find_comma(const char *start)
{
    bool inside = false;
    for (; *start && (inside || *start != ','); start++)
        inside = *start == '[' || (inside && *start != ']');
    return start;
}

enum status host_list_expand(const char *text, struct name_list *list, struct error *error)
{
    struct expansion expansion = {.text = text, .list = list, .first = list->count, .error = error};
    enum status status = STATUS_OK;
    text_init(&expansion.name, BYTES_LIMIT);
    for (const char *at = text, *comma;; at = comma + 1) {
        comma = find_comma(at);
        const char *start = expansion.start = skip_blanks(at, comma), *end = comma;
        while (end > start && is_blank(end[-1]))
            end--;
        if (start == end)
            status = refuse(&expansion, STATUS_INVALID, at, "a name is missing here");
        else
            status = expand_rest(&expansion, start, end, 0);
        if (status != STATUS_OK || !*comma)
            break;
    }
    if (status != STATUS_OK)
        cut(list, expansion.first);
    text_release(&expansion.name);
    return status;
}
