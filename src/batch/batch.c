/* SPDX-License-Identifier: Apache-2.0 */
/* What all batch systems share: commands are put together and lists are read by the tables of batch_private.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"

enum { FIELD_LIMIT = 32, ROW_LIMIT = 64 << 10, ID_LIMIT = 64, LIST_LIMIT = 200000 };

const struct batch_system *batch_system_of(enum node_kind kind)
{
    switch (kind) {
    case NODE_KIND_SLURM:
        return &batch_slurm;
    case NODE_KIND_LSF:
        return &batch_lsf;
    default:
        return NULL;
    }
}

const char *batch_system_word(const struct batch_system *system)
{
    return system->word;
}

const char *batch_system_name(const struct batch_system *system)
{
    return system->name;
}

const char *batch_system_program(const struct batch_system *system)
{
    return system->program;
}

void batch_append_word(struct text *command, const char *word)
{
    text_append_byte(command, ' ');
    text_append_shell_quoted(command, word);
}

void batch_append_pair(struct text *command, const char *name, const char *value)
{
    if (!value)
        return;
    char *word = memory_format("%s=%s", name, value);
    batch_append_word(command, word);
    free(word);
}

void batch_append_columns(const struct batch_column *columns, size_t count, const char *separator, struct text *words)
{
    for (size_t i = 0; i < count; i++)
        text_append_format(words, "%s%s", i ? separator : "", columns[i].word);
}

/* ---- submitting ---- */

