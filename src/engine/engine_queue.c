/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batch queues: one list of jobs a cluster and interval for all nodes together, one question to its accounting for
 * those that left the queue. A question that fails changes no state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "engine_private.h"

enum {
    INTERVAL = 15 * 1000,         /* between two lists */
    INTERVAL_CROWDED = 30 * 1000, /* where many jobs of others are on the cluster */
    INTERVAL_LEAST = 10 * 1000,   /* whatever has happened */
    INTERVAL_MOST = 60 * 1000,    /* where nothing has changed for long and nobody drives */
    BACKOFF_MOST = 5 * 60 * 1000,
    CROWD = 1000, /* jobs of others */
    CENSUS_EVERY = 10 * 60 * 1000,
    QUIET = 60 * 1000,
    ANSWER_WITHIN = 30 * 1000,       /* a list that takes longer is given up */
    ACCOUNTING_MOST = 500,           /* jobs in one question to the accounting */
    UNKNOWN_BEFORE_LOST = 60 * 1000, /* a job that neither knows has gone only after that long: they lag behind */
    SHARED_AGE = 9 * 1000            /* a list that another viewer of this user has got serves as well */
};

/* ---- which node belongs to which queue ---- */

const struct batch_system *queue_system_of(const struct engine *engine, size_t node)
{
    return batch_system_of(engine->workflow->nodes[node].kind);
}

struct queue *queue_of(struct engine *engine, size_t node)
{
    return engine->batch_nodes[node].queue > 0 ? &engine->queues[engine->batch_nodes[node].queue - 1] : NULL;
}

/* The attempt whose job counts: the newest that is not void. */
static struct attempt *current_attempt(struct engine *engine, size_t node)
{
    return (struct attempt *)observation_newest(&engine->observations[node]);
}

static bool is_final(const struct attempt *attempt)
{
    return attempt->exited || attempt->lost || attempt->decision == DECISION_CANCELLED ||
           attempt->decision == DECISION_VOID;
}

/* Whether the scheduler could still tell something of a node's job. */
static bool is_of_interest(struct engine *engine, size_t node)
{
    const struct attempt *attempt = current_attempt(engine, node);
    const struct batch_observation *batch = &engine->observations[node].batch;
    if (attempt == NULL || engine->observations[node].from_cache)
        return false;
    if (!is_final(attempt))
        return true;
    /* What was seen in the queue is followed to its end: how much memory it used, whether a cancelled one has left. */
    return batch->known && !batch->settled && attempt->jobid != NULL && batch->job != NULL &&
           strcmp(batch->job, attempt->jobid) == 0;
}

static struct queue *add_queue(struct engine *engine, size_t node, const char *cluster)
{
    struct queue *queue = &engine->queues[engine->queue_count++];
    *queue = (struct queue){.host = engine_host_of(engine, node),
        .system = queue_system_of(engine, node),
        .cluster = memory_copy_text(cluster),
        .ceiling = SIZE_MAX,
        .window = QUEUE_SUBMITTING,
        .last_change = loop_now(engine->loop),
        .next_at = 0};
    return queue;
}

void queue_init_all(struct engine *engine)
{
    size_t count = engine->workflow->node_count;
    struct map *known = map_new();
    engine->batch_nodes = memory_new_array(count, sizeof *engine->batch_nodes);
    engine->queues = memory_new_array(count, sizeof *engine->queues);
    for (size_t i = 0; i < count; i++) {
        const struct batch_system *system = queue_system_of(engine, i);
        if (system == NULL)
            continue;
        struct text script;
        batch_read_script(engine, i, &script);
        char *cluster = batch_cluster_of(system, &engine->workflow->nodes[i].slurm, script.data);
        char *key = memory_format(
            "%zu %s %s", engine->reconcile.nodes[i].host, batch_system_word(system), cluster != NULL ? cluster : "");
        uintptr_t index = engine->queue_count;
        if (!map_get(known, key, &index)) {
            map_set(known, key, index);
            (void)add_queue(engine, i, cluster);
        }
        engine->queues[index].node_count++;
        engine->batch_nodes[i].queue = index + 1;
        engine->reconcile.nodes[i].queue = index + 1;
        engine->reconcile.nodes[i].room = index;
        if (engine->queues[index].prologue == NULL)
            engine->queues[index].prologue = memory_copy_text(engine_prologue(engine, i));
        free(key);
        free(cluster);
        text_release(&script);
    }
    map_free(known);
    array_init_all(engine);
    engine->reconcile.queue_room =
        memory_new_array(engine->queue_count + engine->array_count + 1, sizeof *engine->reconcile.queue_room);
}

