/* SPDX-License-Identifier: Apache-2.0 */
/* Batch jobs: what is submitted, what becomes of refusals, and the commands that change a job in its queue. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"
#include "engine_private.h"

enum {
    SCRIPT_HEAD = 64 << 10, /* directives are looked for up to there */
    BACKOFF_FIRST = 5 * 1000,
    BACKOFF_MOST = 5 * 60 * 1000,
    CONTROL_WITHIN = 30 * 1000,
    ACCEPTED_WITHIN = 60 * 1000
};

void batch_read_script(const struct engine *engine, size_t node, struct text *script)
{
    const char *path = engine->workflow->nodes[node].script_path;
    struct error error;
    text_init(script, SCRIPT_HEAD);
    if (engine->workflow->nodes[node].work != NODE_WORK_SCRIPT || path == NULL)
        return;
    /* A longer one is cut; one that cannot be read is told when it is staged. */
    enum status status = text_read_file(script, path, &error);
    if (status != STATUS_OK && status != STATUS_TOO_LARGE)
        text_clear(script);
}

/* ---- submitting ---- */

/* A host without the program says so itself: only it knows where it has looked. */
static void append_submit_text(
    const struct engine *engine, size_t node, const struct batch_system *system, const char *command, struct text *text)
{
    const char *prologue = engine_prologue(engine, node), *program = batch_system_program(system);
    if (prologue != NULL)
        text_append_format(text, "%s\n", prologue);
    text_append_format(text,
        "command -v %s >/dev/null || { echo \"there is no %s on the PATH of $(uname -n): $PATH (a prologue such as "
        "'module "
        "load %s' may set it)\" >&2; exit 127; }\n%s",
        program, program, batch_system_word(system), command);
}

/* Where a node's job lies on its host, and where its output goes; false where the host has no such place. */
static bool find_paths(struct engine *engine, size_t node, unsigned attempt, char **file, char **log)
{
    const char *name = engine->workflow->nodes[node].name;
    char *folder = host_workflow_folder(engine_host_of(engine, node));
    if (folder == NULL)
        return false;
    *file = memory_format("%s/%s/%s.job", folder, name, name);
    *log = memory_format("%s/%s/.dagtop/%u/log", folder, name, attempt);
    free(folder);
    return true;
}

/* While the graph is handed over, a job waits for the jobs of its parents. */
static void set_dependency(
    struct engine *engine, size_t node, struct batch_submission *submission, struct text *dependency)
{
    if (!engine->detach.under_way || submission->requeues != NULL || !detach_dependency(engine, node, dependency))
        return;
    submission->dependency = dependency->data;
    engine->batch_nodes[node].held_first = dependency->length == 0;
}

bool batch_is_handed_over(struct engine *engine, size_t node)
{
    struct text dependency;
    text_init(&dependency, 0);
    bool is_handed_over = engine->detach.under_way && detach_dependency(engine, node, &dependency);
    text_release(&dependency);
    return is_handed_over;
}

enum status batch_append_start(
    struct engine *engine, size_t node, struct batch_submission *submission, struct text *text, struct error *error)
{
    const struct batch_system *system = queue_system_of(engine, node);
    struct attributes options = {0};
    struct text script, command, dependency;
    batch_read_script(engine, node, &script);
    text_init(&command, 0);
    text_init(&dependency, 0);
    attributes_copy(&options, &engine->workflow->nodes[node].slurm);
    if (engine->batch_nodes[node].tasks != NULL)
        task_set_option(engine, node, &options);
    set_dependency(engine, node, submission, &dependency);
    submission->workflow = engine->workflow->name;
    submission->script = script.data;
    submission->options = &options;
    enum status status = batch_append_submit(system, submission, &command, error);
    if (status == STATUS_OK)
        append_submit_text(engine, node, system, command.data, text);
    /* What it has borrowed ends here. */
    submission->script = NULL;
    submission->options = NULL;
    submission->dependency = submission->dependency != NULL ? "" : NULL;
    attributes_release(&options);
    text_release(&dependency);
    text_release(&script);
    text_release(&command);
    return status;
}

