/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last observations, remembered so that the first frame is instant. Never believed: shown as from the cache until
 * the host has answered.
 *
 * A text file: a line "dagtop-cache 1 NODESET FILE", then for each node a line of fields parted by tabs (node), and a
 * line for each of its attempts (attempt) and metrics (metric), then "end COUNT". Texts begin with '=' and are
 * percent-encoded; "-" is none.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/checksum.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_private.h"

enum { CACHE_LIMIT = 64 << 20, FIELD_LIMIT = 20, CACHE_ATTEMPTS = 64 };

static char *cache_path(const struct engine *engine)
{
    struct checksum checksum;
    char text[CHECKSUM_TEXT_SIZE];
    const char *file = engine->workflow->file != NULL ? engine->workflow->file : engine->workflow->name;
    checksum_init(&checksum);
    checksum_add(&checksum, file, strlen(file));
    return memory_format("%s/%s.cache", engine->cache_directory, checksum_text(&checksum, text));
}

/* ---- writing ---- */

static void put_text(struct text *text, const char *value)
{
    text_append_byte(text, '\t');
    if (value == NULL) {
        text_append_byte(text, '-');
        return;
    }
    text_append_byte(text, '=');
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte < ' ' || byte == '%' || byte == 0x7f)
            text_append_format(text, "%%%02X", byte);
        else
            text_append_byte(text, *value);
    }
}

static void put_number(struct text *text, int64_t value)
{
    text_append_format(text, "\t%" PRId64, value);
}

static void put_attempt(struct text *text, const struct attempt *attempt)
{
    text_append_string(text, "attempt");
    const int64_t numbers[] = {attempt->number, (int64_t)attempt->decision, attempt->pid,
        attempt->elsewhere | attempt->cancelled << 1 | attempt->exited << 2 | attempt->lost << 3 | attempt->gone << 4,
        attempt->exit_code, attempt->signal, attempt->requested, attempt->started, attempt->ended};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_number(text, numbers[i]);
    put_text(text, attempt->checksum);
    put_text(text, attempt->parents);
    put_text(text, attempt->machine);
    put_text(text, attempt->jobid);
    put_text(text, attempt->cause);
    put_text(text, attempt->tasks);
    put_text(text, attempt->unfinished);
    text_append_byte(text, '\n');
}

static void put_node(struct text *text, const char *name, const struct observation *observation)
{
    const struct report *report = &observation->report;
    text_append_string(text, "node");
    put_text(text, name);
    put_number(text, observation->observed);
    put_number(text, observation->wanted);
    put_number(text, observation->held | observation->skipped << 1 | report->any << 2);
    put_number(text, observation->log_size);
    text_append_format(text, "\t%.9g", report->progress);
    put_text(text, report->status);
    put_text(text, report->message);
    text_append_byte(text, '\n');
    for (size_t i = 0; i < observation->attempt_count; i++) {
        /* The first tells when the node was created, the newest how it stands. */
        if (i == 0 || i + CACHE_ATTEMPTS >= observation->attempt_count)
            put_attempt(text, &observation->attempts[i]);
    }
    for (size_t i = 0; i < report->metrics.count; i++) {
        text_append_string(text, "metric");
        put_text(text, report->metrics.items[i].key);
        put_text(text, report->metrics.items[i].value);
        text_append_byte(text, '\n');
    }
}

static bool write_file(const char *path, const struct text *text)
{
    char *fresh = memory_format("%s.%ld", path, (long)getpid());
    int descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t written = 0;
    while (descriptor >= 0 && written < text->length) {
        ssize_t size = write(descriptor, text->data + written, text->length - written);
        if (size <= 0)
            break;
        written += (size_t)size;
    }
    bool fine = descriptor >= 0 && written == text->length;
    if (descriptor >= 0)
        fine &= close(descriptor) == 0;
    if (fine)
        fine = rename(fresh, path) == 0;
    if (!fine && descriptor >= 0)
        unlink(fresh);
    free(fresh);
    return fine;
}

static void put_header(const struct engine *engine, struct text *text)
{
    text_append_format(text, "dagtop-cache 1 %s", engine->node_set);
    put_text(text, engine->workflow->file);
    text_append_byte(text, '\n');
}

/* A cache that cannot be written is no loss worth a word. */
void cache_save(struct engine *engine)
{
    engine->cache_changed = false;
    engine->cache_saved_at = loop_now(engine->loop);
    if (engine->cache_directory == NULL)
        return;
    struct text text;
    size_t count = 0;
    text_init(&text, CACHE_LIMIT);
    put_header(engine, &text);
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        const struct observation *observation = &engine->observations[i];
        bool empty = observation->attempt_count == 0 && observation->wanted == 0 && !observation->held &&
                     !observation->skipped && !observation->report.any;
        if (empty)
            continue;
        put_node(&text, engine->workflow->nodes[i].name, observation);
        count++;
    }
    text_append_format(&text, "end\t%zu\n", count);
    if (!text.overflowed) {
        char *path = cache_path(engine);
        (void)write_file(path, &text);
        free(path);
    }
    text_release(&text);
}

/* ---- reading ---- */

/* One line cut at its tabs; field 0 is its word. */
struct line {
    char *fields[FIELD_LIMIT];
    size_t count;
};

static void cut_line(char *text, struct line *line)
{
    line->count = 0;
    while (text != NULL && line->count < FIELD_LIMIT)
        line->fields[line->count++] = strsep(&text, "\t");
}