void queue_release_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->queue_count; i++) {
        listing_cancel(&engine->queues[i]);
        free(engine->queues[i].cluster);
        free(engine->queues[i].prologue);
        free(engine->queues[i].trouble);
    }
    for (size_t i = 0; engine->batch_nodes != NULL && i < engine->workflow->node_count; i++)
        task_remember(engine, i, NULL);
    free(engine->queues);
    free(engine->batch_nodes);
    free(engine->arrays);
    free(engine->reconcile.queue_room);
}

/* ---- asking ---- */

static int64_t base_interval(const struct queue *queue)
{
    const struct settings *settings = queue->host->engine->options.settings;
    const struct host_settings *own = settings != NULL ? settings_host(settings, queue->host->address) : NULL;
    int64_t interval = own != NULL && own->queue_interval > 0 ? own->queue_interval
                       : queue->others > CROWD                ? INTERVAL_CROWDED
                                                              : INTERVAL;
    return interval > INTERVAL_LEAST ? interval : INTERVAL_LEAST;
}

int64_t queue_interval(const struct queue *queue, int64_t now)
{
    const struct engine *engine = queue->host->engine;
    int64_t interval = base_interval(queue);
    if (queue->failures > 0) {
        unsigned doublings = queue->failures < 6 ? queue->failures : 6;
        int64_t backed_off = interval << (doublings - 1);
        return backed_off < BACKOFF_MOST ? backed_off : BACKOFF_MOST;
    }
    if (engine->driving)
        return interval;
    int64_t quiet = now - queue->last_change;
    int64_t drifted = !engine->watched ? INTERVAL_MOST : quiet > QUIET ? interval * quiet / QUIET : interval;
    int64_t most = interval > INTERVAL_MOST ? interval : INTERVAL_MOST;
    return drifted < most ? drifted : most;
}

void queue_hurry(struct queue *queue)
{
    int64_t earliest = queue->last_at + INTERVAL_LEAST;
    queue->last_change = loop_now(queue->host->engine->loop);
    if (queue->failures == 0 && queue->next_at > earliest)
        queue->next_at = earliest;
    engine_ask_turn(queue->host->engine);
}

/* A person looks: the queue is asked as often as it is without drift, and now if that is overdue. */
void queue_attend(struct queue *queue)
{
    int64_t due = queue->last_at + base_interval(queue);
    queue->last_change = loop_now(queue->host->engine->loop);
    if (queue->failures == 0 && queue->next_at > due)
        queue->next_at = due;
}

void queue_count_call(struct queue *queue)
{
    int64_t now = loop_now(queue->host->engine->loop);
    size_t kept = 0;
    for (size_t i = 0; i < queue->call_count; i++)
        if (now - queue->calls[i] < 60 * 1000)
            queue->calls[kept++] = queue->calls[i];
    if (kept == QUEUE_CALLS)
        memmove(queue->calls, queue->calls + 1, --kept * sizeof *queue->calls);
    queue->calls[kept++] = now;
    queue->call_count = kept;
}

void queue_set_trouble(struct queue *queue, const char *words)
{
    if ((words == NULL && queue->trouble == NULL) ||
        (words != NULL && queue->trouble != NULL && strcmp(words, queue->trouble) == 0))
        return;
    free(queue->trouble);
    queue->trouble = words != NULL ? memory_format("%s: %s", batch_system_name(queue->system), words) : NULL;
    engine_note(queue->host->engine, ENGINE_CHANGED_HOSTS);
}

