/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/label.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dagtop/base/memory.h"

enum { LABEL_LIMIT = 4096, WORD_LIMIT = 512 };

static const char not_known[] = "N/A";

/* One {word}: its name, and the format behind the first dot (NULL: no dot). */
struct word {
    char *name, *format;
};

static void append_known(struct text *text, const char *value)
{
    text_append_string(text, value ? value : not_known);
}

/* The format comes from the user's file; append_moment lets through one known conversion at a time. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void append_conversion(struct text *text, const char *conversion, const struct tm *moment)
{
    char buffer[128];
    text_append(text, buffer, strftime(buffer, sizeof buffer, conversion, moment));
}
#pragma GCC diagnostic pop

/* Appends one literal character of a format, in which "--" stands for ':'. Returns how many bytes that took. */
static size_t append_literal(struct text *text, const char *format)
{
    bool colon = format[0] == '-' && format[1] == '-';
    text_append_byte(text, colon ? ':' : format[0]);
    return colon ? 2 : 1;
}

static void append_moment(struct text *text, wall_time time, const char *format)
{
    static const char known[] = "aAbBcCdDeFgGhHIjmMnpPrRsStTuUVwWxXyYzZ%";
    time_t seconds = (time_t)(time / 1000);
    struct tm moment;
    if (time == 0 || !localtime_r(&seconds, &moment)) {
        text_append_string(text, not_known);
        return;
    }
    if (!format || !*format)
        format = "%m/%d/%Y, %H:%M:%S";
    while (*format) {
        char conversion[4] = {format[0], format[1]};
        bool flag = format[0] == '%' && format[1] && strchr("-_0^#", format[1]) && format[2] != '-';
        if (flag)
            conversion[2] = format[2];
        char letter = conversion[flag ? 2 : 1];
        if (format[0] == '%' && letter && strchr(known, letter)) {
            append_conversion(text, conversion, &moment);
            format += flag ? 3 : 2;
        } else {
            format += append_literal(text, format);
        }
    }
}

/* One conversion of a duration's format; hours run past 24. False where there is none of that letter. */
static bool append_duration_part(struct text *text, int64_t seconds, char letter)
{
    switch (letter) {
    case 'H':
        text_append_format(text, "%02" PRId64, seconds / 3600);
        return true;
    case 'M':
        text_append_format(text, "%02d", (int)(seconds / 60 % 60));
        return true;
    case 'S':
        text_append_format(text, "%02d", (int)(seconds % 60));
        return true;
    case 'R':
        append_duration_part(text, seconds, 'H');
        text_append_byte(text, ':');
        return append_duration_part(text, seconds, 'M');
    case 'T':
        append_duration_part(text, seconds, 'R');
        text_append_byte(text, ':');
        return append_duration_part(text, seconds, 'S');
    case 's':
        text_append_format(text, "%" PRId64, seconds);
        return true;
    case '%':
        text_append_byte(text, '%');
        return true;
    default:
        return false;
    }
}

static void append_duration(struct text *text, wall_time start, wall_time end, const char *format)
{
    if (start == 0 || end == 0) {
        text_append_string(text, not_known);
        return;
    }
    int64_t seconds = end > start ? (end - start) / 1000 : 0;
    for (format = format && *format ? format : "%T"; *format;) {
        bool conversion = format[0] == '%' && append_duration_part(text, seconds, format[1]);
        format += conversion ? 2 : append_literal(text, format);
    }
}

