/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slurm, 18.08 and later: sbatch(1), squeue(1), sacct(1), scancel(1), scontrol(1), sdiag(1). JSON is not used: it
 * changes from version to version, and these formats have not.
 */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct batch_option options[] = {
    {"job-name", 'J', false},
    {"output", 'o', false},
    {"array", 'a', false},
    {"clusters", 'M', false},
    {"dependency", 'd', false},
    {"cluster", '\0', false},
    {"comment", '\0', true},
    {"parsable", '\0', true},
    {"wrap", '\0', true},
    {"test-only", '\0', true},
    {"wait", 'W', true},
    {"help", 'h', true},
    {"usage", '\0', true},
    {"version", 'V', true},
};

/* Parts of what sbatch says, in the versions from 18.08 on. */
static const struct batch_words refusals[] = {
    {"MaxSubmit", BATCH_REFUSAL_LIMIT},
    {"GrpSubmit", BATCH_REFUSAL_LIMIT},
    {"QOSMaxSubmitJobPerUserLimit", BATCH_REFUSAL_LIMIT},
    {"AssocMaxSubmitJobLimit", BATCH_REFUSAL_LIMIT},
    {"violates accounting/QOS policy", BATCH_REFUSAL_LIMIT},
    {"MaxJobCount", BATCH_REFUSAL_LIMIT},
    {"job count limit", BATCH_REFUSAL_LIMIT},
    {"temporarily unable to accept job", BATCH_REFUSAL_LATER},
    {"Resource temporarily unavailable", BATCH_REFUSAL_LATER},
    {"Socket timed out", BATCH_REFUSAL_LATER},
    {"Unable to contact slurm controller", BATCH_REFUSAL_LATER},
    {"Connection refused", BATCH_REFUSAL_LATER},
    {"Connection reset", BATCH_REFUSAL_LATER},
    {"Transport endpoint", BATCH_REFUSAL_LATER},
    {"Zero Bytes were transmitted", BATCH_REFUSAL_LATER},
    {"Unexpected message received", BATCH_REFUSAL_LATER},
    {"Slurm backup controller in standby mode", BATCH_REFUSAL_LATER},
    {"authentication error", BATCH_REFUSAL_LATER},
    {"Munge encode failed", BATCH_REFUSAL_LATER},
    {"Rate limit exceeded", BATCH_REFUSAL_LATER},
    {"dagtop: no answer within", BATCH_REFUSAL_LATER},
};

static const struct batch_column queue_columns[] = {
    {"%F", BATCH_FIELD_ID, NULL},
    {"%K", BATCH_FIELD_TASK, NULL},
    {"%T", BATCH_FIELD_STATE, NULL},
    {"%r", BATCH_FIELD_REASON, NULL},
    {"%V", BATCH_FIELD_TIME, "submitted"},
    {"%S", BATCH_FIELD_TIME, "start"},
    {"%e", BATCH_FIELD_TIME, "end"},
    {"%M", BATCH_FIELD_DETAIL, "elapsed"},
    {"%l", BATCH_FIELD_DETAIL, "time limit"},
    {"%N", BATCH_FIELD_DETAIL, "nodes"},
    {"%C", BATCH_FIELD_DETAIL, "processors"},
    {"%m", BATCH_FIELD_DETAIL, "memory asked"},
    {"%P", BATCH_FIELD_DETAIL, "partition"},
    {"%a", BATCH_FIELD_DETAIL, "account"},
    {"%q", BATCH_FIELD_DETAIL, "qos"},
    {"%Q", BATCH_FIELD_DETAIL, "priority"},
    {"%y", BATCH_FIELD_DETAIL, "nice"},
    {"%E", BATCH_FIELD_DETAIL, "dependency"},
    {"%Z", BATCH_FIELD_DETAIL, "working directory"},
    {"%k", BATCH_FIELD_COMMENT, NULL},
};

