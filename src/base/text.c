/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

/* What data points at while nothing was appended; never written to. */
static char nothing[1];

void text_init(struct text *text, size_t limit)
{
    *text = (struct text){.data = nothing, .limit = limit ? limit : TEXT_LIMIT_DEFAULT};
}

void text_release(struct text *text)
{
    if (text->data != nothing)
        free(text->data);
    text_init(text, text->limit);
}

void text_clear(struct text *text)
{
    text_truncate(text, 0);
    text->overflowed = false;
}

static void reserve(struct text *text, size_t needed)
{
    if (needed <= text->capacity)
        return;
    char *data = text->data == nothing ? NULL : text->data;
    memory_grow(&data, &text->capacity, needed, 1);
    text->data = data;
}

enum status text_append(struct text *text, const void *bytes, size_t length)
{
    size_t room = text->limit - text->length;
    enum status status = STATUS_OK;
    if (length > room) {
        length = room;
        text->overflowed = true;
        status = STATUS_TOO_LARGE;
    }
    if (length) {
        reserve(text, text->length + length + 1);
        memcpy(text->data + text->length, bytes, length);
        text->length += length;
        text->data[text->length] = '\0';
    }
    return status;
}

enum status text_append_string(struct text *text, const char *string)
{
    return text_append(text, string, strlen(string));
}

enum status text_append_byte(struct text *text, char byte)
{
    return text_append(text, &byte, 1);
}

enum status text_append_format_list(struct text *text, const char *format, va_list list)
{
    char small[256];
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(small, sizeof small, format, list);
    enum status status = STATUS_INVALID;
    if (length >= 0 && (size_t)length < sizeof small) {
        status = text_append(text, small, (size_t)length);
    } else if (length >= 0) {
        char *large = memory_new((size_t)length + 1);
        vsnprintf(large, (size_t)length + 1, format, again);
        status = text_append(text, large, (size_t)length);
        free(large);
    }
    va_end(again);
    return status;
}

enum status text_append_format(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    enum status status = text_append_format_list(text, format, list);
    va_end(list);
    return status;
}

void text_consume(struct text *text, size_t length)
{
    if (length >= text->length) {
        text_truncate(text, 0);
        return;
    }
    text->length -= length;
    memmove(text->data, text->data + length, text->length + 1);
}

void text_truncate(struct text *text, size_t length)
{
    if (length >= text->length)
        return;
    text->length = length;
    text->data[length] = '\0';
}

char *text_take(struct text *text)
{
    char *data = text->data == nothing ? memory_copy_span("", 0) : text->data;
    text_init(text, text->limit);
    return data;
}

enum status text_read_file(struct text *text, const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot read %s", path);
    enum status status = STATUS_OK;
    char chunk[16384];
    ssize_t got;
    while (status == STATUS_OK && (got = read(descriptor, chunk, sizeof chunk)) != 0) {
        if (got > 0)
            status = text_append(text, chunk, (size_t)got);
        else if (errno != EINTR)
            status = error_set_errno(error, errno, "cannot read %s", path);
    }
    if (status == STATUS_TOO_LARGE)
        error_set(error, status, "%s is larger than %zu bytes", path, text->limit);
    close(descriptor);
    return status;
}

static bool is_shell_safe(const char *string)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-";
    return *string && !string[strspn(string, safe)];
}

void text_append_shell_quoted(struct text *text, const char *string)
{
    if (is_shell_safe(string)) {
        text_append_string(text, string);
        return;
    }
    text_append_byte(text, '\'');
    for (const char *byte = string; *byte; byte++) {
        if (*byte == '\'')
            text_append_string(text, "'\\''");
        else
            text_append_byte(text, *byte);
    }
    text_append_byte(text, '\'');
}
