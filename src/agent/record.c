/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = memory_copy_text(value);
}

/* Reads a decimal number from 0 to maximum, the whole value. */
static bool read_number(const char *value, int64_t maximum, int64_t *number)
{
    size_t digits = strspn(value, "0123456789");
    *number = strtoll(value, NULL, 10);
    return digits && digits < 19 && !value[digits] && *number <= maximum;
}

/* Copies the next word of *value into a buffer and steps over it; "" where there is none or it does not fit. */
static const char *next_word(const char **value, char *buffer, size_t size)
{
    size_t length = strcspn(*value, " ");
    snprintf(buffer, size, "%.*s", length < size ? (int)length : 0, *value);
    *value += length;
    *value += **value == ' ';
    return buffer;
}

static void forget_report(struct observation *observation)
{
    report_release(&observation->report);
    report_init(&observation->report);
    observation->log_truncated_history = false;
}

/* Keeps the attempts up to the given number. */
static void drop_newer(struct observation *observation, unsigned number)
{
    while (observation->attempt_count && observation->attempts[observation->attempt_count - 1].number > number)
        attempt_release(&observation->attempts[--observation->attempt_count]);
}

static void drop_oldest(struct observation *observation)
{
    attempt_release(&observation->attempts[0]);
    memmove(
        observation->attempts, observation->attempts + 1, --observation->attempt_count * sizeof *observation->attempts);
}

static unsigned newest_number(const struct observation *observation)
{
    return observation->attempt_count ? observation->attempts[observation->attempt_count - 1].number : 0;
}

/* A block begins: what was known of the attempt is read anew; of its process only a poll speaks. */
static void begin_attempt(struct record_reader *reader, const char *value)
{
    struct observation *observation = reader->observation;
    int64_t number;
    if (!read_number(value, 9999999, &number))
        return;
    unsigned before = newest_number(observation);
    reader->attempt = (unsigned)number;
    if (reader->newest_only)
        drop_newer(observation, reader->attempt);
    if (reader->attempt > before || newest_number(observation) < before)
        forget_report(observation);
    if (!number)
        return;
    struct attempt *attempt = observation_attempt(observation, reader->attempt);
    struct attempt fresh = {
        .number = reader->attempt, .elsewhere = attempt->elsewhere, .heartbeat = attempt->heartbeat};
    attempt_release(attempt);
    *attempt = fresh;
    if (observation->attempt_count > RECORD_ATTEMPT_LIMIT)
        drop_oldest(observation);
}

/* Reads a time by the host's clock as one by ours. */
static void read_time(const struct record_reader *reader, const char *value, wall_time *time)
{
    if (clock_parse_utc(value, time))
        *time -= reader->clock_difference;
}

static void read_request(const struct record_reader *reader, struct attempt *attempt, const char *value)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {
        {"nonce=", &attempt->nonce},
        {"kind=", &attempt->kind},
        {"checksum=", &attempt->checksum},
        {"parents=", &attempt->parents},
        {"who=", &attempt->who},
        {"host=", &attempt->from},
        {"command=", &attempt->command},
        {"tasks=", &attempt->tasks},
        {"unfinished=", &attempt->unfinished},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(texts[i].name);
        if (strncmp(value, texts[i].name, length) == 0)
            set_text(texts[i].text, value + length);
    }
    attempt->handed_over |= strcmp(value, "handover=yes") == 0;
    attempt->requeued |= strncmp(value, "requeued=", 9) == 0;
    if (strncmp(value, "time=", 5) == 0)
        read_time(reader, value + 5, &attempt->requested);
}

static void read_process_number(struct attempt *attempt, const char *word)
{
    int64_t number;
    if (read_number(word, INT32_MAX, &number))
        attempt->pid = number;
}

static void read_pid(struct attempt *attempt, const char *value)
{
    char word[256];
    set_text(&attempt->machine, next_word(&value, word, sizeof word));
    read_process_number(attempt, next_word(&value, word, sizeof word));
}

static void read_go(struct attempt *attempt, const char *value)
{
    char word[256];
    next_word(&value, word, sizeof word);
    if (strcmp(word, "void") == 0)
        attempt->decision = DECISION_VOID;
    else if (strcmp(word, "cancelled") == 0)
        attempt->decision = DECISION_CANCELLED;
    if (strcmp(word, "run") != 0)
        return;
    attempt->decision = DECISION_RUN;
    next_word(&value, word, sizeof word);
    read_pid(attempt, value);
}