/* The first line of what a command printed as errors, for people. */
static void set_trouble_from(struct queue *queue, const struct agent_errand_answer *answer)
{
    char *line = memory_copy_span(answer->errors, strcspn(answer->errors, "\n"));
    if (*line == '\0') {
        free(line);
        line = memory_format("the command ended with code %d", answer->code);
    }
    queue_set_trouble(queue, line);
    free(line);
}

enum status queue_send(
    struct queue *queue, struct text *command, const char *share, agent_errand_function *answered, struct error *error)
{
    struct agent_errand errand = {.limit = ANSWER_WITHIN, .share = share, .age = SHARED_AGE};
    struct text text;
    text_init(&text, 0);
    if (queue->prologue != NULL)
        text_append_format(&text, "%s\n", queue->prologue);
    text_append_string(&text, command->data);
    errand.text = text.data;
    queue_count_call(queue);
    enum status status = agent_run_errand(queue->host->agent, &errand, answered, queue, error);
    text_release(&text);
    text_release(command);
    return status;
}

/* The host's clock minus this machine's. */
static wall_time clock_difference(const struct queue *queue)
{
    return queue->host->agent != NULL ? agent_facts(queue->host->agent)->clock_difference : 0;
}

/* What has been taken off the times of records. */
static wall_time record_difference(const struct queue *queue)
{
    return queue->host->agent != NULL ? agent_clock_difference(queue->host->agent) : 0;
}

/* When an answer was true, by this machine's clock. */
static wall_time seen_at(const struct queue *queue, const struct agent_errand_answer *answer)
{
    bool is_dated = answer->began > 0 && queue->host->agent != NULL;
    return is_dated ? answer->began - clock_difference(queue) : clock_wall();
}

/* ---- what a list says ---- */

static void ignore_done(void *argument, const struct error *error)
{
    (void)argument;
    (void)error;
}

/* An attempt whose job id was never recorded is found by the nonce in its job's comment. */
static void adopt(struct queue *queue, size_t node, struct attempt *attempt, char *job)
{
    struct engine *engine = queue->host->engine;
    struct agent_place place = engine_place(queue->host);
    struct error error;
    attempt->jobid = job;
    if (!engine->options.read_only && agent_adopt_job(queue->host->agent, &place, engine->workflow, node,
                                          attempt->number, attempt->nonce, job, ignore_done, NULL, &error) != STATUS_OK)
        return;
}

/* A cancelled attempt whose job turns up all the same is taken out of the queue, once. */
static void cancel_left_over(struct queue *queue, size_t node, const struct attempt *attempt)
{
    struct engine *engine = queue->host->engine;
    struct batch_node *memory = &engine->batch_nodes[node];
    if (engine->options.read_only || memory->cancelled == attempt->number)
        return;
    memory->cancelled = attempt->number;
    batch_control_job(engine, node, BATCH_CANCEL, NULL, NULL, NULL);
}

/* Whether a row speaks of the attempt: its job may have run, and ended, for another one before. */
static bool is_told_of(const struct queue *queue, const struct batch_job *row, const struct attempt *attempt,
    const struct batch_observation *batch)
{
    const char *nonce = row != NULL ? batch_job_nonce(row) : NULL;
    if (row == NULL || !attempt->requeued)
        return row != NULL;
    if (nonce != NULL)
        return attempt->nonce != NULL && strcmp(nonce, attempt->nonce) == 0;
    /* The accounting has no comment: the job was submitted anew, by the clock that the queue's list goes by too. */
    const char *submitted = attributes_get(&row->details, "submitted");
    const char *listed = attributes_get(&batch->details, "submitted");
    wall_time told, begun = attempt->requested + record_difference(queue);
    if (listed != NULL)
        (void)clock_parse_utc(listed, &begun);
    return submitted != NULL && clock_parse_utc(submitted, &told) && told >= begun / 1000 * 1000;
}

