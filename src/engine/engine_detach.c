/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing over to Slurm: what remains of the graph is submitted in topological order, each job depending on those of
 * its parents; the first ones are held, and released when all are in. Then it goes on with no dagtop anywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_private.h"

enum { NAMED = 20 };

/* Nodes that still have to run; milestones are looked through. */
static bool remains(const struct engine *engine, size_t node)
{
    enum node_state state = engine->views[node].state;
    return engine->workflow->nodes[node].work != NODE_WORK_MILESTONE &&
           (state == STATE_WAITING || state == STATE_READY);
}

/* The job of a node that runs or waits in a queue, or NULL. */
static const char *live_job(const struct engine *engine, size_t node)
{
    const struct node_view *view = &engine->views[node];
    bool lives = state_is_live(view->state) || view->state == STATE_HELD;
    return lives && view->current != NULL && engine->batch_nodes[node].queue > 0 ? view->current->jobid : NULL;
}

/* Why a node keeps the graph from being handed over; NULL: it does not. */
static const char *in_the_way(const struct engine *engine, size_t node, size_t queue)
{
    enum node_state state = engine->views[node].state;
    if (engine->workflow->nodes[node].work == NODE_WORK_MILESTONE || state_lets_children_start(state))
        return NULL;
    if (state_is_ended(state))
        return state_word(state);
    if (engine->batch_nodes[node].queue == 0)
        return node_kind_word(engine->workflow->nodes[node].kind);
    if (engine->batch_nodes[node].queue != queue)
        return "another cluster";
    if (engine->workflow->nodes[node].kind != NODE_KIND_SLURM)
        return "not Slurm";
    if (remains(engine, node) || live_job(engine, node) != NULL)
        return NULL;
    return state_word(state);
}

static enum status check(const struct engine *engine, struct error *error)
{
    struct text names;
    size_t queue = 0, count = 0, remaining = 0;
    for (size_t i = 0; i < engine->workflow->node_count && queue == 0; i++)
        queue = remains(engine, i) ? engine->batch_nodes[i].queue : 0;
    text_init(&names, 0);
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        const char *why = in_the_way(engine, i, queue);
        remaining += remains(engine, i);
        if (why != NULL && count++ < NAMED)
            text_append_format(&names, "%s%s (%s)", count > 1 ? ", " : "", engine->workflow->nodes[i].name, why);
    }
    if (count > NAMED)
        text_append_format(&names, " and %zu more", count - NAMED);
    enum status status = STATUS_OK;
    if (count > 0)
        status = error_set(error, STATUS_REFUSED,
            "only a graph that lies on one Slurm cluster as a whole can be handed over; in the way: %s", names.data);
    else if (remaining == 0)
        status = error_set(error, STATUS_REFUSED, "nothing remains that could be handed over");
    text_release(&names);
    return status;
}

enum status engine_detach(struct engine *engine, agent_done_function *done, void *argument, struct error *error)
{
    if (engine->options.read_only)
        return error_set(error, STATUS_REFUSED, "read only: nothing may be changed");
    if (!engine_snapshot(engine)->complete)
        return error_set(error, STATUS_REFUSED, "the hosts have not answered yet");
    if (engine->detach.under_way)
        return error_set(error, STATUS_REFUSED, "the graph is being handed over already");
    enum status status = check(engine, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        engine->batch_nodes[i].handed_over = remains(engine, i);
    engine->detach = (struct detach){.under_way = true, .done = done, .argument = argument};
    engine_set_driving(engine, true);
    return STATUS_OK;
}

/* Appends the jobs that a node has to wait for, through milestones; false where one has none yet. */
static bool append_parent_jobs(struct engine *engine, size_t node, bool *seen, struct text *jobs)
{
    const struct node *described = &engine->workflow->nodes[node];
    for (size_t i = 0; i < described->parent_count; i++) {
        size_t parent = described->parents[i];
        if (seen[parent] || state_lets_children_start(engine->views[parent].state))
            continue;
        seen[parent] = true;
        const char *job = live_job(engine, parent);
        if (engine->workflow->nodes[parent].work == NODE_WORK_MILESTONE) {
            if (!append_parent_jobs(engine, parent, seen, jobs))
                return false;
        } else if (job != NULL) {
            text_append_format(jobs, ":%s", job);
        } else {
            return false;
        }
    }
    return true;
}

bool detach_dependency(struct engine *engine, size_t node, struct text *dependency)
{
    bool *seen = memory_new_array(engine->workflow->node_count, sizeof *seen);
    bool known = append_parent_jobs(engine, node, seen, dependency);
    free(seen);
    return known;
}

static void finish(struct engine *engine, const char *words)
{
    struct detach detach = engine->detach;
    struct error error = {0};
    engine->detach = (struct detach){0};
    engine_set_driving(engine, false);
    if (words != NULL)
        (void)error_set(&error, STATUS_REFUSED, "%s", words);
    if (detach.done != NULL)
        detach.done(detach.argument, &error);
}

static void released(void *argument, const struct error *error)
{
    struct engine *engine = argument;
    if (engine->closing || !engine->detach.under_way)
        return;
    if (error->status != STATUS_OK && engine->detach.error.status == STATUS_OK)
        engine->detach.error = *error;
    if (--engine->detach.releasing == 0)
        finish(engine, engine->detach.error.status != STATUS_OK ? engine->detach.error.message : NULL);
}

/* All are in: those that depend on nothing may begin. */
static void release_first(struct engine *engine)
{
    engine->detach.releasing = 1;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        if (!engine->batch_nodes[i].handed_over || !engine->batch_nodes[i].held_first)
            continue;
        engine->detach.releasing++;
        if (!batch_control_job(engine, i, BATCH_RELEASE, NULL, released, engine))
            engine->detach.releasing--;
    }
    struct error none = {0};
    released(engine, &none);
}

/* One was refused: what is in the queue would wait for nothing. */
static void give_up(struct engine *engine, const char *words)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        if (engine->batch_nodes[i].handed_over && live_job(engine, i) != NULL)
            batch_control_job(engine, i, BATCH_CANCEL, NULL, NULL, NULL);
    finish(engine, words);
}

void detach_think(struct engine *engine)
{
    if (!engine->detach.under_way || engine->detach.releasing > 0)
        return;
    size_t missing = 0;
    const char *refusal = NULL;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        struct reconcile_node *memory = &engine->reconcile.nodes[i];
        if (!engine->batch_nodes[i].handed_over)
            continue;
        bool is_in = live_job(engine, i) != NULL || !remains(engine, i);
        missing += !is_in;
        if (memory->unstartable && engine->refusals[i].words != NULL)
            refusal = engine->refusals[i].words;
        struct text jobs;
        text_init(&jobs, 0);
        memory->handed_over = !is_in && detach_dependency(engine, i, &jobs);
        text_release(&jobs);
    }
    if (refusal != NULL)
        give_up(engine, refusal);
    else if (missing == 0)
        release_first(engine);
}
