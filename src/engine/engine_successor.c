/* SPDX-License-Identifier: Apache-2.0 */
/* Another engine, of the same workflow file read anew, takes the place of one. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

static bool texts_equal(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Whether the records of a node lie at the same place on the same host. */
static bool lies_where_it_was(const struct node *one, const struct node *other)
{
    return one->kind == other->kind && strcmp(one->host, other->host) == 0 && texts_equal(one->user, other->user);
}

/* Whether the name is this set of nodes' somewhere, and nowhere that of another machine. */
static bool has_name(const struct engine *engine)
{
    bool has = false;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        const struct host *host = &engine->hosts[i];
        if (host->elsewhere)
            return false;
        has |= host->recorded || host->ownership == OWNERSHIP_OURS;
    }
    return has && !engine->options.read_only;
}

enum status engine_check_successor(
    const struct engine *engine, const struct workflow *next, bool *adopts, struct error *error)
{
    const struct workflow *workflow = engine->workflow;
    const struct snapshot *snapshot = engine_snapshot(engine);
    char node_set[17];
    size_t index;
    if (strcmp(workflow->name, next->name) != 0 || !texts_equal(workflow->directory, next->directory))
        return error_set(error, STATUS_REFUSED,
            "its name or directory is another now: that is another workflow, with run directories of its own");
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct node *node = &workflow->nodes[i];
        bool lives = state_is_live(snapshot->views[i].state) || engine->reconcile.nodes[i].starting > 0 ||
                     batch_is_in_queue(engine, i);
        if (lives && workflow_find(next, node->name, &index) && !lies_where_it_was(node, &next->nodes[index]))
            return error_set(error, STATUS_REFUSED, "%s has a run on %s that lives, and belongs elsewhere now",
                node->name, node->host);
    }
    workflow_node_set_hash(next, node_set);
    *adopts = strcmp(node_set, engine->node_set) != 0 && has_name(engine);
    return STATUS_OK;
}

static bool is_waiting_for_answers(const struct engine *engine)
{
    if (engine->executions != NULL || engine->detach.under_way)
        return true;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        if (engine->hosts[i].start_batches > 0 || engine->hosts[i].claiming)
            return true;
    }
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        if (engine->reconcile.nodes[i].starting > 0 || engine->reconcile.nodes[i].voiding ||
            detach_is_moving(engine, i))
            return true;
    }
    return false;
}

bool engine_settle(struct engine *engine, bool settling)
{
    engine->settling = settling;
    engine_ask_turn(engine);
    return !is_waiting_for_answers(engine);
}

/* What is known of a node, until its host has answered the new engine. */
static void take_node(struct engine *engine, size_t node, struct engine *before, size_t index)
{
    struct observation kept = engine->observations[node];
    engine->reconcile.nodes[node].out_of_scope = before->reconcile.nodes[index].out_of_scope;
    if (!lies_where_it_was(&engine->workflow->nodes[node], &before->workflow->nodes[index]))
        return;
    engine->devices[node] = before->devices[index];
    engine->observations[node] = before->observations[index];
    engine->observations[node].from_cache = true;
    before->observations[index] = kept;
}

static bool has_scope(const struct engine *engine)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        if (engine->reconcile.nodes[i].out_of_scope)
            return true;
    }
    return false;
}

void engine_take_over(struct engine *engine, struct engine *before)
{
    bool scoped = has_scope(before);
    size_t index;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        if (workflow_find(before->workflow, engine->workflow->nodes[i].name, &index))
            take_node(engine, i, before, index);
        else
            engine->reconcile.nodes[i].out_of_scope = scoped;
    }
    free(engine->cache_directory);
    engine->cache_directory = before->cache_directory;
    before->cache_directory = NULL;
    engine->journal = before->journal;
    engine->watched = before->watched;
    engine->snapshot.revision = before->snapshot.revision;
    engine->driver_written = before->driver_written;
    engine_set_driving(engine, before->driving);
    /* It writes nothing when it ends: neither what is not its own any more, nor that nobody drives. */
    before->cache_changed = before->driver_written = before->driving = false;
    engine_observations_changed(engine);
}
