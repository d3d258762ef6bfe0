/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one mutable thing of this room: the terminal must be usable when the program aborts. */
static void (*abort_hook)(void);

void memory_set_abort_hook(void (*hook)(void))
{
    abort_hook = hook;
}

void broken(const char *format, ...)
{
    if (abort_hook)
        abort_hook();
    va_list list;
    va_start(list, format);
    fputs("dagtop: internal error: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    abort();
}

void *memory_new_array(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        broken("out of memory (%zu times %zu bytes)", count, size);
    return memory;
}

void *memory_new(size_t size)
{
    return memory_new_array(1, size);
}

char *memory_copy_span(const char *text, size_t length)
{
    char *copy = memory_new_array(length + 1, 1);
    if (length)
        memcpy(copy, text, length);
    return copy;
}

char *memory_copy_text(const char *text)
{
    return text ? memory_copy_span(text, strlen(text)) : NULL;
}

char *memory_format(const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0)
        broken("a format that cannot be printed: %s", format);
    char *text = memory_new_array((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

enum { FIRST_SIZE = 64 };

void memory_grow(void *items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return;
    /* Most arrays stay small, and there are some for each node. */
    size_t larger = *capacity ? *capacity : item_size < FIRST_SIZE ? FIRST_SIZE / item_size : 1;
    while (larger < needed) {
        if (larger > SIZE_MAX / 2 / item_size)
            broken("an array of %zu items is too large", needed);
        larger *= 2;
    }
    void *memory;
    memcpy(&memory, items, sizeof memory);
    memory = realloc(memory, larger * item_size);
    if (!memory)
        broken("out of memory (%zu times %zu bytes)", larger, item_size);
    memset((char *)memory + *capacity * item_size, 0, (larger - *capacity) * item_size);
    memcpy(items, &memory, sizeof memory);
    *capacity = larger;
}