/* The log of the attempt whose job is to run again; NULL: none is. The caller frees it. */
static char *ended_log_of(struct engine *engine, size_t node)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    char *file, *log;
    if (engine->batch_nodes[node].requeues == NULL || attempt == NULL ||
        !find_paths(engine, node, attempt->number, &file, &log))
        return NULL;
    free(file);
    return log;
}

enum status batch_prepare_start(struct engine *engine, size_t node, struct agent_start *start, struct error *error)
{
    const struct batch_system *system = queue_system_of(engine, node);
    char *file, *log;
    struct text text;
    if (system == NULL)
        return STATUS_OK;
    if (!find_paths(engine, node, start->attempt, &file, &log))
        return error_set(error, STATUS_REFUSED, "the workflow's directory on its host is not known");
    char *nonce = memory_new(RANDOM_TOKEN_LENGTH + 1);
    random_token(nonce);
    text_init(&text, 0);
    char *ended_log = ended_log_of(engine, node);
    struct batch_submission submission = {.node = engine->workflow->nodes[node].name,
        .nonce = nonce,
        .attempt = start->attempt,
        .file = file,
        .log = log,
        .requeues = engine->batch_nodes[node].requeues,
        .ended_log = ended_log,
        .cluster = queue_of(engine, node)->cluster};
    enum status status = batch_append_start(engine, node, &submission, &text, error);
    free(ended_log);
    start->handed_over = submission.dependency != NULL;
    if (status == STATUS_OK) {
        start->nonce = nonce;
        start->system = batch_system_word(system);
        start->submit = text_take(&text);
        start->tasks = engine->batch_nodes[node].tasks;
        start->unfinished = engine->batch_nodes[node].unfinished;
        start->requeues = submission.requeues;
    } else {
        free(nonce);
    }
    free(file);
    free(log);
    text_release(&text);
    return status;
}

void batch_release_start(const struct agent_start *start)
{
    if (start->system == NULL)
        return;
    free((char *)start->nonce);
    free((char *)start->submit);
}

/* ---- refusals ---- */

/* A job less than there are now is what fits; without any, only time helps. */
static void note_limit(struct queue *queue, int64_t now)
{
    queue->ceiling = queue->live > 1 ? queue->live - 1 : 1;
    queue->more_at = now + 60 * 1000;
    queue->not_before = queue->live > 1 ? now + 1000 : now + BACKOFF_FIRST * 2;
}

static void note_later(struct queue *queue, int64_t now)
{
    /* Many jobs have waited for the same answer. */
    if (now < queue->not_before)
        return;
    unsigned doublings = queue->postponed < 6 ? queue->postponed : 6;
    int64_t delay = (int64_t)BACKOFF_FIRST << doublings;
    queue->postponed++;
    queue->not_before = now + (delay < BACKOFF_MOST ? delay : BACKOFF_MOST);
}

/* All that a command has said, in one line. */
static char *refusal_words(const char *refusal)
{
    struct text words;
    text_init(&words, 0);
    for (const char *line = refusal; *line != '\0'; line += strspn(line, "\n")) {
        size_t length = strcspn(line, "\n");
        text_append_string(&words, words.length > 0 ? "; " : "");
        text_append(&words, line, length);
        line += length;
    }
    return text_take(&words);
}

/* One that was accepted just now says that there is room; one of long ago says nothing. */
static void note_accepted(struct queue *queue, const struct attempt *attempt)
{
    queue->postponed = 0;
    if (clock_wall() - attempt->requested < ACCEPTED_WITHIN && queue->window < QUEUE_SUBMITTING_MOST)
        queue->window++;
    queue_hurry(queue);
}

/* Nothing is tried again by itself: the attempt before counts as it did. */
static void note_not_requeued(struct engine *engine, size_t node, const struct attempt *attempt)
{
    char *words = refusal_words(attempt->refusal != NULL ? attempt->refusal : "the attempt was given up");
    engine_say(engine, "node %s: its job does not run again: %s", engine->workflow->nodes[node].name, words);
    act_requeued(engine, node, attempt->number, words);
    free(words);
}

