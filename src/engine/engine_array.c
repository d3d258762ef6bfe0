/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays: nodes with the same word `array` that may start at the same time become one submission, a task each. Every
 * node keeps an attempt of its own; what a resubmit asks for alone is a job of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "engine_private.h"

/* Tasks of one submission, whatever the scheduler takes; tasks that one command cancels. */
enum { TASKS_MOST = 1000, CANCELLED_AT_ONCE = 100 };

/* How often it is asked how many it takes, and milliseconds until it is asked again, doubled each time. */
enum { LIMIT_TRIES = 3, LIMIT_PAUSE = 1000 };

/* ---- which nodes belong together ---- */

void array_init_all(struct engine *engine)
{
    struct map *known = map_new();
    engine->arrays = memory_new_array(engine->workflow->node_count, sizeof *engine->arrays);
    for (size_t i = 0; engine->queue_count > 0 && i < engine->workflow->node_count; i++) {
        const char *name = engine->workflow->nodes[i].array;
        const struct queue *queue = queue_of(engine, i);
        if (name == NULL || queue == NULL || !batch_has_arrays(queue->system))
            continue;
        char *key = memory_format("%zu %s", engine->batch_nodes[i].queue, name);
        uintptr_t index = engine->array_count;
        if (!map_get(known, key, &index)) {
            map_set(known, key, index);
            engine->arrays[engine->array_count++].queue = engine->batch_nodes[i].queue - 1;
        }
        engine->batch_nodes[i].array = index + 1;
        engine->reconcile.nodes[i].room = engine->queue_count + index;
        free(key);
    }
    map_free(known);
}

/* ---- room ---- */

/* The number that it was answered with; false: none. */
static bool read_limit(const struct agent_errand_answer *answer, const struct error *error, size_t *most)
{
    char *end;
    if (error->status != STATUS_OK || answer->code != 0 || answer->length == 0 || answer->length >= 20)
        return false;
    char *digits = memory_copy_span(answer->output, answer->length);
    *most = strtoul(digits, &end, 10);
    bool is_number = end > digits && (*end == '\0' || *end == '\n');
    free(digits);
    return is_number;
}

/* It is asked again after a while; then what is not taken as a whole goes in parts. */
static void note_no_limit(struct queue *queue)
{
    struct engine *engine = queue->host->engine;
    queue->limit_failures++;
    queue->limit_at = loop_now(engine->loop) + ((int64_t)LIMIT_PAUSE << queue->limit_failures);
    if (queue->limit_failures < LIMIT_TRIES)
        return;
    queue->tasks_most = TASKS_MOST;
    engine_say(engine, "%s on %s does not tell how many tasks an array may have: up to %d are tried",
        batch_system_name(queue->system), queue->host->name, TASKS_MOST);
}

static void limit_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct queue *queue = argument;
    struct engine *engine = queue->host->engine;
    size_t most;
    if (engine->closing)
        return;
    queue->asking_tasks = false;
    if (read_limit(answer, error, &most))
        /* Zero: it takes none, and each node is a job of its own. */
        queue->tasks_most = most == 0 ? 1 : most < TASKS_MOST ? most : TASKS_MOST;
    else if (error->status != STATUS_DISCONNECTED && error->status != STATUS_CANCELLED)
        note_no_limit(queue);
    engine_observations_changed(engine);
}

/* Finds out how many tasks an array may have, before the first one. */
static void ask_limit(struct queue *queue, int64_t now)
{
    struct engine *engine = queue->host->engine;
    struct text command;
    struct error error;
    if (queue->asking_tasks || queue->host->state != HOST_READY)
        return;
    if (now < queue->limit_at) {
        engine->queue_wake = queue->limit_at < engine->queue_wake ? queue->limit_at : engine->queue_wake;
        return;
    }
    text_init(&command, 0);
    if (!batch_append_array_limit(queue->system, queue->cluster, &command))
        text_release(&command);
    else
        queue->asking_tasks = queue_send(queue, &command, NULL, limit_answered, &error) == STATUS_OK;
}