static enum status check_option(const struct batch_system *system, const char *name, struct error *error)
{
    if (!*name || *name == '-' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return error_set(error, STATUS_REFUSED, "%s: %s is no long option of %s", system->word, name, system->program);
    for (size_t i = 0; i < system->option_count; i++)
        if (system->options[i].own && strcmp(system->options[i].option, name) == 0)
            return error_set(
                error, STATUS_REFUSED, "%s: the option %s is one that dagtop gives itself", system->word, name);
    return STATUS_OK;
}

enum status batch_append_submit(const struct batch_system *system, const struct batch_submission *submission,
    struct text *command, struct error *error)
{
    for (size_t i = 0; i < submission->options->count; i++) {
        const struct attribute *option = &submission->options->items[i];
        enum status status = check_option(system, option->key, error);
        if (status != STATUS_OK)
            return status;
        if (strpbrk(option->value, "\n\r"))
            return error_set(
                error, STATUS_REFUSED, "%s: the value of %s holds a line break", system->word, option->key);
    }
    if (!submission->requeues) {
        system->append_submit(system, submission, command);
        return STATUS_OK;
    }
    if (!batch_can_requeue(system))
        return error_set(error, STATUS_REFUSED, "%s runs no job again that has ended", system->name);
    system->append_requeue(submission, command);
    return STATUS_OK;
}

bool batch_can_requeue(const struct batch_system *system)
{
    return system->append_requeue;
}

bool batch_has_arrays(const struct batch_system *system)
{
    return system->append_array_limit;
}

/* "%10" says how many of its tasks run at once. */
bool batch_can_be_task(const struct batch_system *system, const struct batch_submission *submission)
{
    char *array = batch_submission_option(system, submission, "array");
    bool is_throttle = array && *array == '%' && array[1] && !array[1 + strspn(array + 1, "0123456789")];
    bool can = system->append_array_limit && (!array || is_throttle);
    free(array);
    return can;
}

bool batch_append_array_limit(const struct batch_system *system, const char *cluster, struct text *command)
{
    if (!system->append_array_limit)
        return false;
    system->append_array_limit(cluster, command);
    return true;
}

enum batch_refusal batch_judge_refusal(const struct batch_system *system, const char *words)
{
    for (size_t i = 0; i < system->refusal_count; i++)
        if (strstr(words, system->refusals[i].part))
            return system->refusals[i].refusal;
    return BATCH_REFUSAL_NEVER;
}

char *batch_submission_option(
    const struct batch_system *system, const struct batch_submission *submission, const char *option)
{
    const char *given = attributes_get(submission->options, option);
    if (given)
        return memory_copy_text(given);
    return submission->script ? batch_script_option(system, submission->script, option) : NULL;
}

char *batch_cluster_of(const struct batch_system *system, const struct attributes *options, const char *script)
{
    const struct batch_submission submission = {.options = options, .script = script};
    char *cluster = batch_submission_option(system, &submission, "clusters");
    if (!cluster)
        cluster = batch_submission_option(system, &submission, "cluster");
    if (cluster && (!*cluster || cluster[strspn(cluster, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                         "0123456789_-.")])) {
        free(cluster);
        cluster = NULL;
    }
    return cluster;
}

char *batch_array_of(const struct batch_system *system, const struct attributes *options, const char *script)
{
    const struct batch_submission submission = {.options = options, .script = script};
    return batch_submission_option(system, &submission, "array");
}

/* ---- looking ---- */

/* A separator that no name of a job can hold: nobody knows it before the answer is there. */
static void make_separator(char separator[BATCH_SEPARATOR_LENGTH + 1])
{
    char token[RANDOM_TOKEN_LENGTH + 1];
    random_token(token);
    separator[0] = '\037';
    memcpy(separator + 1, token, BATCH_SEPARATOR_LENGTH - 1);
    separator[BATCH_SEPARATOR_LENGTH] = '\0';
}

/* The answer's first line: its separator, behind a word for which columns follow. */
static void append_first_line(const char *which, const char *separator, struct text *command)
{
    text_append_format(command, "printf '%s %%s\\n'", which);
    batch_append_word(command, separator);
    text_append_string(command, "; ");
}

void batch_append_queue(const struct batch_system *system, const char *cluster, const char *user, struct text *command)
{
    char separator[BATCH_SEPARATOR_LENGTH + 1];
    make_separator(separator);
    append_first_line("queue", separator, command);
    system->append_queue(system, cluster, user, separator, command);
}

void batch_append_accounting(
    const struct batch_system *system, const char *cluster, const char *const *ids, size_t count, struct text *command)
{
    char separator[BATCH_SEPARATOR_LENGTH + 1];
    struct text joined;
    make_separator(separator);
    text_init(&joined, 0);
    for (size_t i = 0; i < count; i++)
        text_append_format(&joined, "%s%s", i ? "," : "", ids[i]);
    append_first_line("accounting", separator, command);
    system->append_accounting(system, cluster, joined.data, separator, command);
    text_release(&joined);
}

bool batch_append_census(const struct batch_system *system, const char *cluster, struct text *command)
{
    return system->append_census && system->append_census(cluster, command);
}

bool batch_append_control(const struct batch_system *system, enum batch_control control, const char *cluster,
    const char *id, const char *value, struct text *command)
{
    return system->append_control(control, cluster, id, value, command);
}

bool batch_has_no_accounting(const struct batch_system *system, const char *words)
{
    return system->no_accounting && strstr(words, system->no_accounting);
}

void batch_list_init(struct batch_list *list)
{
    *list = (struct batch_list){0};
}

static void job_release(struct batch_job *job)
{
    free(job->id);
    free(job->task);
    free(job->state);
    free(job->reason);
    free(job->comment);
    attributes_release(&job->details);
}

void batch_list_release(struct batch_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        job_release(&list->jobs[i]);
    free(list->jobs);
    map_free(list->rows);
    batch_list_init(list);
}

static bool is_nothing(const char *value)
{
    static const char *const words[] = {"", "N/A", "(null)", "None", "Unknown", "-", "None assigned"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return false;
}

/* "12", "12_7", "12_[3-6%2]", "12+0" (one part of a job of several kinds): the id, and the task behind '_'. False for
 * steps ("12.batch", "12_7.0"). */
static bool read_id(struct batch_job *job, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > ID_LIMIT)
        return false;
    free(job->id);
    job->id = memory_copy_span(value, digits);
    if (value[digits] == '_' && value[digits + 1]) {
        const char *task = value + digits + 1 + (value[digits + 1] == '[');
        free(job->task);
        job->task = memory_copy_span(task, strcspn(task, "]."));
    }
    return !strchr(value + digits, '.');
}

static void read_exit(struct batch_job *job, const char *value)
{
    char *end;
    long code = strtol(value, &end, 10);
    if (end == value || code < 0 || code > 255)
        return;
    job->exit_code = (int)code;
    job->signal = 0;
    if (*end == ':' && isdigit((unsigned char)end[1])) {
        long signal = strtol(end + 1, NULL, 10);
        job->signal = signal >= 0 && signal < 128 ? (int)signal : 0;
    }
}

static void set_value(char **text, const char *value)
{
    if (is_nothing(value))
        return;
    free(*text);
    *text = memory_copy_text(value);
}

/* "2026-11-21T00:14:16", which the command was told to print in UTC, gets its Z. */
static void set_time(struct batch_job *job, const char *name, const char *value)
{
    bool is_bare = strlen(value) == 19 && value[10] == 'T';
    char *time = memory_format("%s%s", value, is_bare ? "Z" : "");
    attributes_set(&job->details, name, time);
    free(time);
}

/* 306420K, 1.5G: in bytes, for comparing. */
static double size_in_bytes(const char *value)
{
    static const char units[] = "KMGTP";
    char *end;
    double size = strtod(value, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *at = units; unit && at <= unit; at++)
        size *= 1024;
    return size;
}

static void read_field(struct batch_job *job, const struct batch_column *column, const char *value)
{
    switch (column->field) {
    case BATCH_FIELD_ID:
        break;
    case BATCH_FIELD_TASK:
        if (!is_nothing(value) && !job->task)
            job->task = memory_copy_text(value);
        break;
    case BATCH_FIELD_STATE:
        set_value(&job->state, value);
        break;
    case BATCH_FIELD_REASON:
        set_value(&job->reason, value);
        break;
    case BATCH_FIELD_EXIT:
        read_exit(job, value);
        break;
    case BATCH_FIELD_COMMENT:
        set_value(&job->comment, value);
        break;
    case BATCH_FIELD_TIME:
        if (!is_nothing(value))
            set_time(job, column->name, value);
        break;
    case BATCH_FIELD_LARGEST:
        /* Where it is not measured (energy), zero is told. */
        if (is_nothing(value) || size_in_bytes(value) == 0)
            break;
        attributes_set(&job->details, column->name, value);
        break;
    case BATCH_FIELD_DETAIL:
        if (!is_nothing(value))
            attributes_set(&job->details, column->name, value);
        break;
    }
}

/* A step ("12.batch") belongs to the job above it: what counts of it is its largest. */
static void read_step(struct batch_job *job, const struct batch_column *columns, size_t count, char **fields)
{
    for (size_t i = 0; i < count; i++) {
        if (columns[i].field != BATCH_FIELD_LARGEST || is_nothing(fields[i]) || size_in_bytes(fields[i]) == 0)
            continue;
        const char *before = attributes_get(&job->details, columns[i].name);
        if (!before || size_in_bytes(before) < size_in_bytes(fields[i]))
            attributes_set(&job->details, columns[i].name, fields[i]);
    }
}

/* Cuts a row at the separators into exactly count fields, the last of which may hold anything; false: it is none. */
static bool cut_row(char *row, const char *separator, size_t count, char **fields)
{
    for (size_t i = 0; i < count; i++) {
        fields[i] = row;
        if (i + 1 == count)
            return true;
        row = strstr(row, separator);
        if (!row)
            return false;
        *row = '\0';
        row += strlen(separator);
    }
    return false;
}

static void read_row(
    struct batch_list *list, const struct batch_column *columns, size_t count, const char *separator, char *row)
{
    char *fields[FIELD_LIMIT];
    if (!cut_row(row, separator, count, fields) || list->count >= LIST_LIMIT)
        return;
    struct batch_job job = {.exit_code = -1, .signal = -1};
    if (!read_id(&job, fields[0])) {
        const struct batch_job *last = list->count ? &list->jobs[list->count - 1] : NULL;
        if (job.id && last && strcmp(job.id, last->id) == 0)
            read_step(&list->jobs[list->count - 1], columns, count, fields);
        job_release(&job);
        return;
    }
    for (size_t i = 1; i < count; i++)
        read_field(&job, &columns[i], fields[i]);
    if (!job.state) {
        job_release(&job);
        return;
    }
    memory_grow(&list->jobs, &list->capacity, list->count + 1, sizeof *list->jobs);
    list->jobs[list->count++] = job;
}

/* The first line: "queue SEPARATOR" or "accounting SEPARATOR". */
static bool read_first_line(const char *line, size_t length, bool *is_queue, char *separator)
{
    const char *blank = memchr(line, ' ', length);
    if (!blank || length - (size_t)(blank - line) - 1 != BATCH_SEPARATOR_LENGTH || blank[1] != '\037')
        return false;
    *is_queue = strncmp(line, "queue ", 6) == 0;
    memcpy(separator, blank + 1, BATCH_SEPARATOR_LENGTH);
    separator[BATCH_SEPARATOR_LENGTH] = '\0';
    return *is_queue || strncmp(line, "accounting ", 11) == 0;
}

static void map_once(struct map *rows, const char *key, size_t row)
{
    if (!map_get(rows, key, NULL))
        map_set(rows, key, row);
}

static void index_rows(struct batch_list *list)
{
    list->rows = map_new();
    for (size_t i = 0; i < list->count; i++) {
        const struct batch_job *job = &list->jobs[i];
        map_once(list->rows, job->id, i);
        if (!job->task || job->task[strspn(job->task, "0123456789")])
            continue;
        char *key = memory_format("%s_%s", job->id, job->task);
        map_once(list->rows, key, i);
        free(key);
    }
}

enum status batch_read_list(
    const struct batch_system *system, const char *answer, size_t length, struct batch_list *list, struct error *error)
{
    const char *end = answer + length, *newline = memchr(answer, '\n', length);
    char separator[BATCH_SEPARATOR_LENGTH + 1];
    bool is_queue;
    batch_list_release(list);
    if (!newline || !read_first_line(answer, (size_t)(newline - answer), &is_queue, separator))
        return error_set(error, STATUS_PROTOCOL, "%s gave an answer that is none", system->name);
    if (end[-1] != '\n')
        return error_set(error, STATUS_PROTOCOL, "%s gave an answer that is cut", system->name);
    const struct batch_column *columns = is_queue ? system->queue_columns : system->accounting_columns;
    size_t count = is_queue ? system->queue_column_count : system->accounting_column_count;
    separator[system->separator_length] = '\0';
    for (const char *line = newline + 1; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (size_t)(end - line));
        if (newline - line > ROW_LIMIT)
            continue;
        char *row = memory_copy_span(line, (size_t)(newline - line));
        read_row(list, columns, count, separator, row);
        free(row);
    }
    index_rows(list);
    return STATUS_OK;
}