static void note_refused(struct engine *engine, size_t node, const struct attempt *attempt)
{
    struct queue *queue = queue_of(engine, node);
    int64_t now = loop_now(engine->loop);
    char *words = refusal_words(attempt->refusal);
    bool postpone = true;
    queue->window = QUEUE_SUBMITTING;
    switch (batch_judge_refusal(queue->system, words)) {
    case BATCH_REFUSAL_LIMIT:
        note_limit(queue, now);
        queue->array_limited |= strchr(attempt->nonce != NULL ? attempt->nonce : "", '.') != NULL;
        break;
    case BATCH_REFUSAL_LATER:
        note_later(queue, now);
        break;
    case BATCH_REFUSAL_NEVER:
        postpone = false;
        break;
    }
    drive_refuse_job(engine, node, attempt->number, words, postpone);
    free(words);
}

void batch_note_records(struct engine *engine)
{
    for (size_t i = 0; engine->queue_count > 0 && i < engine->workflow->node_count; i++) {
        const struct observation *observation = &engine->observations[i];
        struct batch_node *memory = &engine->batch_nodes[i];
        if (memory->queue == 0 || observation->attempt_count == 0 || observation->from_cache)
            continue;
        const struct attempt *attempt = &observation->attempts[observation->attempt_count - 1];
        if (attempt->jobid != NULL && memory->submitted != attempt->number) {
            memory->submitted = attempt->number;
            memory->unknown_since = 0;
            note_accepted(queue_of(engine, i), attempt);
            if (attempt->requeued) {
                /* What was known of the job was how it ended for the attempt before. */
                batch_observation_release(&engine->observations[i].batch);
                act_requeued(engine, i, attempt->number, NULL);
            }
        }
        if (attempt->decision != DECISION_VOID || memory->refused == attempt->number ||
            (attempt->refusal == NULL && !attempt->requeued))
            continue;
        memory->refused = attempt->number;
        if (attempt->requeued)
            note_not_requeued(engine, i, attempt);
        else
            note_refused(engine, i, attempt);
    }
    for (size_t i = 0; i < engine->queue_count; i++) {
        if (engine->queues[i].array_limited)
            array_note_limit(engine, &engine->queues[i]);
        engine->queues[i].array_limited = false;
    }
}

/* ---- changing a job in its queue ---- */

struct control {
    struct engine *engine;
    struct host *host;
    size_t journal_entry;
    agent_done_function *done;
    void *argument;
};

static void control_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct control *control = argument;
    struct error told = *error;
    if (error->status == STATUS_OK && (answer->code != 0 || answer->errors[0] != '\0')) {
        char *words = refusal_words(answer->errors);
        if (answer->code != 0)
            (void)error_set(
                &told, STATUS_REFUSED, "%s", *words != '\0' ? words : "the command failed and said nothing");
        free(words);
    }
    if (!control->engine->closing) {
        journal_result(&control->engine->journal, control->journal_entry, &told);
        if (told.status != STATUS_OK && control->done == NULL)
            engine_say(control->engine, "%s", told.message);
        for (size_t i = 0; i < control->engine->queue_count; i++)
            if (control->engine->queues[i].host == control->host)
                queue_hurry(&control->engine->queues[i]);
        observe_hurry(control->host, RECONCILE_LOOK_LIVE);
    }
    if (control->done != NULL)
        control->done(control->argument, &told);
    free(control);
}

bool batch_append_job_control(
    struct engine *engine, size_t node, enum batch_control control, const char *value, struct text *command)
{
    const struct queue *queue = queue_of(engine, node);
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    if (queue == NULL || attempt == NULL || attempt->jobid == NULL)
        return false;
    return batch_append_control(queue->system, control, queue->cluster, attempt->jobid, value, command);
}