/* "exit 3 TIME", "signal 9 TIME", "timeout 143 TIME"; or in the words of a scheduler: "OUT_OF_MEMORY 1 TIME" */
static void read_exit(const struct record_reader *reader, struct attempt *attempt, const char *value)
{
    char word[32], number[32];
    int64_t code;
    next_word(&value, word, sizeof word);
    if (!read_number(next_word(&value, number, sizeof number), 255, &code))
        return;
    attempt->exited = true;
    bool is_scheduler = *word >= 'A' && *word <= 'Z', is_well = strcmp(word, "COMPLETED") == 0;
    attempt->signal = strcmp(word, "signal") == 0 ? (int)code : 0;
    attempt->exit_code = attempt->signal ? 0 : is_scheduler && !is_well && !code ? 1 : (int)code;
    if (strcmp(word, "timeout") == 0)
        set_text(&attempt->cause, "TIMEOUT");
    else if (strcmp(word, "CANCELLED") == 0)
        attempt->cancelled = true;
    else if (is_scheduler && !is_well)
        set_text(&attempt->cause, word);
    read_time(reader, value, &attempt->ended);
}

static void read_lost(const struct record_reader *reader, struct attempt *attempt, const char *value)
{
    char word[32];
    next_word(&value, word, sizeof word);
    attempt->lost = attempt->gone = true;
    /* An exit record outranks it and has its own time. */
    if (!attempt->exited)
        read_time(reader, value, &attempt->ended);
}

static void read_attempt_record(
    struct record_reader *reader, struct attempt *attempt, const char *field, const char *value)
{
    if (strcmp(field, "request") == 0)
        read_request(reader, attempt, value);
    else if (strcmp(field, "pid") == 0)
        read_pid(attempt, value);
    else if (strcmp(field, "jobid") == 0)
        set_text(&attempt->jobid, value);
    else if (strcmp(field, "refused") == 0)
        set_text(&attempt->refusal, value);
    else if (strcmp(field, "facts") == 0)
        set_text(&attempt->facts, value);
    else if (strcmp(field, "go") == 0)
        read_go(attempt, value);
    else if (strcmp(field, "started") == 0)
        read_time(reader, value, &attempt->started);
    else if (strcmp(field, "exit") == 0)
        read_exit(reader, attempt, value);
    else if (strcmp(field, "lost") == 0)
        read_lost(reader, attempt, value);
    else if (strcmp(field, "cancelled") == 0)
        attempt->cancelled = true;
    else if (strcmp(field, "heartbeat") == 0)
        attempt->heartbeat = reader->now;
    else if (strcmp(field, "process") == 0)
        attempt->elsewhere = strncmp(value, "elsewhere", 9) == 0;
}

static void read_metric(struct attributes *metrics, const char *value)
{
    const char *equals = strchr(value, '=');
    if (!equals)
        return;
    char *name = memory_copy_span(value, (size_t)(equals - value));
    if (metrics->count < RECORD_METRIC_LIMIT || attributes_get(metrics, name))
        attributes_set(metrics, name, equals + 1);
    free(name);
}

/* A record of the node itself; false: it is none. */
static bool read_node_record(struct observation *observation, const char *field, const char *value)
{
    /* What its status file says counts like its log. */
    bool is_statusfile = strncmp(field, "statusfile.", 11) == 0;
    const char *name = is_statusfile ? field + 11 : field;
    int64_t number;
    if (strcmp(field, "wanted") == 0)
        observation->wanted = read_number(value, 9999999, &number) ? (unsigned)number : 0;
    else if (strcmp(field, "held") == 0)
        observation->held = *value;
    else if (strcmp(field, "skipped") == 0)
        observation->skipped = *value;
    else if (strcmp(field, "size") == 0)
        observation->log_size = read_number(value, INT64_MAX, &number) ? number : -1;
    else if (strcmp(name, "status") == 0)
        report_add_line(&observation->report, value, strlen(value), false);
    else if (strcmp(name, "metric") == 0)
        read_metric(&observation->report.metrics, value);
    else if (strcmp(name, "gap") == 0)
        observation->log_truncated_history = true;
    else
        return is_statusfile;
    return true;
}

void record_read(struct record_reader *reader, const char *field, const char *value)
{
    struct observation *observation = reader->observation;
    if (strcmp(field, "attempt") == 0) {
        begin_attempt(reader, value);
        return;
    }
    if (read_node_record(observation, field, value))
        return;
    if (reader->attempt && observation->attempt_count)
        read_attempt_record(reader, observation_attempt(observation, reader->attempt), field, value);
}

void record_forget(struct observation *observation)
{
    drop_newer(observation, 0);
    forget_report(observation);
    observation->wanted = 0;
    observation->held = observation->skipped = false;
    observation->log_size = -1;
}