const char *batch_job_nonce(const struct batch_job *job)
{
    if (!job->comment || strncmp(job->comment, "dagtop:", 7) != 0)
        return NULL;
    const char *slash = strrchr(job->comment, '/');
    return slash && strlen(slash + 1) == RANDOM_TOKEN_LENGTH ? slash + 1 : NULL;
}

/* The row of a list in which a task waits together with others. */
static const struct batch_job *find_range(const struct batch_list *list, size_t first, const char *id, unsigned task)
{
    for (size_t i = first; i < list->count; i++) {
        const struct batch_job *job = &list->jobs[i];
        if (job->task && strncmp(job->id, id, strlen(job->id)) == 0 && id[strlen(job->id)] == '_' &&
            batch_has_task(job->task, task))
            return job;
    }
    return NULL;
}

const struct batch_job *batch_list_find(const struct batch_list *list, const char *id)
{
    const char *task = strchr(id, '_');
    uintptr_t row;
    if (map_get(list->rows, id, &row))
        return &list->jobs[row];
    if (!task)
        return NULL;
    char *array = memory_copy_span(id, (size_t)(task - id));
    bool found = map_get(list->rows, array, &row);
    free(array);
    return found ? find_range(list, row, id, (unsigned)strtoul(task + 1, NULL, 10)) : NULL;
}

char *batch_list_find_nonce(const struct batch_list *list, const char *nonce)
{
    const char *task = strchr(nonce, '.');
    size_t length = task ? (size_t)(task - nonce) : strlen(nonce);
    for (size_t i = 0; i < list->count; i++) {
        const struct batch_job *job = &list->jobs[i];
        const char *found = batch_job_nonce(job);
        if (!found || strncmp(found, nonce, length) != 0 || found[length])
            continue;
        if (!task)
            return memory_copy_text(job->id);
        if (job->task && batch_has_task(job->task, (unsigned)strtoul(task + 1, NULL, 10)))
            return memory_format("%s_%s", job->id, task + 1);
    }
    return NULL;
}