static void read_listed(struct queue *queue, size_t node, const struct batch_list *list, wall_time seen)
{
    struct engine *engine = queue->host->engine;
    struct attempt *attempt = current_attempt(engine, node);
    struct batch_observation *batch = &engine->observations[node].batch;
    if (attempt == NULL)
        return;
    if (attempt->jobid == NULL) {
        char *job = attempt->nonce != NULL ? batch_list_find_nonce(list, attempt->nonce) : NULL;
        if (job == NULL) {
            engine->reconcile.nodes[node].absent_at = queue->asked_at - SHARED_AGE;
            return;
        }
        adopt(queue, node, attempt, job);
    }
    if (batch_list_find(list, attempt->jobid) != NULL &&
        !is_told_of(queue, batch_list_find(list, attempt->jobid), attempt, batch))
        return;
    wall_time before = batch->observed;
    enum batch_phase phase_before = batch->state != NULL ? derive_batch_phase(batch->state) : BATCH_PHASE_UNKNOWN;
    batch_fold(list, attempt->jobid, seen, batch);
    engine->batch_nodes[node].listed = batch->known && batch->observed == seen &&
                                       strcmp(batch->job, attempt->jobid) == 0 &&
                                       (before != seen || seen == 0 || batch->state != NULL);
    if (engine->batch_nodes[node].listed)
        engine->batch_nodes[node].unknown_since = 0;
    if (batch->known && derive_batch_phase(batch->state) != phase_before)
        queue->last_change = loop_now(engine->loop);
    bool lives = batch->known && derive_batch_phase(batch->state) < BATCH_PHASE_DONE;
    if (attempt->decision == DECISION_CANCELLED && lives && engine->batch_nodes[node].listed)
        cancel_left_over(queue, node, attempt);
}

/* Says whether a job is over, or in the queue no more: then its end is asked for. */
static bool has_left(struct queue *queue, size_t node, const struct batch_list *list, wall_time began)
{
    struct engine *engine = queue->host->engine;
    const struct attempt *attempt = current_attempt(engine, node);
    const struct batch_observation *batch = &engine->observations[node].batch;
    if (attempt == NULL || attempt->jobid == NULL || batch->settled)
        return false;
    const struct batch_job *row = batch_list_find(list, attempt->jobid);
    if (row != NULL)
        return is_told_of(queue, row, attempt, batch) && batch->known &&
               derive_batch_phase(batch->state) >= BATCH_PHASE_DONE;
    /* A list from before the job was submitted says nothing of it. */
    return began - record_difference(queue) > attempt->requested + 1000;
}

/* ---- how jobs ended ---- */

static int exit_code_of(const struct batch_list *list, const char *id)
{
    const struct batch_job *first = batch_list_find(list, id);
    int code = 0;
    for (const struct batch_job *job = first; job != NULL && job < list->jobs + list->count; job++) {
        int of_job = job->signal > 0 ? 128 + job->signal : job->exit_code;
        /* Of a task that row alone counts, of an array all of its tasks. */
        if ((job == first || strcmp(job->id, id) == 0) && of_job > code)
            code = of_job;
    }
    return code;
}

static void ended_done(void *argument, const struct error *error)
{
    struct host *host = argument;
    (void)error;
    if (!host->engine->closing)
        observe_hurry(host, RECONCILE_LOOK_LIVE);
}

