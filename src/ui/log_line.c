/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "log_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "log_window.h"

static bool digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

/* "21:03:02" somewhere in the first word, and nothing in it that no time has. */
static bool is_clock(const char *text, size_t length)
{
    if (strspn(text, "0123456789-:/.,TZ+[]") < length)
        return false;
    for (size_t i = 0; i + 8 <= length; i++) {
        if (digits(text + i, 2) && text[i + 2] == ':' && digits(text + i + 3, 2) && text[i + 5] == ':' &&
            digits(text + i + 6, 2))
            return true;
    }
    return false;
}

static bool is_date(const char *text, size_t length)
{
    const char *digit = text + (text[0] == '[');
    return length >= 10 && digits(digit, 4) && strchr("-/.", digit[4]) && digits(digit + 5, 2);
}

size_t log_line_time(const char *line)
{
    size_t first = strcspn(line, " ");
    size_t end = first;
    if (is_date(line, first) && !is_clock(line, first) && line[first] == ' ') {
        size_t second = strcspn(line + first + 1, " ");
        if (!is_clock(line + first + 1, second))
            return 0;
        end = first + 1 + second;
    } else if (!is_clock(line, first)) {
        return 0;
    }
    return end + strspn(line + end, " ");
}

bool log_line_is_error(const char *line)
{
    static const char *const words[] = {"error", "traceback", "exception", "fatal", "segmentation fault", "killed",
        "out of memory", "core dumped", "no such file", "command not found", "permission denied", "cannot ", "panic"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(line, words[i]))
            return true;
    }
    return false;
}

bool log_line_fits(const char *line, const char *words)
{
    bool inverse = words[0] == '!';
    words += inverse;
    return words[0] == '\0' || (log_window_match(line, words) != NULL) != inverse;
}