static int64_t get_number(const struct line *line, size_t field, int64_t least, int64_t most)
{
    if (field >= line->count)
        return least;
    int64_t value = strtoll(line->fields[field], NULL, 10);
    return value < least ? least : value > most ? most : value;
}

static int digit_value(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Decodes in place; NULL for none. */
static char *get_text(const struct line *line, size_t field)
{
    if (field >= line->count || line->fields[field][0] != '=')
        return NULL;
    char *from = line->fields[field] + 1, *start = from, *to = from;
    while (*from != '\0') {
        int high = from[0] == '%' ? digit_value(from[1]) : -1;
        int low = high >= 0 ? digit_value(from[2]) : -1;
        int value = low >= 0 ? high * 16 + low : 0;
        *to++ = value > 0 ? (char)value : *from;
        from += value > 0 ? 3 : 1;
    }
    *to = '\0';
    return start;
}

static void get_attempt(const struct line *line, struct observation *observation)
{
    int64_t number = get_number(line, 1, 0, INT32_MAX);
    if (number == 0 || observation->attempt_count > CACHE_ATTEMPTS)
        return;
    struct attempt *attempt = observation_attempt(observation, (unsigned)number);
    int64_t flags = get_number(line, 4, 0, 31);
    char *texts[7];
    for (size_t i = 0; i < 7; i++)
        texts[i] = memory_copy_text(get_text(line, 10 + i));
    attempt_release(attempt);
    *attempt = (struct attempt){
        .number = (unsigned)number,
        .decision = (enum attempt_decision)get_number(line, 2, DECISION_NONE, DECISION_CANCELLED),
        .pid = get_number(line, 3, 0, INT64_MAX),
        .elsewhere = (flags & 1) != 0,
        .cancelled = (flags & 2) != 0,
        .exited = (flags & 4) != 0,
        .lost = (flags & 8) != 0,
        .gone = (flags & 16) != 0,
        .exit_code = (int)get_number(line, 5, 0, 255),
        .signal = (int)get_number(line, 6, 0, 255),
        .requested = get_number(line, 7, 0, INT64_MAX),
        .started = get_number(line, 8, 0, INT64_MAX),
        .ended = get_number(line, 9, 0, INT64_MAX),
        .checksum = texts[0],
        .parents = texts[1],
        .machine = texts[2],
        .jobid = texts[3],
        .cause = texts[4],
        .tasks = texts[5],
        .unfinished = texts[6],
    };
}

static struct observation *get_node(const struct engine *engine, const struct line *line)
{
    const char *name = get_text(line, 1);
    size_t index;
    if (name == NULL || !workflow_find(engine->workflow, name, &index))
        return NULL;
    struct observation *observation = &engine->observations[index];
    int64_t flags = get_number(line, 4, 0, 7);
    double progress = line->count > 6 ? strtod(line->fields[6], NULL) : -1;
    observation->observed = get_number(line, 2, 0, INT64_MAX);
    observation->wanted = (unsigned)get_number(line, 3, 0, INT32_MAX);
    observation->held = (flags & 1) != 0;
    observation->skipped = (flags & 2) != 0;
    observation->report.any = (flags & 4) != 0;
    observation->log_size = get_number(line, 5, -1, INT64_MAX);
    observation->report.progress = progress >= 0 && progress <= 100 ? progress : -1;
    free(observation->report.status);
    free(observation->report.message);
    observation->report.status = memory_copy_text(get_text(line, 7));
    observation->report.message = memory_copy_text(get_text(line, 8));
    return observation;
}

static void get_line(const struct engine *engine, const struct line *line, struct observation **observation)
{
    const char *word = line->fields[0];
    if (strcmp(word, "node") == 0) {
        *observation = get_node(engine, line);
    } else if (*observation != NULL && strcmp(word, "attempt") == 0) {
        get_attempt(line, *observation);
    } else if (*observation != NULL && strcmp(word, "metric") == 0) {
        const char *key = get_text(line, 1), *value = get_text(line, 2);
        if (key != NULL && value != NULL)
            report_set_metric(&(*observation)->report, key, value);
    }
}

/* Ours, of this version, for these nodes, and whole: it ends with its last line. */
static bool is_usable(const struct engine *engine, const struct text *text)
{
    struct text header;
    text_init(&header, 0);
    put_header(engine, &header);
    bool fits = text->length > header.length && memcmp(text->data, header.data, header.length) == 0;
    text_release(&header);
    if (!fits || text->data[text->length - 1] != '\n' || memchr(text->data, '\0', text->length) != NULL)
        return false;
    size_t last = text->length - 1;
    while (text->data[last - 1] != '\n')
        last--;
    return strncmp(text->data + last, "end\t", 4) == 0;
}

static bool read_cache(const char *path, struct text *text)
{
    struct stat info;
    struct error error = {0};
    bool ours =
        lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && info.st_size <= CACHE_LIMIT;
    return ours && text_read_file(text, path, &error) == STATUS_OK;
}

void cache_load(struct engine *engine)
{
    if (engine->cache_directory == NULL)
        return;
    struct text text;
    char *path = cache_path(engine);
    text_init(&text, CACHE_LIMIT);
    if (read_cache(path, &text) && is_usable(engine, &text)) {
        struct observation *observation = NULL;
        char *rest = text.data;
        for (char *next; (next = strsep(&rest, "\n")) != NULL && next[0] != '\0';) {
            struct line line;
            cut_line(next, &line);
            get_line(engine, &line, &observation);
        }
        for (size_t i = 0; i < engine->workflow->node_count; i++)
            engine->observations[i].known = engine->observations[i].from_cache = true;
    }
    text_release(&text);
    free(path);
}