/* Writes down how a job ended whose wrapper could not; word NULL: nobody knows. */
static void record_end(struct queue *queue, size_t node, const char *word, int code)
{
    struct engine *engine = queue->host->engine;
    struct batch_node *memory = &engine->batch_nodes[node];
    const struct attempt *attempt = current_attempt(engine, node);
    struct agent_place place = engine_place(queue->host);
    struct error error;
    if (engine->options.read_only || is_final(attempt) || memory->ended == attempt->number)
        return;
    memory->ended = attempt->number;
    engine->reconcile.nodes[node].needs_look = true;
    const char *reason = engine->observations[node].batch.reason;
    if (word != NULL && reason != NULL && strcmp(reason, "DependencyNeverSatisfied") == 0)
        word = reason;
    char *first = word != NULL ? memory_copy_span(word, strcspn(word, " +")) : NULL;
    bool failed = word != NULL && derive_batch_phase(word) != BATCH_PHASE_DONE;
    if (agent_end_job(queue->host->agent, &place, engine->workflow, node, attempt->number, attempt->jobid, first,
            failed && code == 0 ? 1 : code, ended_done, queue->host, &error) != STATUS_OK)
        memory->ended = 0;
    free(first);
}

/* A job of which neither the queue nor the accounting knows: after a while it has gone. */
static void note_unknown(struct queue *queue, size_t node)
{
    struct engine *engine = queue->host->engine;
    struct batch_node *memory = &engine->batch_nodes[node];
    int64_t now = loop_now(engine->loop);
    if (memory->unknown_since == 0)
        memory->unknown_since = now;
    if (now - memory->unknown_since < UNKNOWN_BEFORE_LOST)
        return;
    engine->observations[node].batch.settled = true;
    record_end(queue, node, NULL, 0);
}

/* Whether the queue's own word is enough to write an end down: not of an array, whose first tasks it may have
 * forgotten, and not where the scheduler often runs the job again. */
static bool is_last_word(const struct queue *queue, const struct batch_observation *batch)
{
    static const char *const doubtful[] = {"NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "REVOKED"};
    if (queue->no_accounting || queue->accounting_failures > 1)
        return true;
    for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++)
        if (strcmp(batch->state, doubtful[i]) == 0)
            return false;
    return batch->task_count == 0;
}

/* Slurm names who has cancelled a job ("CANCELLED by 1000"). Nobody has: it was its dependency, if a parent ended
 * badly. */
static bool is_unsatisfied(const struct engine *engine, size_t node)
{
    const struct batch_observation *batch = &engine->observations[node].batch;
    const struct node *described = &engine->workflow->nodes[node];
    if (strcmp(batch->state, "CANCELLED") != 0 ||
        observation_newest(&engine->observations[node])->decision == DECISION_RUN)
        return false;
    for (size_t i = 0; i < described->parent_count; i++)
        if (state_blocks_children(engine->views[described->parents[i]].state))
            return true;
    return false;
}

/* The queue knows better how a live job stands; the accounting, which of its tasks have ended long ago. */
void queue_take_history(struct queue *queue, size_t node, const struct batch_list *list)
{
    struct engine *engine = queue->host->engine;
    struct batch_observation *batch = &engine->observations[node].batch;
    const struct attempt *attempt = current_attempt(engine, node);
    if (!is_final(attempt) && batch->known) {
        batch_fold_ended(list, attempt->jobid, batch);
        return;
    }
    batch_fold(list, attempt->jobid, clock_wall(), batch);
    batch->settled |= is_final(attempt) && batch->known && derive_batch_phase(batch->state) >= BATCH_PHASE_DONE;
}

static void read_ended(struct queue *queue, size_t node, const struct batch_list *list, wall_time seen)
{
    struct engine *engine = queue->host->engine;
    struct batch_observation *batch = &engine->observations[node].batch;
    const struct attempt *attempt = current_attempt(engine, node);
    if (attempt == NULL || attempt->jobid == NULL)
        return;
    bool is_told = is_told_of(queue, batch_list_find(list, attempt->jobid), attempt, batch);
    if (is_told) {
        batch_fold(list, attempt->jobid, seen, batch);
        engine->batch_nodes[node].unknown_since = 0;
    } else if (!engine->batch_nodes[node].listed) {
        if (queue->accounting_failures == 0)
            note_unknown(queue, node);
        return;
    }
    /* Accounting may lag behind the queue; where there is none, the queue has the last word. */
    if (derive_batch_phase(batch->state) < BATCH_PHASE_DONE)
        return;
    if (is_told && is_unsatisfied(engine, node)) {
        free(batch->reason);
        batch->reason = memory_copy_text("DependencyNeverSatisfied");
    }
    batch->settled = is_told || queue->no_accounting;
    if (is_told || is_last_word(queue, batch))
        record_end(queue, node, batch->state, exit_code_of(list, attempt->jobid));
}

