/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "log_window.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

void log_window_init(struct log_window *window)
{
    *window = (struct log_window){0};
}

void log_window_release(struct log_window *window)
{
    free(window->bytes);
    free(window->starts);
    log_window_init(window);
}

void log_window_clear(struct log_window *window)
{
    window->length = 0;
    window->line_count = 0;
    window->offset = 0;
}

int64_t log_window_end(const struct log_window *window)
{
    return window->offset + (int64_t)window->length;
}

static void add_start(struct log_window *window, size_t start)
{
    memory_grow(&window->starts, &window->line_capacity, window->line_count + 1, sizeof *window->starts);
    window->starts[window->line_count++] = start;
}

/* Where the piece of a line that begins at start ends: behind its newline, or at its limit before a whole character. */
static size_t piece_end(const struct log_window *window, size_t start)
{
    size_t most = window->length - start < LOG_PIECE_LIMIT ? window->length - start : LOG_PIECE_LIMIT;
    const char *newline = memchr(window->bytes + start, '\n', most);
    if (newline)
        return (size_t)(newline - window->bytes) + 1;
    size_t end = start + most;
    while (most == LOG_PIECE_LIMIT && end > start + LOG_PIECE_LIMIT - 4 && end < window->length &&
           ((unsigned char)window->bytes[end] & 0xc0) == 0x80)
        end--;
    return end;
}

/* Finds the lines anew, from the last one that was known to begin rightly. */
static void index_lines(struct log_window *window)
{
    size_t start = window->line_count > 0 ? window->starts[--window->line_count] : 0;
    while (start < window->length) {
        add_start(window, start);
        start = piece_end(window, start);
    }
}

/* Lines of a log begin after a newline: a window that begins elsewhere gives up its first, cut line. */
static void drop_cut_line(struct log_window *window)
{
    size_t most = window->length < LOG_PIECE_LIMIT * 8 ? window->length : LOG_PIECE_LIMIT * 8;
    const char *newline = window->offset > 0 && most > 0 ? memchr(window->bytes, '\n', most) : NULL;
    size_t cut = newline ? (size_t)(newline - window->bytes) + 1 : 0;
    if (cut == 0 || cut == window->length)
        return;
    memmove(window->bytes, window->bytes + cut, window->length - cut);
    window->length -= cut;
    window->offset += (int64_t)cut;
}

/* Forgets whole lines at the front until three quarters of the limit are left; returns how many. */
static long trim_front(struct log_window *window)
{
    size_t line = 0, keep = LOG_WINDOW_LIMIT / 4 * 3;
    if (window->length <= LOG_WINDOW_LIMIT)
        return 0;
    while (line + 1 < window->line_count && window->length - window->starts[line] > keep)
        line++;
    size_t cut = window->starts[line];
    memmove(window->bytes, window->bytes + cut, window->length - cut);
    window->length -= cut;
    window->offset += (int64_t)cut;
    window->line_count = 0;
    index_lines(window);
    return (long)line;
}

static long add_behind(struct log_window *window, const char *bytes, size_t length)
{
    memory_grow(&window->bytes, &window->capacity, window->length + length, 1);
    memcpy(window->bytes + window->length, bytes, length);
    window->length += length;
    index_lines(window);
    return -trim_front(window);
}

static long add_before(struct log_window *window, int64_t offset, const char *bytes, size_t length)
{
    size_t lines = 0;
    memory_grow(&window->bytes, &window->capacity, window->length + length, 1);
    memmove(window->bytes + length, window->bytes, window->length);
    memcpy(window->bytes, bytes, length);
    size_t old = window->length;
    window->length += length;
    window->offset = offset;
    drop_cut_line(window);
    size_t added = window->length > old ? window->length - old : 0;
    if (window->length > LOG_WINDOW_LIMIT)
        window->length = LOG_WINDOW_LIMIT / 4 * 3;
    window->line_count = 0;
    index_lines(window);
    while (lines < window->line_count && window->starts[lines] < added)
        lines++;
    return (long)lines;
}

bool log_window_add(struct log_window *window, int64_t offset, const char *bytes, size_t length, long *moved)
{
    *moved = 0;
    if (length == 0 || offset < 0)
        return false;
    if (length > LOG_WINDOW_LIMIT / 2)
        length = LOG_WINDOW_LIMIT / 2;
    if (window->length == 0) {
        window->offset = offset;
        window->line_count = 0;
        add_behind(window, bytes, length);
        drop_cut_line(window);
        window->line_count = 0;
        index_lines(window);
    } else if (offset == log_window_end(window)) {
        *moved = add_behind(window, bytes, length);
    } else if (offset + (int64_t)length == window->offset) {
        *moved = add_before(window, offset, bytes, length);
    } else {
        return false;
    }
    return true;
}

void log_window_line(const struct log_window *window, size_t line, struct text *text)
{
    if (line >= window->line_count)
        return;
    const char *begin = window->bytes + window->starts[line];
    size_t next = line + 1 < window->line_count ? window->starts[line + 1] : window->length;
    const char *end = window->bytes + next;
    while (end > begin && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    const char *overwritten = memrchr(begin, '\r', (size_t)(end - begin));
    if (overwritten)
        begin = overwritten + 1;
    utf8_append_safe(text, begin, (size_t)(end - begin));
}

const char *log_window_match(const char *text, const char *needle)
{
    for (const char *letter = needle; *letter; letter++) {
        if (isupper((unsigned char)*letter))
            return strstr(text, needle);
    }
    return strcasestr(text, needle);
}

size_t log_window_find(const struct log_window *window, size_t first, bool forwards, const char *needle)
{
    struct text text;
    size_t found = SIZE_MAX;
    if (!*needle)
        return found;
    text_init(&text, 0);
    for (size_t line = first; line < window->line_count; line = forwards ? line + 1 : line - 1) {
        text_clear(&text);
        log_window_line(window, line, &text);
        if (log_window_match(text.data, needle)) {
            found = line;
            break;
        }
    }
    text_release(&text);
    return found;
}
