/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a log that is held: a bounded window of bytes and where its lines begin. The log itself may be of any
 * size; a line of any length is shown in pieces.
 */
#ifndef DAGTOP_UI_LOG_WINDOW_H
#define DAGTOP_UI_LOG_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/text.h"

enum { LOG_WINDOW_LIMIT = 4 << 20, LOG_PIECE_LIMIT = 2048 };

struct log_window {
    char *bytes;
    size_t length, capacity;
    int64_t offset; /* of bytes[0] in the log */
    size_t *starts; /* of lines, in bytes */
    size_t line_count, line_capacity;
};

void log_window_init(struct log_window *window);
void log_window_release(struct log_window *window);
void log_window_clear(struct log_window *window);

/* Where the window ends in the log. */
int64_t log_window_end(const struct log_window *window);

/*
 * Takes bytes of the log that begin at offset: at the end of the window, or ending where it begins, or the first ones
 * at all; others are ignored (false). Beyond LOG_WINDOW_LIMIT the far end is forgotten. moved gets how many lines came
 * before the first one of earlier (negative: went).
 */
bool log_window_add(struct log_window *window, int64_t offset, const char *bytes, size_t length, long *moved);

/*
 * Appends a line as harmless text: without its newline, and of what a program overwrote with carriage returns only
 * the last version, as a terminal would show it.
 */
void log_window_line(const struct log_window *window, size_t line, struct text *text);

/*
 * The next line from first on, forwards or backwards, whose text has needle in it (any case, unless needle has capital
 * letters); SIZE_MAX where there is none.
 */
size_t log_window_find(const struct log_window *window, size_t first, bool forwards, const char *needle);

/* Where needle is in text, by the rule of log_window_find; NULL where it is not. */
const char *log_window_match(const char *text, const char *needle);

#endif