static bool is_live_array(const struct engine *engine, size_t node)
{
    const struct batch_observation *batch = &engine->observations[node].batch;
    return batch->known && batch->task_count > 0 && derive_batch_phase(batch->state) < BATCH_PHASE_DONE &&
           engine->batch_nodes[node].listed;
}

/* Once for each array that is first seen when it runs: the queue forgets its tasks soon after they have ended. */
static bool wants_history(const struct queue *queue, size_t node)
{
    struct engine *engine = queue->host->engine;
    struct batch_node *memory = &engine->batch_nodes[node];
    bool wants = !queue->no_accounting && !memory->history_asked && is_live_array(engine, node) &&
                 derive_batch_phase(engine->observations[node].batch.state) == BATCH_PHASE_RUNNING;
    memory->history_asked |= wants;
    return wants;
}

static void accounting_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct queue *queue = argument;
    struct engine *engine = queue->host->engine;
    struct batch_list list;
    struct error reading;
    if (engine->closing)
        return;
    queue->asking_accounting = false;
    queue->tried = true;
    batch_list_init(&list);
    if (error->status == STATUS_OK && answer->code != 0 && batch_has_no_accounting(queue->system, answer->errors))
        queue->no_accounting = true;
    bool fine = error->status == STATUS_OK &&
                (queue->no_accounting || (answer->code == 0 && batch_read_list(queue->system, answer->output,
                                                                   answer->length, &list, &reading) == STATUS_OK));
    if (error->status == STATUS_OK && !fine)
        set_trouble_from(queue, answer);
    queue->accounting_failures = fine ? 0 : queue->accounting_failures + 1;
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        if (queue_of(engine, i) == queue && engine->batch_nodes[i].asked) {
            engine->batch_nodes[i].asked = false;
            if (is_live_array(engine, i))
                queue_take_history(queue, i, &list);
            else
                read_ended(queue, i, &list, seen_at(queue, answer));
        }
    batch_list_release(&list);
    engine_observations_changed(engine);
}

/* Asks how the jobs ended that have left the queue: all in one question. */
static void ask_accounting(struct queue *queue, const struct batch_list *listed, wall_time began)
{
    struct engine *engine = queue->host->engine;
    const char *ids[ACCOUNTING_MOST];
    size_t count = 0;
    for (size_t i = 0; i < engine->workflow->node_count && count < ACCOUNTING_MOST; i++) {
        engine->batch_nodes[i].asked &= queue_of(engine, i) != queue;
        if (queue_of(engine, i) != queue || !is_of_interest(engine, i) ||
            (!has_left(queue, i, listed, began) && !wants_history(queue, i)))
            continue;
        engine->batch_nodes[i].asked = true;
        ids[count++] = current_attempt(engine, i)->jobid;
    }
    if (count == 0)
        return;
    struct agent_errand_answer nothing = {.output = "", .errors = ""};
    struct error error = {0};
    if (queue->no_accounting) {
        accounting_answered(queue, &nothing, &error);
        return;
    }
    struct text command;
    text_init(&command, 0);
    batch_append_accounting(queue->system, queue->cluster, ids, count, &command);
    queue->asking_accounting = true;
    if (queue_send(queue, &command, NULL, accounting_answered, &error) != STATUS_OK)
        queue->asking_accounting = false;
}

/* ---- the list ---- */

void queue_read_listed(struct queue *queue, size_t node, const struct batch_list *list, wall_time seen)
{
    struct engine *engine = queue->host->engine;
    if (queue_of(engine, node) == queue && is_of_interest(engine, node))
        read_listed(queue, node, list, seen);
}

