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

enum { NAMED = 20, MOVED_WITHIN = 60 * 1000 };

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

static enum status may_detach(struct engine *engine, struct error *error)
{
    if (engine->options.read_only)
        return error_set(error, STATUS_REFUSED, "read only: nothing may be changed");
    if (!engine_snapshot(engine)->complete)
        return error_set(error, STATUS_REFUSED, "the hosts have not answered yet");
    if (engine->detach.under_way)
        return error_set(error, STATUS_REFUSED, "the graph is being handed over already");
    return check(engine, error);
}

enum status engine_detach(struct engine *engine, agent_done_function *done, void *argument, struct error *error)
{
    enum status status = may_detach(engine, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        engine->batch_nodes[i].handed_over = remains(engine, i);
    engine->detach = (struct detach){.under_way = true, .done = done, .argument = argument};
    engine_set_driving(engine, true);
    return STATUS_OK;
}

/* Calls for each parent that a node has to wait for, through milestones; false as soon as a call says so. */
static bool for_open_parents(const struct engine *engine, size_t node, bool *seen,
    bool (*call)(const struct engine *engine, size_t parent, struct text *text), struct text *text)
{
    const struct node *described = &engine->workflow->nodes[node];
    for (size_t i = 0; i < described->parent_count; i++) {
        size_t parent = described->parents[i];
        if (seen[parent] || state_lets_children_start(engine->views[parent].state))
            continue;
        seen[parent] = true;
        bool is_milestone = engine->workflow->nodes[parent].work == NODE_WORK_MILESTONE;
        bool goes_on = is_milestone ? for_open_parents(engine, parent, seen, call, text) : call(engine, parent, text);
        if (!goes_on)
            return false;
    }
    return true;
}

static bool visit_parents(const struct engine *engine, size_t node,
    bool (*call)(const struct engine *engine, size_t parent, struct text *text), struct text *text)
{
    bool *seen = memory_new_array(engine->workflow->node_count, sizeof *seen);
    bool all = for_open_parents(engine, node, seen, call, text);
    free(seen);
    return all;
}

/* Jobs that there are already, and nodes whose jobs are still to come. */
static bool tell_parent(const struct engine *engine, size_t parent, struct text *text)
{
    const char *job = live_job(engine, parent);
    text_append_format(text, "%s%s", text->length > 0 ? ", " : "", engine->workflow->nodes[parent].name);
    if (job != NULL)
        text_append_format(text, " (job %s)", job);
    return true;
}

/* False where there is no job yet. */
static bool append_parent_job(const struct engine *engine, size_t parent, struct text *jobs)
{
    const char *job = live_job(engine, parent);
    if (job != NULL)
        text_append_format(jobs, ":%s", job);
    return job != NULL;
}

static void plan_node(const struct engine *engine, size_t node, struct plan *plan)
{
    struct text parents;
    text_init(&parents, 0);
    (void)visit_parents(engine, node, tell_parent, &parents);
    memory_grow(&plan->rows, &plan->capacity, plan->count + 1, sizeof *plan->rows);
    plan->rows[plan->count++] = (struct plan_row){.node = node,
        .state = engine->views[node].state,
        .attempt = reconcile_next_attempt(&engine->observations[node]),
        .host = engine->workflow->nodes[node].host,
        .what = parents.length > 0 ? memory_format("submit: runs once these have ended well: %s", parents.data)
                                   : memory_copy_text("submit: held until all are in, then released")};
    plan->effective++;
    text_release(&parents);
}

enum status engine_detach_plan(struct engine *engine, struct plan **result, struct error *error)
{
    enum status status = may_detach(engine, error);
    if (status != STATUS_OK)
        return status;
    struct plan *plan = memory_new(sizeof *plan);
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        if (remains(engine, engine->workflow->order[i]))
            plan_node(engine, engine->workflow->order[i], plan);
    *result = plan;
    return STATUS_OK;
}

bool detach_dependency(struct engine *engine, size_t node, struct text *dependency)
{
    return visit_parents(engine, node, append_parent_job, dependency);
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

/* ---- a parent that is resubmitted ---- */

/* Whether a node's job waits in the queue, and was submitted to wait for the jobs of its parents. */
static bool waits_for_parents(struct engine *engine, size_t node)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    return attempt != NULL && attempt->handed_over && batch_is_in_queue(engine, node);
}

/* Calls for each child, through milestones, whose job waits for others; returns how many. */
static size_t for_waiting_children(struct engine *engine, size_t node, bool *seen,
    void (*call)(struct engine *engine, size_t node, size_t child), size_t from)
{
    const struct node *described = &engine->workflow->nodes[node];
    size_t count = 0;
    for (size_t i = 0; i < described->child_count; i++) {
        size_t child = described->children[i];
        if (seen[child])
            continue;
        seen[child] = true;
        if (engine->workflow->nodes[child].work == NODE_WORK_MILESTONE) {
            count += for_waiting_children(engine, child, seen, call, from);
        } else if (queue_of(engine, child) == queue_of(engine, from) && waits_for_parents(engine, child)) {
            count++;
            if (call != NULL)
                call(engine, from, child);
        }
    }
    return count;
}

static size_t visit_children(
    struct engine *engine, size_t node, void (*call)(struct engine *engine, size_t node, size_t child))
{
    bool *seen = memory_new_array(engine->workflow->node_count, sizeof *seen);
    size_t count = for_waiting_children(engine, node, seen, call, node);
    free(seen);
    return count;
}

void detach_expect_move(struct engine *engine, size_t node, unsigned attempt)
{
    struct batch_node *memory = &engine->batch_nodes[node];
    if (memory->queue == 0 || attempt < 2 || visit_children(engine, node, NULL) == 0)
        return;
    memory->moves = attempt;
    memory->moving = 0;
    memory->moves_until = loop_now(engine->loop) + MOVED_WITHIN;
}

bool detach_is_moving(const struct engine *engine, size_t node)
{
    return engine->batch_nodes[node].moves > 0 || engine->batch_nodes[node].moving > 0;
}

/* One child's answer; what the scheduler says against it is for a person to read. */
struct move {
    struct engine *engine;
    size_t node, child;
};

static void moved(void *argument, const struct error *error)
{
    struct move *move = argument;
    struct engine *engine = move->engine;
    if (!engine->closing) {
        engine->batch_nodes[move->node].moving--;
        if (error->status != STATUS_OK)
            engine_say(engine, "node %s does not wait for the new job of %s: %s",
                engine->workflow->nodes[move->child].name, engine->workflow->nodes[move->node].name, error->message);
        engine_ask_turn(engine);
    }
    free(move);
}

static void move_child(struct engine *engine, size_t node, size_t child)
{
    struct text jobs;
    struct move *move = memory_new(sizeof *move);
    *move = (struct move){engine, node, child};
    text_init(&jobs, 0);
    text_append_string(&jobs, "afterok");
    engine->batch_nodes[node].moving++;
    if (!detach_dependency(engine, child, &jobs) ||
        !batch_control_job(engine, child, BATCH_SET_DEPENDENCY, jobs.data, moved, move)) {
        engine->batch_nodes[node].moving--;
        free(move);
    }
    text_release(&jobs);
}

/* Once the new job is there, those that wait are told of it. */
static void move_children(struct engine *engine, size_t node)
{
    struct batch_node *memory = &engine->batch_nodes[node];
    const struct observation *observation = &engine->observations[node];
    const struct attempt *attempt = observation_newest(observation);
    const struct attempt *last =
        observation->attempt_count > 0 ? &observation->attempts[observation->attempt_count - 1] : NULL;
    bool is_refused = last != NULL && last->number >= memory->moves && last->decision == DECISION_VOID;
    if (is_refused || loop_now(engine->loop) > memory->moves_until) {
        memory->moves = 0;
    } else if (attempt != NULL && attempt->number >= memory->moves && attempt->jobid != NULL &&
               live_job(engine, node) != NULL) {
        memory->moves = 0;
        visit_children(engine, node, move_child);
    }
}

void detach_think(struct engine *engine)
{
    for (size_t i = 0; engine->queue_count > 0 && i < engine->workflow->node_count; i++)
        if (engine->batch_nodes[i].moves > 0)
            move_children(engine, i);
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

void detach_release(struct engine *engine)
{
    struct error error = {0};
    if (!engine->detach.under_way || engine->detach.done == NULL)
        return;
    (void)error_set(&error, STATUS_CANCELLED, "dagtop stopped before all jobs were in the queue");
    engine->detach.done(engine->detach.argument, &error);
}