static const struct batch_column accounting_columns[] = {
    {"JobID", BATCH_FIELD_ID, NULL},
    {"State", BATCH_FIELD_STATE, NULL},
    {"ExitCode", BATCH_FIELD_EXIT, NULL},
    {"Submit", BATCH_FIELD_TIME, "submitted"},
    {"Start", BATCH_FIELD_TIME, "start"},
    {"End", BATCH_FIELD_TIME, "end"},
    {"Elapsed", BATCH_FIELD_DETAIL, "elapsed"},
    {"Timelimit", BATCH_FIELD_DETAIL, "time limit"},
    {"NodeList", BATCH_FIELD_DETAIL, "nodes"},
    {"ReqCPUS", BATCH_FIELD_DETAIL, "processors"},
    {"ReqMem", BATCH_FIELD_DETAIL, "memory asked"},
    {"TotalCPU", BATCH_FIELD_DETAIL, "processor time"},
    {"MaxRSS", BATCH_FIELD_LARGEST, "memory used"},
    {"ConsumedEnergy", BATCH_FIELD_LARGEST, "energy"},
    {"Partition", BATCH_FIELD_DETAIL, "partition"},
    {"Account", BATCH_FIELD_DETAIL, "account"},
};

static const struct batch_setting settings[] = {
    {"time", "TimeLimit", "time limit", true, batch_is_time},
    {"partition", "Partition", "partition", false, batch_is_name},
    {"nice", "Nice", "nice", false, batch_is_number},
    {"account", "Account", "account", false, batch_is_name},
};

/* "true" and "" are options without a value, "false" is one that is not given. */
static void append_option(const struct attribute *option, struct text *command)
{
    char *name = memory_format("--%s", option->key);
    if (!*option->value || strcmp(option->value, "true") == 0)
        batch_append_word(command, name);
    else if (strcmp(option->value, "false") != 0)
        batch_append_pair(command, name, option->value);
    free(name);
}

/* The value that dagtop gives an option which neither the node nor its script sets. */
static void append_default(
    const struct batch_submission *submission, const char *option, const char *value, struct text *command)
{
    char *given = batch_submission_option(&batch_slurm, submission, option);
    if (!given) {
        char *name = memory_format("--%s", option);
        batch_append_pair(command, name, value);
        free(name);
    }
    free(given);
}

/* In a file name, sbatch would read % as the beginning of a pattern. */
static char *escape_pattern(const char *path)
{
    struct text text;
    text_init(&text, 0);
    for (; *path; path++) {
        if (*path == '%')
            text_append_byte(&text, '%');
        text_append_byte(&text, *path);
    }
    return text_take(&text);
}

/* A job that the scheduler starts by itself when others have ended well; the first of them is held. */
static void append_dependency(const struct batch_submission *submission, struct text *command)
{
    if (!submission->dependency)
        return;
    if (!*submission->dependency) {
        text_append_string(command, " --hold");
        return;
    }
    char *own = batch_submission_option(&batch_slurm, submission, "dependency");
    char *both = memory_format("%s%safterok%s", own ? own : "", own ? "," : "", submission->dependency);
    batch_append_pair(command, "--dependency", both);
    text_append_string(command, " --kill-on-invalid-dep=yes");
    free(both);
    free(own);
}

/* With it the job is found again, whatever dies before its id is written down. */
static void append_comment(const char *option, const struct batch_submission *submission, struct text *command)
{
    char *comment = submission->is_array
                        ? memory_format("dagtop:%s/%s/%s", submission->workflow, submission->node, submission->nonce)
                        : memory_format("dagtop:%s/%s/%u/%s", submission->workflow, submission->node,
                              submission->attempt, submission->nonce);
    batch_append_pair(command, option, comment);
    free(comment);
}

static void append_submit(
    const struct batch_system *system, const struct batch_submission *submission, struct text *command)
{
    char *name = memory_format("%s.%s", submission->workflow, submission->node);
    char *array = batch_submission_option(system, submission, "array");
    char *log = escape_pattern(submission->log);
    char *log_of_task = memory_format(submission->is_array ? "%s/%%a/log" : "%s-%%a", log);
    text_append_string(command, "sbatch --parsable");
    append_comment("--comment", submission, command);
    append_default(submission, "job-name", name, command);
    append_default(submission, "output", array || submission->is_array ? log_of_task : log, command);
    if (submission->directory)
        append_default(submission, "chdir", submission->directory, command);
    for (size_t i = 0; i < submission->options->count; i++)
        if (!submission->is_array || strcmp(submission->options->items[i].key, "array") != 0)
            append_option(&submission->options->items[i], command);
    if (submission->is_array)
        text_append_format(command, " --array=\"$1\"%s", array ? array : "");
    append_dependency(submission, command);
    batch_append_word(command, submission->file);
    free(log_of_task);
    free(log);
    free(array);
    free(name);
}

