/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing string with a hard limit.
 *
 * Invariant: data is never NULL and data[length] is 0, so data is always a C string; bytes before length may be
 * anything. Appending past the limit keeps what fits, sets overflowed and returns STATUS_TOO_LARGE: no peer can grow it
 * further.
 */
#ifndef DAGTOP_BASE_TEXT_H
#define DAGTOP_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "dagtop/base/status.h"

struct text {
    char *data;
    size_t length, capacity, limit;
    bool overflowed;
};

enum { TEXT_LIMIT_DEFAULT = 16 << 20 };

/* An empty text that takes up to limit bytes (0: TEXT_LIMIT_DEFAULT). No memory is taken before the first byte. */
void text_init(struct text *text, size_t limit);

/* Frees the content; the text may be used again. */
void text_release(struct text *text);

/* Forgets the content, keeps the memory. */
void text_clear(struct text *text);

/* Append bytes, a string, one byte, a formatted string. */
enum status text_append(struct text *text, const void *bytes, size_t length);
enum status text_append_string(struct text *text, const char *string);
enum status text_append_byte(struct text *text, char byte);
enum status text_append_format(struct text *text, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);
enum status text_append_format_list(struct text *text, const char *format, va_list list) FORMAT_LIKE_PRINTF(2, 0);

/* Removes length bytes from the front. */
void text_consume(struct text *text, size_t length);

/* Cuts the text to length bytes (no effect when it is shorter). */
void text_truncate(struct text *text, size_t length);

/* Hands the string to the caller, who frees it; the text is empty afterwards. */
char *text_take(struct text *text);

/* Reads a whole file of at most the text's limit, appending it. */
enum status text_read_file(struct text *text, const char *path, struct error *error) MUST_CHECK;

/* Appends string quoted for POSIX sh: '...' with each ' as '\''. No quotes where only safe letters stand in it. */
void text_append_shell_quoted(struct text *text, const char *string);

#endif
