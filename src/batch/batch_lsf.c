/* SPDX-License-Identifier: Apache-2.0 */
/* LSF 10: bsub(1), bjobs(1), bkill(1), bstop(1), bresume(1), brequeue(1), bmod(1). Written from its manual pages. */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* LSF's options are words behind one '-'; a node names them without it. */
static const struct batch_option options[] = {
    {"job-name", 'J', false},
    {"output", 'o', false},
    {"array", '\0', true},
    {"comment", '\0', true},
    {"help", 'h', true},
};

static const struct batch_words refusals[] = {
    {"Job limit", BATCH_REFUSAL_LIMIT},
    {"limit on the number of jobs", BATCH_REFUSAL_LIMIT},
    {"reached", BATCH_REFUSAL_LIMIT},
    {"LSF is down", BATCH_REFUSAL_LATER},
    {"Please wait", BATCH_REFUSAL_LATER},
    {"Failed in an LSF library call", BATCH_REFUSAL_LATER},
    {"dagtop: no answer within", BATCH_REFUSAL_LATER},
};

static const struct batch_column columns[] = {
    {"jobid", BATCH_FIELD_ID, NULL},
    {"jobindex", BATCH_FIELD_TASK, NULL},
    {"stat", BATCH_FIELD_STATE, NULL},
    {"exit_code", BATCH_FIELD_EXIT, NULL},
    {"submit_time", BATCH_FIELD_DETAIL, "submitted"},
    {"start_time", BATCH_FIELD_DETAIL, "start"},
    {"finish_time", BATCH_FIELD_DETAIL, "end"},
    {"run_time", BATCH_FIELD_DETAIL, "elapsed"},
    {"exec_host", BATCH_FIELD_DETAIL, "nodes"},
    {"nexec_host", BATCH_FIELD_DETAIL, "processors"},
    {"max_mem", BATCH_FIELD_DETAIL, "memory used"},
    {"queue", BATCH_FIELD_DETAIL, "queue"},
    {"pend_reason", BATCH_FIELD_REASON, NULL},
    {"job_description", BATCH_FIELD_COMMENT, NULL},
};

static const struct batch_setting settings[] = {
    {"time", "-W", NULL, true, batch_is_time},
    {"queue", "-q", "queue", false, batch_is_name},
    {"account", "-P", NULL, false, batch_is_name},
};

static void append_option(const struct attribute *option, struct text *command)
{
    char *name = memory_format("-%s", option->key);
    if (strcmp(option->value, "false") != 0)
        batch_append_word(command, name);
    if (*option->value && strcmp(option->value, "true") != 0 && strcmp(option->value, "false") != 0)
        batch_append_word(command, option->value);
    free(name);
}

/* bsub reads directives only from its standard input. */
static void append_submit(
    const struct batch_system *system, const struct batch_submission *submission, struct text *command)
{
    char *name = memory_format("%s.%s", submission->workflow, submission->node);
    char *comment = memory_format(
        "dagtop:%s/%s/%u/%s", submission->workflow, submission->node, submission->attempt, submission->nonce);
    char *name_given = batch_submission_option(system, submission, "job-name");
    char *log_given = batch_submission_option(system, submission, "output");
    text_append_string(command, "bsub -Jd");
    batch_append_word(command, comment);
    text_append_string(command, name_given ? "" : " -J");
    if (!name_given)
        batch_append_word(command, name);
    text_append_string(command, log_given ? "" : " -o");
    if (!log_given)
        batch_append_word(command, submission->log);
    if (submission->directory) {
        text_append_string(command, " -cwd");
        batch_append_word(command, submission->directory);
    }
    for (size_t i = 0; i < submission->options->count; i++)
        append_option(&submission->options->items[i], command);
    text_append_string(command, " <");
    batch_append_word(command, submission->file);
    free(log_given);
    free(name_given);
    free(comment);
    free(name);
}

/* A delimiter of bjobs is one character: only the first of the separator, which is what is read back then. */
static void append_columns(const struct batch_system *system, const char *separator, struct text *command)
{
    struct text format;
    text_init(&format, 0);
    batch_append_columns(system->queue_columns, system->queue_column_count, " ", &format);
    text_append_format(&format, " delimiter='%c'", separator[0]);
    text_append_string(command, " -o");
    batch_append_word(command, format.data);
    text_release(&format);
}

static void append_queue(const struct batch_system *system, const char *cluster, const char *user,
    const char *separator, struct text *command)
{
    text_append_string(command, "bjobs -a -noheader -X -u");
    batch_append_word(command, user);
    if (cluster) {
        text_append_string(command, " -m");
        batch_append_word(command, cluster);
    }
    append_columns(system, separator, command);
}

static void append_accounting(const struct batch_system *system, const char *cluster, const char *ids,
    const char *separator, struct text *command)
{
    (void)cluster;
    text_append_string(command, "bjobs -noheader -X");
    append_columns(system, separator, command);
    for (const char *id = ids; *id;) {
        size_t length = strcspn(id, ",");
        char *word = memory_copy_span(id, length);
        batch_append_word(command, word);
        free(word);
        id += length + (id[length] == ',');
    }
}

/* Tasks of an array are 12[7] here. */
static void append_id(const char *id, struct text *command)
{
    const char *task = strchr(id, '_');
    char *target = !task            ? memory_copy_text(id)
                   : task[1] == '[' ? memory_format("%.*s%s", (int)(task - id), id, task + 1)
                                    : memory_format("%.*s[%s]", (int)(task - id), id, task + 1);
    batch_append_word(command, target);
    free(target);
}

static bool append_control(
    enum batch_control control, const char *cluster, const char *id, const char *value, struct text *command)
{
    static const char *const verbs[] = {[BATCH_CANCEL] = "bkill",
        [BATCH_HOLD] = "bstop",
        [BATCH_RELEASE] = "bresume",
        [BATCH_REQUEUE] = "brequeue",
        [BATCH_SET_DEPENDENCY] = "bmod -w",
        [BATCH_SIGNAL] = "bkill -s"};
    (void)cluster;
    text_append_string(command, verbs[control]);
    if (control > BATCH_REQUEUE)
        batch_append_word(command, value);
    append_id(id, command);
    return true;
}

/* The job comes last. */
static void append_change_start(const char *cluster, const char *id, struct text *command)
{
    (void)cluster;
    (void)id;
    text_append_string(command, "bmod");
}

static void append_setting(const struct batch_setting *setting, const char *value, struct text *command)
{
    text_append_format(command, " %s", setting->word);
    batch_append_word(command, value);
}

const struct batch_system batch_lsf = {
    .word = "lsf",
    .name = "LSF",
    .program = "bsub",
    .directive = "#BSUB",
    .options = options,
    .option_count = COUNT(options),
    .refusals = refusals,
    .refusal_count = COUNT(refusals),
    .queue_columns = columns,
    .queue_column_count = COUNT(columns),
    .accounting_columns = columns,
    .accounting_column_count = COUNT(columns),
    .separator_length = 1,
    .settings = settings,
    .setting_count = COUNT(settings),
    .append_change_start = append_change_start,
    .append_setting = append_setting,
    .append_change_end = append_id,
    .append_submit = append_submit,
    .append_queue = append_queue,
    .append_accounting = append_accounting,
    .append_control = append_control,
};