/* A user's own defaults for formats and filters would change what is read; times are printed in UTC, and long lists of
 * tasks as a whole. */
static void append_environment(struct text *command)
{
    text_append_string(command,
        "unset SQUEUE_ACCOUNT SQUEUE_ALL SQUEUE_ARRAY SQUEUE_ARRAY_UNIQUE SQUEUE_CLUSTERS SQUEUE_FEDERATION"
        " SQUEUE_FORMAT SQUEUE_FORMAT2 SQUEUE_LICENSES SQUEUE_LOCAL SQUEUE_NAMES SQUEUE_PARTITION SQUEUE_PRIORITY"
        " SQUEUE_QOS SQUEUE_SIBLING SQUEUE_SORT SQUEUE_STATES SQUEUE_USERS SACCT_FEDERATION SACCT_FORMAT SACCT_LOCAL"
        " SLURM_CLUSTERS; TZ=UTC0 SLURM_TIME_FORMAT=standard SLURM_BITSTR_LEN=0 ");
}

static void append_cluster(const char *cluster, struct text *command)
{
    if (cluster) {
        text_append_string(command, " -M");
        batch_append_word(command, cluster);
    }
}

static void append_queue(const struct batch_system *system, const char *cluster, const char *user,
    const char *separator, struct text *command)
{
    struct text format;
    text_init(&format, 0);
    batch_append_columns(system->queue_columns, system->queue_column_count, separator, &format);
    append_environment(command);
    text_append_string(command, "squeue -h -t all");
    append_cluster(cluster, command);
    /* Not --me, which versions before 20.02 do not know; it costs the scheduler the same. */
    text_append_string(command, " -u");
    batch_append_word(command, user);
    text_append_string(command, " -o");
    batch_append_word(command, format.data);
    text_release(&format);
}

/* Steps are listed too: they alone know how much memory was used. */
static void append_accounting(const struct batch_system *system, const char *cluster, const char *ids,
    const char *separator, struct text *command)
{
    struct text format;
    text_init(&format, 0);
    batch_append_columns(system->accounting_columns, system->accounting_column_count, ",", &format);
    append_environment(command);
    text_append_string(command, "sacct -n -P");
    append_cluster(cluster, command);
    batch_append_pair(command, "--delimiter", separator);
    text_append_string(command, " -o");
    batch_append_word(command, format.data);
    text_append_string(command, " -j");
    batch_append_word(command, ids);
    text_release(&format);
}

/* sdiag asks for counters alone; of the own cluster only. */
static bool append_census(const char *cluster, struct text *command)
{
    if (cluster)
        return false;
    text_append_string(
        command, "sdiag | awk '/^[ \\t]*Jobs (pending|running):/ { count += $NF } END { print count + 0 }'");
    return true;
}

static void append_array_limit(const char *cluster, struct text *command)
{
    text_append_string(command, "scontrol");
    append_cluster(cluster, command);
    text_append_string(command, " show config | awk '$1 == \"MaxArraySize\" { print $3 + 0 }'");
}

/* A job that runs has its use of memory from sstat alone, once a step of it has begun. */
static void append_details(const char *cluster, const char *id, struct text *command)
{
    text_append_string(command, "TZ=UTC0 SLURM_TIME_FORMAT=standard scontrol");
    append_cluster(cluster, command);
    text_append_string(command, " show job");
    batch_append_word(command, id);
    if (cluster)
        return;
    text_append_string(command, "; sstat -n -P -o MaxRSS,AveCPU -j");
    char *step = memory_format("%s.batch", id);
    batch_append_word(command, step);
    text_append_string(command, " 2>/dev/null | sed -n 's/^\\([^|]*\\)|\\(.*\\)/MaxRSS=\\1 AveCPU=\\2/p'");
    free(step);
}

static void append_change_start(const char *cluster, const char *id, struct text *command)
{
    text_append_string(command, "scontrol");
    append_cluster(cluster, command);
    text_append_string(command, " update");
    batch_append_pair(command, "JobId", id);
}

