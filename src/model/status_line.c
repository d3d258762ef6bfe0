/* SPDX-License-Identifier: Apache-2.0 */
/* For memmem. */
#define _GNU_SOURCE
#include "dagtop/model/status_line.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/base/utf8.h"
#include "status_line_mllog.h"

enum { KEY_LIMIT = 64 };

static const char cloudmesh_marker[] = "# cloudmesh ";
static const char mllog_marker[] = ":::MLLOG ";

void report_init(struct report *report)
{
    *report = (struct report){.progress = -1};
}

void report_release(struct report *report)
{
    free(report->status);
    free(report->pid);
    free(report->time);
    free(report->host);
    free(report->message);
    attributes_release(&report->metrics);
    report_init(report);
}

void report_copy(struct report *target, const struct report *source)
{
    *target = *source;
    target->status = memory_copy_text(source->status);
    target->pid = memory_copy_text(source->pid);
    target->time = memory_copy_text(source->time);
    target->host = memory_copy_text(source->host);
    target->message = memory_copy_text(source->message);
    attributes_copy(&target->metrics, &source->metrics);
}

static bool same(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

bool report_equal(const struct report *one, const struct report *other)
{
    return one->any == other->any && one->progress == other->progress && same(one->status, other->status) &&
           same(one->pid, other->pid) && same(one->time, other->time) && same(one->host, other->host) &&
           same(one->message, other->message) && attributes_equal(&one->metrics, &other->metrics);
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static size_t key_length(const char *at, const char *end)
{
    const char *key = at;
    if (at == end || !is_letter(*at))
        return 0;
    while (at < end && (is_letter(*at) || is_digit(*at) || (*at && strchr("./:@-", *at))))
        at++;
    return at - key <= KEY_LIMIT ? (size_t)(at - key) : 0;
}

void report_set_metric(struct report *report, const char *key, const char *value)
{
    size_t length = strlen(key);
    if (length == 0 || key_length(key, key + length) != length || strlen(value) > STATUS_LINE_LIMIT)
        return;
    if (report->metrics.count < REPORT_METRIC_LIMIT || attributes_get(&report->metrics, key))
        attributes_set(&report->metrics, key, value);
}

/* One key=value of a line; a word that is none has key NULL. */
struct word {
    const char *key, *value;
    size_t key_length, value_length;
};

/* The next word from *at on; false at the end. A quote that is never closed makes the rest of the line one word that is
 * no pair. */
static bool word_next(const char **at, const char *end, struct word *word)
{
    while (*at < end && is_blank(**at))
        ++*at;
    if (*at == end)
        return false;
    const char *value = *at + key_length(*at, end);
    *word = (struct word){.key = *at, .key_length = (size_t)(value - *at)};
    bool pair = word->key_length && value < end && *value == '=';
    if (pair)
        value++;
    if (pair && value < end && (*value == '\'' || *value == '"')) {
        const char *close = memchr(value + 1, *value, (size_t)(end - value - 1));
        word->value = value + 1;
        word->value_length = close ? (size_t)(close - value - 1) : 0;
        *at = close ? close + 1 : end;
        pair = close != NULL;
    } else {
        word->value = value;
        while (value < end && !is_blank(*value))
            value++;
        word->value_length = (size_t)(value - word->value);
        *at = value;
    }
    if (!pair)
        word->key = NULL;
    return true;
}

/* The bytes as valid UTF-8 without NUL: what is not becomes U+FFFD. */
static char *copy_valid(const char *bytes, size_t length)
{
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        char encoded[4];
        i += utf8_read(bytes + i, length - i, &code_point);
        text_append(&text, encoded, utf8_write(code_point ? code_point : 0xfffd, encoded));
    }
    return text_take(&text);
}

/* A decimal number with an optional exponent, whatever the locale; neither "nan" nor "inf" is one. */
static bool parse_number(const char *text, double *number)
{
    double value = 0, scale = 1;
    bool digits = false, negative = *text == '-';
    int exponent = 0;
    if (*text == '-' || *text == '+')
        text++;
    for (; is_digit(*text); text++, digits = true)
        value = value * 10 + (*text - '0');
    if (*text == '.')
        for (text++; is_digit(*text); text++, digits = true)
            value += (*text - '0') * (scale /= 10);
    if (digits && (*text == 'e' || *text == 'E')) {
        bool down = *++text == '-';
        if (*text == '-' || *text == '+')
            text++;
        for (digits = false; is_digit(*text); text++, digits = true)
            exponent = exponent < 400 ? exponent * 10 + (*text - '0') : exponent;
        for (; exponent > 0 && value > 0 && value < 1e300; exponent--)
            value = down ? value / 10 : value * 10;
    }
    *number = negative ? -value : value;
    return digits && !*text;
}

static bool set_progress(struct report *report, const char *value)
{
    double number;
    if (!parse_number(value, &number))
        return false;
    report->progress = number < 0 ? 0 : number > 100 ? 100 : number;
    return true;
}

static void replace(char **field, const char *value)
{
    free(*field);
    *field = memory_copy_text(value);
}

/* False where the value is none that the key can have. */
static bool report_set(struct report *report, const char *key, const char *value)
{
    const struct {
        const char *key;
        char **field;
    } fields[] = {{"status", &report->status}, {"pid", &report->pid}, {"time", &report->time}, {"host", &report->host},
        {"msg", &report->message}};
    if (strcmp(key, "progress") == 0)
        return set_progress(report, value);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(key, fields[i].key) == 0) {
            if (*value)
                replace(fields[i].field, value);
            return *value;
        }
    }
    report_set_metric(report, key, value);
    return true;
}

static bool add_words(struct report *report, const char *at, const char *end)
{
    struct word word;
    bool any = false;
    while (word_next(&at, end, &word)) {
        if (!word.key)
            continue;
        char *key = memory_copy_span(word.key, word.key_length);
        char *value = copy_valid(word.value, word.value_length);
        any |= report_set(report, key, value);
        free(key);
        free(value);
    }
    report->any |= any;
    return any;
}

/* StopWatch of cloudmesh-common prints its further pairs on a line of their own: nothing else may stand there. */
static bool is_continuation(const char *at, const char *end)
{
    struct word word;
    if (at == end || !is_blank(*at))
        return false;
    bool any = false;
    for (; word_next(&at, end, &word); any = true)
        if (!word.key)
            return false;
    return any;
}

bool report_add_line(struct report *report, const char *line, size_t length, bool continued)
{
    if (length > STATUS_LINE_LIMIT)
        length = STATUS_LINE_LIMIT;
    const char *end = line + length;
    const char *status = memmem(line, length, cloudmesh_marker, sizeof cloudmesh_marker - 1);
    if (status)
        return add_words(report, status + sizeof cloudmesh_marker - 1, end);
    const char *mllog = memmem(line, length, mllog_marker, sizeof mllog_marker - 1);
    if (mllog) {
        mllog += sizeof mllog_marker - 1;
        return status_line_mllog_read(report, mllog, (size_t)(end - mllog));
    }
    return continued && is_continuation(line, end) && add_words(report, line, end);
}