/* One submission of an array at once; it may have as many tasks as the scheduler takes. */
static size_t room_of(struct engine *engine, size_t array, int64_t now)
{
    struct queue *queue = &engine->queues[engine->arrays[array].queue];
    size_t below = queue->ceiling > queue->live ? queue->ceiling - queue->live : 0;
    if (engine->arrays[array].pending || now < queue->not_before)
        return 0;
    if (queue->tasks_most == 0 && engine->driving)
        ask_limit(queue, now);
    return below < queue->tasks_most ? below : queue->tasks_most;
}

void array_count_room(struct engine *engine, int64_t now)
{
    for (size_t i = 0; i < engine->array_count; i++)
        engine->arrays[i].pending = false;
    for (size_t i = 0; engine->array_count > 0 && i < engine->workflow->node_count; i++) {
        const struct attempt *attempt = observation_newest(&engine->observations[i]);
        bool has_job = attempt != NULL && attempt->jobid != NULL;
        bool decided = attempt == NULL || attempt->decision != DECISION_NONE || attempt->exited || attempt->lost;
        if (engine->batch_nodes[i].array > 0)
            engine->arrays[engine->batch_nodes[i].array - 1].pending |=
                engine->reconcile.nodes[i].starting > 0 || (!has_job && !decided);
    }
    for (size_t i = 0; i < engine->array_count; i++)
        engine->reconcile.queue_room[engine->queue_count + i] = room_of(engine, i, now);
}

size_t array_tasks_most(struct engine *engine, size_t node)
{
    size_t most = queue_of(engine, node)->tasks_most;
    return most > 0 ? most : TASKS_MOST;
}

void array_note_limit(struct engine *engine, struct queue *queue)
{
    size_t jobs = 0;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        const struct attempt *attempt = observation_newest(&engine->observations[i]);
        if (queue_of(engine, i) == queue && attempt != NULL && attempt->jobid != NULL && !attempt->exited &&
            !attempt->lost)
            jobs++;
    }
    queue->ceiling = jobs > 0 ? jobs : 1;
}

/* ---- putting submissions together ---- */

bool array_append_text(struct engine *engine, size_t node, const char *nonce, const char *folder, struct text *text)
{
    struct error error;
    char *file = memory_format("%s/job", folder);
    struct batch_submission submission = {
        .is_array = true, .node = engine->workflow->nodes[node].array, .nonce = nonce, .file = file, .log = folder};
    bool done = batch_append_start(engine, node, &submission, text, &error) == STATUS_OK;
    free(file);
    return done;
}

char *array_likeness(struct engine *engine, size_t node)
{
    const struct batch_system *system = queue_system_of(engine, node);
    struct text text, script;
    if (engine->batch_nodes[node].array == 0 || engine->batch_nodes[node].requeues != NULL)
        return NULL;
    batch_read_script(engine, node, &script);
    text_init(&text, 0);
    struct batch_submission own = {.script = script.data, .options = &engine->workflow->nodes[node].slurm};
    bool can = batch_can_be_task(system, &own) && array_append_text(engine, node, "", "", &text);
    batch_append_directives(system, script.data, &text);
    text_release(&script);
    if (can)
        return text_take(&text);
    text_release(&text);
    return NULL;
}

/* ---- cancelling ---- */

bool array_has_task(const struct engine *engine, size_t node)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    return engine->batch_nodes[node].array > 0 && attempt != NULL && attempt->jobid != NULL &&
           strchr(attempt->jobid, '_') != NULL;
}

bool array_append_cancel(struct engine *engine, const size_t *nodes, size_t *count, size_t *first, struct text *command)
{
    size_t tasks = 0, looked_at = 0;
    for (; looked_at < *count && tasks < CANCELLED_AT_ONCE; looked_at++) {
        size_t node = nodes[looked_at];
        if (!array_has_task(engine, node))
            continue;
        if (tasks > 0 && queue_of(engine, node) != queue_of(engine, *first))
            break;
        if (tasks++ == 0) {
            *first = node;
            batch_append_job_control(engine, node, BATCH_CANCEL, NULL, command);
            continue;
        }
        text_append_byte(command, ' ');
        text_append_shell_quoted(command, observation_newest(&engine->observations[node])->jobid);
    }
    *count = looked_at;
    return tasks > 0;
}
