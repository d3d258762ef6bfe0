/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many nodes on their way to become the tasks of arrays. They are made ready a slice at a time, so that neither this
 * program nor the host's agent is silent for long; what is alike is one array, submitted when it is complete. Who dies
 * in between leaves attempts without a decision (docs/attempts.md 3).
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"
#include "engine_private.h"

/* Starts that are made ready with one request. */
enum { SLICE = 50 };

/* An array that is being put together. */
struct array_set {
    struct agent_array array; /* its strings are owned; nonce NULL: submitted, another one comes */
    char *likeness;
    size_t *nodes; /* of its tasks, by number */
    size_t count, capacity;
};

struct convoy {
    struct host *host;
    size_t *nodes;
    unsigned *attempts;
    size_t count, next;
    struct array_set *sets;
    size_t set_count, set_capacity;
    size_t under_way; /* answers to come */
    agent_start_function *answered;
    void *argument;
};

/* ---- arrays ---- */

static void set_clear(struct array_set *set)
{
    free((char *)set->array.nonce);
    free((char *)set->array.submit);
    free(set->nodes);
    set->array = (struct agent_array){0};
    set->nodes = NULL;
    set->count = set->capacity = 0;
}

/* The array that a node belongs to; NULL: it is a job of its own. */
static struct array_set *set_of(struct convoy *convoy, size_t node)
{
    char *likeness = array_likeness(convoy->host->engine, node);
    size_t i = 0;
    if (likeness == NULL)
        return NULL;
    while (i < convoy->set_count && strcmp(convoy->sets[i].likeness, likeness) != 0)
        i++;
    if (i < convoy->set_count) {
        free(likeness);
        return &convoy->sets[i];
    }
    memory_grow(&convoy->sets, &convoy->set_capacity, convoy->set_count + 1, sizeof *convoy->sets);
    convoy->sets[convoy->set_count++] = (struct array_set){.likeness = likeness};
    return &convoy->sets[i];
}

static bool set_begin(struct convoy *convoy, struct array_set *set, size_t node)
{
    struct engine *engine = convoy->host->engine;
    struct text text;
    char *nonce = memory_new(RANDOM_TOKEN_LENGTH + 1);
    char *workflow_folder = host_workflow_folder(convoy->host);
    random_token(nonce);
    text_init(&text, 0);
    char *folder = workflow_folder != NULL ? memory_format("%s/.dagtop/array-%s", workflow_folder, nonce) : NULL;
    bool begun = folder != NULL && array_append_text(engine, node, nonce, folder, &text);
    set->array = (struct agent_array){
        .nonce = nonce, .system = batch_system_word(queue_system_of(engine, node)), .submit = text_take(&text)};
    free(folder);
    free(workflow_folder);
    return begun;
}

/* Makes a prepared start a task. */
static void set_add(struct array_set *set, struct agent_start *start)
{
    start->system = "array";
    start->nonce = memory_format("%s.%zu", set->array.nonce, set->count);
    start->submit = memory_format("%zu", set->count);
    memory_grow(&set->nodes, &set->capacity, set->count + 1, sizeof *set->nodes);
    set->nodes[set->count++] = start->node;
}

/* ---- submitting ---- */

static void convoy_go_on(struct convoy *convoy);

struct submission {
    struct convoy *convoy;
    size_t *nodes;
    size_t count, journal_entry;
};

/* Its tasks are not on their way any more: what became of them, a look will tell. */
static void submission_answered(void *argument, const struct error *error)
{
    struct submission *submission = argument;
    struct host *host = submission->convoy->host;
    struct engine *engine = host->engine;
    if (!engine->closing) {
        journal_result(&engine->journal, submission->journal_entry, error);
        for (size_t i = 0; i < submission->count; i++) {
            engine->reconcile.nodes[submission->nodes[i]].starting = 0;
            engine->reconcile.nodes[submission->nodes[i]].needs_look = true;
        }
        engine_observations_changed(engine);
        observe_hurry(host, RECONCILE_LOOK_LIVE);
    }
    submission->convoy->under_way--;
    convoy_go_on(submission->convoy);
    free(submission->nodes);
    free(submission);
}