static bool append_time_word(struct text *text, const struct word *word, const struct label_context *context)
{
    const struct observation *observation = context->observation;
    const struct node_view *view = context->view;
    bool first_known = observation->attempt_count && observation->attempts[0].number == 1;
    const struct {
        const char *name;
        wall_time time;
    } times[] = {
        {"now", context->now},
        {"created", first_known ? observation->attempts[0].requested : 0},
        {"modified", context->modified},
        {"tstart", view->started},
        {"tend", view->ended},
        {"t0", context->workflow_first_start},
        {"t1", context->workflow_end},
    };
    const struct {
        const char *name;
        wall_time start, end;
    } durations[] = {
        {"dt", view->started, state_is_live(view->state) ? context->now : view->ended},
        {"dt0", context->workflow_first_start, context->now},
        {"dt1", context->workflow_first_start, context->workflow_end},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (strcmp(word->name, times[i].name) == 0) {
            append_moment(text, times[i].time, word->format);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        if (strcmp(word->name, durations[i].name) == 0) {
            append_duration(text, durations[i].start, durations[i].end, word->format);
            return true;
        }
    }
    return false;
}

/* What has not begun has made no progress; what runs and says nothing is not known. */
static void append_progress(struct text *text, const struct node_view *view)
{
    bool begun = view->state == STATE_RUNNING || state_is_ended(view->state);
    if (view->progress >= 0 || !begun)
        text_append_format(text, "%g", view->progress >= 0 ? view->progress : 0);
    else
        text_append_string(text, not_known);
}

static void append_number(struct text *text, unsigned number)
{
    if (number)
        text_append_format(text, "%u", number);
    else
        text_append_string(text, not_known);
}

static bool append_state_word(struct text *text, const struct word *word, const struct label_context *context)
{
    const struct node_view *view = context->view;
    if (strcmp(word->name, "progress") == 0)
        append_progress(text, view);
    else if (strcmp(word->name, "status") == 0)
        text_append_string(text, state_word(view->state));
    else if (strcmp(word->name, "attempt") == 0)
        append_number(text, view->attempt);
    else if (strcmp(word->name, "jobid") == 0)
        append_known(text, view->current ? view->current->jobid : NULL);
    else
        return false;
    return true;
}

/* {os.NAME}, {cm.NAME}, {env.KEY}, {slurm.KEY}, {sweep.KEY}. */
static bool append_dotted_word(struct text *text, const struct word *word, const struct label_context *context)
{
    const struct node *node = &context->workflow->nodes[context->node];
    if (!word->format)
        return false;
    if (strcmp(word->name, "os") == 0)
        append_known(text, context->environment ? context->environment(word->format, context->argument) : NULL);
    else if (strcmp(word->name, "cm") == 0)
        append_known(text, context->variable ? context->variable(word->format, context->argument) : NULL);
    else if (strcmp(word->name, "env") == 0)
        append_known(text, attributes_get(&node->env, word->format));
    else if (strcmp(word->name, "slurm") == 0)
        append_known(text, attributes_get(&node->slurm, word->format));
    else if (strcmp(word->name, "sweep") == 0)
        append_known(text, attributes_get(&node->sweep, word->format));
    else
        return false;
    return true;
}

/* An attribute by its name in the file; NULL where the node has none. Numbers are not kept as text. */
static const char *find_attribute(const struct node *node, const char *name)
{
    const struct {
        const char *name, *value;
    } fields[] = {{"name", node->name}, {"kind", node->kind_text ? node->kind_text : node_kind_word(node->kind)},
        {"host", node->host}, {"user", node->user}, {"script", node->script}, {"exec", node->exec},
        {"venv", node->venv}, {"statusfile", node->statusfile}, {"logfile", node->logfile}, {"array", node->array},
        {"directory", node->directory}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    const char *value = attributes_get(&node->other, name);
    return value ? value : attributes_get(&node->sweep, name);
}

static bool append_number_word(struct text *text, const char *name, const struct node *node)
{
    char duration[32];
    if (strcmp(name, "gpus") == 0 && node->gpus)
        text_append_format(text, "%u", node->gpus);
    else if (strcmp(name, "retries") == 0)
        text_append_format(text, "%u", node->retries);
    else if (strcmp(name, "timeout") == 0 && node->timeout)
        text_append_string(text, clock_format_duration(node->timeout, duration, sizeof duration));
    else
        return false;
    return true;
}

/* Attributes, then metrics, then what a status line says besides; all by the whole word, dots included. */
static void append_value(struct text *text, const char *name, const struct label_context *context)
{
    const struct node *node = &context->workflow->nodes[context->node];
    const struct report *report = &context->observation->report;
    const char *value = find_attribute(node, name);
    if (!value && append_number_word(text, name, node))
        return;
    if (!value)
        value = attributes_get(&report->metrics, name);
    if (!value && strcmp(name, "msg") == 0)
        value = report->message;
    if (!value && strcmp(name, "pid") == 0)
        value = report->pid;
    append_known(text, value);
}

static void append_word(struct text *text, const char *start, size_t length, const struct label_context *context)
{
    char *whole = memory_copy_span(start, length), *name = memory_copy_span(start, length), *dot = strchr(name, '.');
    struct word word = {.name = name, .format = dot ? dot + 1 : NULL};
    if (dot)
        *dot = '\0';
    if (!append_time_word(text, &word, context) && !append_dotted_word(text, &word, context) &&
        (dot || !append_state_word(text, &word, context)))
        append_value(text, whole, context);
    free(whole);
    free(name);
}

/* Appends what stands at pattern and returns the bytes it took. */
static size_t append_next(struct text *text, const char *pattern, const char *end, const struct label_context *context)
{
    char byte = pattern[0], next = pattern + 1 < end ? pattern[1] : '\0';
    if ((byte == '{' || byte == '}') && next == byte) {
        text_append_byte(text, byte);
        return 2;
    }
    if (byte == '\\' && next == 'n') {
        text_append_byte(text, '\n');
        return 2;
    }
    size_t reach = end - pattern < WORD_LIMIT ? (size_t)(end - pattern) : WORD_LIMIT;
    const char *close = byte == '{' ? memchr(pattern, '}', reach) : NULL;
    if (close) {
        append_word(text, pattern + 1, (size_t)(close - pattern - 1), context);
        return (size_t)(close - pattern) + 1;
    }
    text_append_byte(text, byte);
    return 1;
}

void label_expand(const char *pattern, const struct label_context *context, struct text *text)
{
    if (!pattern) {
        text_append_string(text, context->workflow->nodes[context->node].name);
        return;
    }
    struct text label;
    text_init(&label, LABEL_LIMIT);
    const char *end = pattern + strlen(pattern);
    while (end - pattern >= 2 && (*pattern == '\'' || *pattern == '"') && end[-1] == *pattern) {
        pattern++;
        end--;
    }
    while (pattern < end && !label.overflowed)
        pattern += append_next(&label, pattern, end, context);
    text_append(text, label.data, label.length);
    text_release(&label);
}