static void append_setting(const struct batch_setting *setting, const char *value, struct text *command)
{
    batch_append_pair(command, setting->word, value);
}

static bool append_control(
    enum batch_control control, const char *cluster, const char *id, const char *value, struct text *command)
{
    static const char *const verbs[] = {[BATCH_HOLD] = " hold",
        [BATCH_RELEASE] = " release",
        [BATCH_REQUEUE] = " requeue",
        [BATCH_REQUEUE_HELD] = " requeuehold"};
    bool is_scancel = control == BATCH_CANCEL || control == BATCH_SIGNAL;
    if (control == BATCH_SET_DEPENDENCY) {
        append_change_start(cluster, id, command);
        batch_append_pair(command, "Dependency", value);
        return true;
    }
    text_append_string(command, is_scancel ? "scancel" : "scontrol");
    append_cluster(cluster, command);
    /* To the wrapper alone, which hands it on: the script gets it once. */
    if (control == BATCH_SIGNAL) {
        text_append_string(command, " --batch");
        batch_append_pair(command, "--signal", value);
    }
    if (!is_scancel)
        text_append_string(command, verbs[control]);
    batch_append_word(command, id);
    return true;
}

/* Output of its own place is overwritten by the job: what the attempt before has written there is kept with that. */
static void append_output_of_requeued(const struct batch_submission *submission, struct text *command)
{
    char *kept = memory_format("%s.kept", submission->ended_log);
    char *log = escape_pattern(submission->log);
    text_append_string(command, "if test -L");
    batch_append_word(command, submission->ended_log);
    text_append_string(command, "; then set --; if test -e");
    batch_append_word(command, submission->ended_log);
    text_append_string(command, "; then cp");
    batch_append_word(command, submission->ended_log);
    batch_append_word(command, kept);
    text_append_string(command, " && mv -f");
    batch_append_word(command, kept);
    batch_append_word(command, submission->ended_log);
    text_append_string(command, " || exit 1; fi; else set --");
    batch_append_pair(command, "StdOut", log);
    text_append_string(command, "; fi\n");
    free(log);
    free(kept);
}

/* It is held until its comment names the new attempt: a list from before then is known to speak of the old one. */
static void append_requeue(const struct batch_submission *submission, struct text *command)
{
    const char *job = submission->requeues, *cluster = submission->cluster;
    append_output_of_requeued(submission, command);
    append_control(BATCH_REQUEUE_HELD, cluster, job, NULL, command);
    text_append_string(command, " && if ");
    append_change_start(cluster, job, command);
    append_comment("Comment", submission, command);
    text_append_string(command, " \"$@\" && ");
    append_control(BATCH_RELEASE, cluster, job, NULL, command);
    text_append_string(command, "; then echo");
    batch_append_word(command, job);
    text_append_string(command, "; else ");
    append_control(BATCH_CANCEL, cluster, job, NULL, command);
    text_append_string(command,
        "; false; fi || { echo 'Slurm runs a job again as long as it remembers it (MinJobAge), and unless it was"
        " submitted with --no-requeue: without requeue, resubmit makes a new job' >&2; false; }");
}

const struct batch_system batch_slurm = {
    .word = "slurm",
    .name = "Slurm",
    .program = "sbatch",
    .directive = "#SBATCH",
    .options = options,
    .option_count = COUNT(options),
    .refusals = refusals,
    .refusal_count = COUNT(refusals),
    .queue_columns = queue_columns,
    .queue_column_count = COUNT(queue_columns),
    .accounting_columns = accounting_columns,
    .accounting_column_count = COUNT(accounting_columns),
    .separator_length = BATCH_SEPARATOR_LENGTH,
    .no_accounting = "accounting storage is disabled",
    .settings = settings,
    .setting_count = COUNT(settings),
    .append_change_start = append_change_start,
    .append_setting = append_setting,
    .append_submit = append_submit,
    .append_requeue = append_requeue,
    .append_queue = append_queue,
    .append_accounting = append_accounting,
    .append_census = append_census,
    .append_array_limit = append_array_limit,
    .append_details = append_details,
    .append_control = append_control,
};