void queue_take_list(struct queue *queue, const struct batch_list *list, wall_time began)
{
    struct engine *engine = queue->host->engine;
    int64_t now = loop_now(engine->loop);
    queue->asking = false;
    queue->last_at = now;
    queue->failures = list != NULL ? 0 : queue->failures + 1;
    if (list != NULL)
        queue_set_trouble(queue, NULL);
    queue->next_at = now + queue_interval(queue, now);
    if (list != NULL && queue->host->agent != NULL)
        ask_accounting(queue, list, began);
    queue->tried |= !queue->asking_accounting;
    engine_observations_changed(engine);
}

static void list_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct queue *queue = argument;
    if (queue->host->engine->closing)
        return;
    /* Of the connection others tell. */
    if (error->status == STATUS_OK && answer->code != 0)
        set_trouble_from(queue, answer);
    if (error->status != STATUS_OK || answer->code != 0)
        queue_take_list(queue, NULL, 0);
    else
        listing_begin(queue, answer, seen_at(queue, answer));
}

static void ask_list(struct queue *queue, int64_t now)
{
    struct text command;
    struct error error;
    char *share = memory_format(
        "queue-%s-%s", batch_system_word(queue->system), queue->cluster != NULL ? queue->cluster : "default");
    text_init(&command, 0);
    batch_append_queue(queue->system, queue->cluster, agent_facts(queue->host->agent)->user, &command);
    queue->asking = true;
    queue->asked_at = now;
    queue->next_at = now + INTERVAL_LEAST;
    if (queue_send(queue, &command, share, list_answered, &error) != STATUS_OK)
        queue->asking = false;
    free(share);
}

static void census_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct queue *queue = argument;
    if (queue->host->engine->closing || error->status != STATUS_OK || answer->code != 0 || answer->length > 20)
        return;
    char *digits = memory_copy_span(answer->output, answer->length);
    size_t all = strtoul(digits, NULL, 10), own = queue->node_count;
    queue->others = all > own ? all - own : 0;
    free(digits);
}

static void ask_census(struct queue *queue, int64_t now)
{
    struct text command;
    struct error error;
    text_init(&command, 0);
    queue->census_at = now + CENSUS_EVERY;
    if (!batch_append_census(queue->system, queue->cluster, &command))
        text_release(&command);
    else if (queue_send(queue, &command, NULL, census_answered, &error) != STATUS_OK)
        queue->census_at = now + INTERVAL;
}

/* ---- turns ---- */

static bool is_needed(struct queue *queue)
{
    struct engine *engine = queue->host->engine;
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        if (queue_of(engine, i) == queue && is_of_interest(engine, i))
            return true;
    return false;
}

bool queue_is_settling(struct engine *engine)
{
    int64_t now = loop_now(engine->loop);
    bool settling = false;
    for (size_t i = 0; engine->queue_count > 0 && i < engine->workflow->node_count; i++) {
        const struct attempt *attempt = current_attempt(engine, i);
        const struct batch_observation *batch = &engine->observations[i].batch;
        struct batch_node *memory = &engine->batch_nodes[i];
        bool is_open = memory->queue > 0 && attempt != NULL && !is_final(attempt) && batch->known &&
                       derive_batch_phase(batch->state) >= BATCH_PHASE_DONE && !engine->options.read_only;
        if (!is_open)
            memory->over_since = 0;
        else if (memory->over_since == 0)
            memory->over_since = now;
        settling |= is_open && now - memory->over_since < UNKNOWN_BEFORE_LOST;
    }
    return settling;
}

bool queue_all_tried(const struct engine *engine)
{
    for (size_t i = 0; i < engine->queue_count; i++) {
        struct queue *queue = &engine->queues[i];
        if (queue->host->state == HOST_READY && !queue->tried && is_needed(queue))
            return false;
    }
    return true;
}

