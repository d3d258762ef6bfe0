/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/load/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"

void reading_init(struct reading *reading, const char *file, struct error_list *errors, struct error_list *warnings)
{
    *reading = (struct reading){.file = file,
        .errors = errors,
        .warnings = warnings,
        .first_error = errors ? errors->count : 0,
        .first_warning = warnings ? warnings->count : 0};
}

void reading_about(struct reading *reading, const char *noun, const char *name)
{
    reading->noun = noun;
    reading->name = name;
}

FORMAT_LIKE_PRINTF(4, 0)
static void tell(
    struct reading *reading, struct error_list *list, struct place place, const char *format, va_list arguments)
{
    struct text sentence, safe;
    if (!list)
        return;
    text_init(&sentence, 0);
    text_init(&safe, 0);
    if (reading->noun)
        text_append_string(&sentence, reading->noun);
    if (reading->noun && reading->name)
        text_append_format(&sentence, " %s", quote(reading->name).bytes);
    if (reading->noun)
        text_append_string(&sentence, ": ");
    text_append_format_list(&sentence, format, arguments);
    utf8_append_safe(&safe, sentence.data, sentence.length);
    error_list_add(list, STATUS_INVALID, reading->file, place.line, place.column, "%s", safe.data);
    text_release(&sentence);
    text_release(&safe);
}

void reading_error(struct reading *reading, struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(reading, reading->errors, place, format, arguments);
    va_end(arguments);
    reading->failed = true;
}

void reading_warn(struct reading *reading, struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell(reading, reading->warnings, place, format, arguments);
    va_end(arguments);
}

static bool stands_before(const struct error *one, const struct error *other)
{
    return one->line < other->line || (one->line == other->line && one->column < other->column);
}

/* Insertion sort: the order of what stands at one place is kept, and there are at most 50. */
static void sort_from(struct error_list *list, unsigned first)
{
    if (!list)
        return;
    for (unsigned i = first + 1; i < list->count; i++) {
        struct error moved = list->errors[i];
        unsigned at = i;
        for (; at > first && stands_before(&moved, &list->errors[at - 1]); at--)
            list->errors[at] = list->errors[at - 1];
        list->errors[at] = moved;
    }
}

enum status reading_finish(struct reading *reading)
{
    sort_from(reading->errors, reading->first_error);
    sort_from(reading->warnings, reading->first_warning);
    return reading->failed ? STATUS_INVALID : STATUS_OK;
}

struct quoted quote(const char *text)
{
    enum { SHOWN = sizeof((struct quoted *)0)->bytes - sizeof "\"\"..." };
    struct quoted quoted;
    size_t length = strlen(text), shown = length;
    if (length > SHOWN) {
        shown = SHOWN;
        while (shown && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--;
    }
    snprintf(quoted.bytes, sizeof quoted.bytes, "\"%.*s%s\"", (int)shown, text, shown < length ? "..." : "");
    return quoted;
}