static void set_submit(struct convoy *convoy, struct array_set *set)
{
    struct host *host = convoy->host;
    struct engine *engine = host->engine;
    struct submission *submission = memory_new(sizeof *submission);
    struct agent_place place = engine_place(host);
    struct error error = {0};
    *submission = (struct submission){.convoy = convoy, .nodes = set->nodes, .count = set->count};
    submission->journal_entry =
        journal_add(&engine->journal, clock_wall(), host->name, "submit an array of %zu tasks", set->count);
    size_t count = set->count;
    set->nodes = NULL;
    convoy->under_way++;
    enum status status =
        host->state == HOST_READY
            ? agent_submit_array(host->agent, &place, &set->array, count, submission_answered, submission, &error)
            : error_set(&error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    set_clear(set);
    if (status != STATUS_OK)
        submission_answered(submission, &error);
}

/* ---- making ready ---- */

static void slice_answered(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    struct convoy *convoy = argument;
    if (convoy->answered != NULL)
        convoy->answered(convoy->argument, node, attempt, error);
    convoy->under_way--;
    convoy_go_on(convoy);
}

/* A node that cannot be started now. */
static void drop(struct convoy *convoy, size_t node, unsigned attempt, const struct error *error)
{
    if (!convoy->host->engine->closing)
        convoy->host->engine->reconcile.nodes[node].starting = 0;
    if (convoy->answered != NULL)
        convoy->answered(convoy->argument, node, attempt, error);
}

/* A slice comes some time after its start was decided: what has been held meanwhile, or is driven no more, stays. */
static bool is_still_meant(const struct convoy *convoy, size_t node)
{
    const struct engine *engine = convoy->host->engine;
    const struct observation *observation = &engine->observations[node];
    bool is_driven = engine->driving && !engine->reconcile.nodes[node].out_of_scope;
    return convoy->answered != NULL || (is_driven && !observation->held && !observation->skipped);
}

/* Prepares the next start, and says of which array it is; false where it was dropped. */
static bool prepare_next(struct convoy *convoy, struct agent_start *start, size_t *set_number)
{
    size_t node = convoy->nodes[convoy->next];
    unsigned attempt = convoy->attempts[convoy->next++];
    struct error error = {0};
    if (!is_still_meant(convoy, node)) {
        drop(convoy, node, attempt, &error);
        return false;
    }
    struct array_set *set = set_of(convoy, node);
    *set_number = set != NULL ? (size_t)(set - convoy->sets) : SIZE_MAX;
    if (drive_prepare_start(convoy->host, node, attempt, set != NULL, start, &error) != STATUS_OK) {
        drop(convoy, node, attempt, &error);
        return false;
    }
    if (set == NULL)
        return true;
    if (set->array.nonce == NULL && !set_begin(convoy, set, node)) {
        (void)error_set(&error, STATUS_REFUSED, "the workflow's directory on its host is not known");
        set_clear(set);
        drive_release_start(start);
        drop(convoy, node, attempt, &error);
        return false;
    }
    set_add(set, start);
    return true;
}

/* Sends those of a slice that belong to one array, or to none. */
static void send_some(
    struct convoy *convoy, const struct agent_start *starts, const size_t *set_numbers, size_t count, size_t set)
{
    struct agent_start some[SLICE];
    size_t sent = 0;
    for (size_t i = 0; i < count; i++) {
        if (set_numbers[i] != set)
            continue;
        some[sent] = starts[i];
        some[sent++].array = set != SIZE_MAX ? &convoy->sets[set].array : NULL;
    }
    drive_send(convoy->host, some, sent, 0, slice_answered, convoy);
}

/* Makes the next starts ready, up to where an array is complete. */
static void send_slice(struct convoy *convoy)
{
    struct agent_start starts[SLICE];
    size_t set_numbers[SLICE], count = 0;
    bool is_full = false;
    while (convoy->next < convoy->count && count < SLICE && !is_full) {
        if (!prepare_next(convoy, &starts[count], &set_numbers[count]))
            continue;
        size_t set = set_numbers[count];
        is_full =
            set != SIZE_MAX && convoy->sets[set].count >= array_tasks_most(convoy->host->engine, starts[count].node);
        count++;
    }
    /* It goes on when all are answered, which may be at once. */
    convoy->under_way += count + 1;
    for (size_t set = 0; set < convoy->set_count; set++)
        send_some(convoy, starts, set_numbers, count, set);
    send_some(convoy, starts, set_numbers, count, SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        drive_release_start(&starts[i]);
    convoy->under_way--;
}

/* Submits what is complete; at the end, all. */
static void submit_complete(struct convoy *convoy)
{
    for (size_t i = 0; i < convoy->set_count; i++) {
        struct array_set *set = &convoy->sets[i];
        if (set->count > 0 &&
            (convoy->next == convoy->count || set->count >= array_tasks_most(convoy->host->engine, set->nodes[0])))
            set_submit(convoy, set);
    }
}

static void convoy_free(struct convoy *convoy)
{
    for (size_t i = 0; i < convoy->set_count; i++) {
        set_clear(&convoy->sets[i]);
        free(convoy->sets[i].likeness);
    }
    free(convoy->sets);
    free(convoy->nodes);
    free(convoy->attempts);
    free(convoy);
}

/* The connection has gone: what was not sent is not started; what was made ready is nobody's task. */
static void give_up(struct convoy *convoy)
{
    struct engine *engine = convoy->host->engine;
    struct error error = {0};
    (void)error_set(&error, STATUS_DISCONNECTED, "%s is not connected", convoy->host->name);
    for (size_t i = 0; !engine->closing && i < convoy->set_count; i++)
        for (size_t k = 0; k < convoy->sets[i].count; k++)
            engine->reconcile.nodes[convoy->sets[i].nodes[k]].starting = 0;
    while (convoy->next < convoy->count) {
        size_t i = convoy->next++;
        drop(convoy, convoy->nodes[i], convoy->attempts[i], &error);
    }
}

/* Goes on when everything that is under way has been answered, and frees the convoy at its end. */
static void convoy_go_on(struct convoy *convoy)
{
    while (convoy->under_way == 0) {
        bool is_there = !convoy->host->engine->closing && convoy->host->state == HOST_READY;
        convoy->under_way++;
        if (!is_there)
            give_up(convoy);
        else
            submit_complete(convoy);
        bool is_over = convoy->next == convoy->count && convoy->under_way == 1;
        if (is_there && convoy->next < convoy->count)
            send_slice(convoy);
        convoy->under_way--;
        if (is_over) {
            convoy_free(convoy);
            return;
        }
    }
}

void convoy_start(struct host *host, const size_t *nodes, const unsigned *attempts, size_t count,
    agent_start_function *answered, void *argument)
{
    if (count == 0)
        return;
    struct convoy *convoy = memory_new(sizeof *convoy);
    *convoy = (struct convoy){.host = host, .count = count, .answered = answered, .argument = argument};
    convoy->nodes = memory_new_array(count, sizeof *convoy->nodes);
    convoy->attempts = memory_new_array(count, sizeof *convoy->attempts);
    memcpy(convoy->nodes, nodes, count * sizeof *nodes);
    memcpy(convoy->attempts, attempts, count * sizeof *attempts);
    for (size_t i = 0; i < count; i++)
        host->engine->reconcile.nodes[nodes[i]].starting = attempts[i];
    convoy_go_on(convoy);
}