/* Room for more jobs: submissions under way are few, so that one that is refused stops the others. */
static void count_room(struct queue *queue, size_t index, int64_t now)
{
    struct engine *engine = queue->host->engine;
    size_t pending = 0, live = 0;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        const struct attempt *attempt = current_attempt(engine, i);
        if (queue_of(engine, i) != queue)
            continue;
        bool has_job = attempt != NULL && attempt->jobid != NULL;
        bool starting = engine->reconcile.nodes[i].starting > 0 && !has_job;
        bool lives = state_is_live(engine->views[i].state) || (has_job && engine->views[i].state == STATE_HELD);
        live += lives || starting;
        pending += starting || (lives && !has_job && attempt != NULL && attempt->decision == DECISION_NONE);
    }
    if (now >= queue->more_at && queue->ceiling < SIZE_MAX) {
        /* Perhaps there is room again though nothing of ours has left: tried by one. */
        queue->ceiling = live + 1 > queue->ceiling ? live + 1 : queue->ceiling + 1;
        queue->more_at = now + INTERVAL_MOST;
    }
    size_t room = queue->window > pending ? queue->window - pending : 0;
    size_t below = queue->ceiling > live ? queue->ceiling - live : 0;
    engine->reconcile.queue_room[index] = now < queue->not_before ? 0 : room < below ? room : below;
    queue->live = live;
}

void queue_think(struct engine *engine, int64_t now)
{
    engine->queue_wake = RECONCILE_NEVER;
    for (size_t i = 0; i < engine->queue_count; i++) {
        struct queue *queue = &engine->queues[i];
        count_room(queue, i, now);
        if (queue->not_before > now && queue->not_before < engine->queue_wake)
            engine->queue_wake = queue->not_before;
        if (queue->ceiling < SIZE_MAX && queue->more_at > now && queue->more_at < engine->queue_wake)
            engine->queue_wake = queue->more_at;
        if (queue->host->state != HOST_READY || !queue->host->scanned || queue->asking || !is_needed(queue))
            continue;
        if (queue->census_at <= now)
            ask_census(queue, now);
        if (queue->next_at <= now)
            ask_list(queue, now);
        else if (queue->next_at < engine->queue_wake)
            engine->queue_wake = queue->next_at;
    }
    array_count_room(engine, now);
}

void queue_forget_connection(struct host *host)
{
    struct engine *engine = host->engine;
    for (size_t i = 0; i < engine->queue_count; i++) {
        struct queue *queue = &engine->queues[i];
        if (queue->host != host)
            continue;
        queue->asking = queue->asking_accounting = queue->asking_tasks = false;
        listing_cancel(queue);
    }
}

static unsigned calls_a_minute(const struct queue *queue)
{
    unsigned calls = 0;
    int64_t now = loop_now(queue->host->engine->loop);
    for (size_t i = 0; i < queue->call_count; i++)
        calls += now - queue->calls[i] < 60 * 1000;
    return calls;
}

unsigned queue_calls_a_minute(const struct host *host)
{
    unsigned calls = 0;
    for (size_t i = 0; i < host->engine->queue_count; i++)
        if (host->engine->queues[i].host == host)
            calls += calls_a_minute(&host->engine->queues[i]);
    return calls;
}

char *queue_tell_calls(const struct host *host)
{
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < host->engine->queue_count; i++) {
        const struct queue *queue = &host->engine->queues[i];
        if (queue->host == host)
            text_append_format(&text, "%s%s%s%s %u/m", text.length > 0 ? ", " : "", batch_system_name(queue->system),
                queue->cluster != NULL ? " " : "", queue->cluster != NULL ? queue->cluster : "", calls_a_minute(queue));
    }
    if (text.length > 0)
        return text_take(&text);
    text_release(&text);
    return NULL;
}

const char *queue_trouble(const struct host *host)
{
    for (size_t i = 0; i < host->engine->queue_count; i++)
        if (host->engine->queues[i].host == host && host->engine->queues[i].trouble != NULL)
            return host->engine->queues[i].trouble;
    return NULL;
}
