/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays: nodes with the same word `array` that may start at the same time become one submission, a task each. Every
 * node keeps an attempt of its own; what a resubmit asks for alone is a job of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"
#include "engine_private.h"

/* Tasks of one submission, whatever the scheduler takes: while they are made, the agent does nothing else. */
enum { TASKS_MOST = 1000, CANCELLED_AT_ONCE = 100 };

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

static void limit_answered(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct queue *queue = argument;
    struct engine *engine = queue->host->engine;
    if (engine->closing)
        return;
    /* Where it cannot be told, submitting will: what is not taken as a whole goes in parts. */
    queue->tasks_most = TASKS_MOST;
    if (error->status == STATUS_OK && answer->code == 0 && answer->length > 0 && answer->length < 20) {
        char *digits = memory_copy_span(answer->output, answer->length);
        size_t most = strtoul(digits, NULL, 10);
        /* Zero: it takes none, and each node is a job of its own. */
        queue->tasks_most = most == 0 ? 1 : most < TASKS_MOST ? most : TASKS_MOST;
        free(digits);
    }
    engine_observations_changed(engine);
}

/* Finds out how many tasks an array may have, before the first one. */
static void ask_limit(struct queue *queue)
{
    struct text command;
    struct error error;
    if (queue->asking_tasks || queue->host->state != HOST_READY)
        return;
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
        ask_limit(queue);
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

/* What submits the node as a task: with the array's nonce and folder, or "" for both to compare it with others. */
static bool append_text(struct engine *engine, size_t node, const char *nonce, const char *folder, struct text *text)
{
    struct error error;
    char *file = memory_format("%s/job", folder);
    struct batch_submission submission = {
        .is_array = true, .node = engine->workflow->nodes[node].array, .nonce = nonce, .file = file, .log = folder};
    bool done = batch_append_start(engine, node, &submission, text, &error) == STATUS_OK;
    free(file);
    return done;
}

/* Nodes of which this is the same may be tasks of one job. The caller frees it; NULL: it is a job of its own. */
static char *likeness(struct engine *engine, size_t node)
{
    const struct batch_system *system = queue_system_of(engine, node);
    struct text text, script;
    if (engine->batch_nodes[node].array == 0 || engine->batch_nodes[node].requeues != NULL)
        return NULL;
    batch_read_script(engine, node, &script);
    text_init(&text, 0);
    struct batch_submission own = {.script = script.data, .options = &engine->workflow->nodes[node].slurm};
    bool can = batch_can_be_task(system, &own) && append_text(engine, node, "", "", &text);
    batch_append_directives(system, script.data, &text);
    text_release(&script);
    if (can)
        return text_take(&text);
    text_release(&text);
    return NULL;
}

/* Says of each start to which set it belongs: 0 are those that are jobs of their own. */
static size_t find_sets(
    struct engine *engine, const struct agent_start *starts, size_t count, size_t *set_of, struct array_set *sets)
{
    struct map *known = map_new();
    size_t set_count = 1;
    for (size_t i = 0; i < count; i++) {
        char *key = likeness(engine, starts[i].node);
        size_t most = key != NULL ? queue_of(engine, starts[i].node)->tasks_most : 0;
        uintptr_t set = 0;
        if (key != NULL && (!map_get(known, key, &set) || sets[set].count >= (most > 0 ? most : (size_t)TASKS_MOST))) {
            set = set_count++;
            map_set(known, key, set);
        }
        free(key);
        set_of[i] = set;
        sets[set].count++;
    }
    map_free(known);
    return set_count;
}

/* Orders the starts by their sets, of which those with one start are none. */
static void order_by_set(
    struct agent_start *starts, size_t count, size_t *set_of, struct array_set *sets, size_t set_count)
{
    struct agent_start *ordered = memory_new_array(count, sizeof *ordered);
    size_t first = 0;
    for (size_t i = 0; i < count; i++)
        if (set_of[i] > 0 && sets[set_of[i]].count == 1) {
            sets[set_of[i]].count = 0;
            sets[0].count++;
            set_of[i] = 0;
        }
    for (size_t set = 0; set < set_count; set++) {
        sets[set].first = first;
        first += sets[set].count;
        sets[set].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct array_set *set = &sets[set_of[i]];
        ordered[set->first + set->count++] = starts[i];
    }
    if (count > 0)
        memcpy(starts, ordered, count * sizeof *starts);
    free(ordered);
}

/* Makes the starts of a set the tasks of one array. */
static void make_array(struct host *host, struct agent_start *starts, struct array_set *set)
{
    struct text text;
    char *nonce = memory_new(RANDOM_TOKEN_LENGTH + 1);
    random_token(nonce);
    /* The starts were made, so the folder is known. */
    char *workflow_folder = host_workflow_folder(host);
    char *folder = memory_format("%s/.dagtop/array-%s", workflow_folder, nonce);
    free(workflow_folder);
    text_init(&text, 0);
    bool done = append_text(host->engine, starts[0].node, nonce, folder, &text);
    set->array = (struct agent_array){.nonce = nonce, .system = starts[0].system, .submit = text_take(&text)};
    for (size_t i = 0; done && i < set->count; i++) {
        batch_release_start(&starts[i]);
        starts[i].system = "array";
        starts[i].nonce = memory_format("%s.%zu", nonce, i);
        starts[i].submit = memory_format("%zu", i);
        starts[i].array = &set->array;
    }
    free(folder);
}

size_t array_combine(struct host *host, struct agent_start *starts, size_t count, struct array_set **sets)
{
    size_t *set_of = memory_new_array(count, sizeof *set_of);
    *sets = memory_new_array(count + 1, sizeof **sets);
    size_t set_count = find_sets(host->engine, starts, count, set_of, *sets);
    order_by_set(starts, count, set_of, *sets, set_count);
    for (size_t set = 1; set < set_count; set++)
        if ((*sets)[set].count > 0)
            make_array(host, starts + (*sets)[set].first, &(*sets)[set]);
    free(set_of);
    return set_count;
}

void array_release_sets(struct array_set *sets, size_t count)
{
    for (size_t set = 0; set < count; set++) {
        free((char *)sets[set].array.nonce);
        free((char *)sets[set].array.submit);
    }
    free(sets);
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