void batch_run_command(
    struct engine *engine, size_t node, const char *command, agent_done_function *done, void *argument)
{
    struct queue *queue = queue_of(engine, node);
    struct text text;
    struct error error = {0};
    struct control *under_way = memory_new(sizeof *under_way);
    *under_way = (struct control){.engine = engine, .host = queue->host, .done = done, .argument = argument};
    under_way->journal_entry = journal_add(&engine->journal, clock_wall(), queue->host->name, "%s", command);
    text_init(&text, 0);
    if (queue->prologue != NULL)
        text_append_format(&text, "%s\n", queue->prologue);
    text_append_string(&text, command);
    struct agent_errand errand = {.text = text.data, .limit = CONTROL_WITHIN};
    queue_count_call(queue);
    enum status status = queue->host->state == HOST_READY
                             ? agent_run_errand(queue->host->agent, &errand, control_answered, under_way, &error)
                             : error_set(&error, STATUS_DISCONNECTED, "%s is not connected", queue->host->name);
    text_release(&text);
    if (status != STATUS_OK) {
        struct agent_errand_answer nothing = {.output = "", .errors = ""};
        control_answered(under_way, &nothing, &error);
    }
}

bool batch_control_job(struct engine *engine, size_t node, enum batch_control control, const char *value,
    agent_done_function *done, void *argument)
{
    struct text command;
    text_init(&command, 0);
    bool has_command = batch_append_job_control(engine, node, control, value, &command);
    if (has_command)
        batch_run_command(engine, node, command.data, done, argument);
    text_release(&command);
    return has_command;
}

bool batch_is_in_queue(const struct engine *engine, size_t node)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    enum node_state state = engine->views[node].state;
    return engine->batch_nodes[node].queue > 0 && attempt != NULL && attempt->jobid != NULL && !attempt->exited &&
           (state == STATE_QUEUED || (state == STATE_HELD && engine->views[node].current != NULL));
}

/* ---- settings ---- */

/* The job of a node that waits in a queue or runs, or NULL with the reason. */
static const char *changeable_job(struct engine *engine, size_t node, struct error *error)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    bool is_running = engine->views[node].state == STATE_RUNNING;
    if (queue_of(engine, node) == NULL)
        (void)error_set(error, STATUS_REFUSED, "it is no batch job");
    else if (attempt != NULL && attempt->jobid != NULL && (batch_is_in_queue(engine, node) || is_running))
        return attempt->jobid;
    else
        (void)error_set(
            error, STATUS_REFUSED, "it has no job in the queue, it is %s", state_word(engine->views[node].state));
    return NULL;
}

enum status batch_append_job_change(
    struct engine *engine, size_t node, const struct job_wish *wish, struct text *command, struct error *error)
{
    const char *job = changeable_job(engine, node, error);
    const struct queue *queue = queue_of(engine, node);
    /* Some tasks of an array may wait while others run: the scheduler says which it takes. */
    bool is_running = engine->views[node].state == STATE_RUNNING && engine->observations[node].batch.task_count == 0;
    if (job == NULL)
        return STATUS_REFUSED;
    if (wish->tasks != NULL && task_check(engine, node, wish->tasks, error) != STATUS_OK)
        return error->status;
    char *target = task_job(job, wish->tasks);
    enum status status =
        batch_append_change(queue->system, queue->cluster, target, wish->changes, is_running, command, error);
    free(target);
    return status;
}

enum status engine_job_settings(
    struct engine *engine, size_t node, char **command, char **settings, struct error *error)
{
    struct text start, words;
    size_t count;
    (void)engine_snapshot(engine);
    const char *job = changeable_job(engine, node, error);
    const struct queue *queue = queue_of(engine, node);
    if (job == NULL)
        return STATUS_REFUSED;
    text_init(&start, 0);
    text_init(&words, 0);
    batch_append_change_start(queue->system, queue->cluster, job, &start);
    const struct batch_setting *known = batch_settings(queue->system, &count);
    for (size_t i = 0; i < count; i++) {
        const struct attributes *details = &engine->observations[node].batch.details;
        const char *now = known[i].detail != NULL ? attributes_get(details, known[i].detail) : NULL;
        bool is_offered = known[i].while_running || engine->views[node].state != STATE_RUNNING;
        if (is_offered)
            text_append_format(&words, "%s%s=%s", words.length > 0 ? " " : "", known[i].word, now != NULL ? now : "");
    }
    *command = text_take(&start);
    *settings = text_take(&words);
    return STATUS_OK;
}
