/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence on why a node does not run: its parents, a hold, its scheduler's reason, its host, nobody who drives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_private.h"

enum { PARENTS_NAMED = 3 };

/* "it waits for a (failed: exit 3), b (running) and 4 more" */
static void tell_parents(const struct engine *engine, size_t index, struct text *text)
{
    const struct node *node = &engine->workflow->nodes[index];
    size_t missing = 0;
    text_append_string(text, "it waits for ");
    for (size_t i = 0; i < node->parent_count; i++) {
        const struct node_view *view = &engine->views[node->parents[i]];
        if (state_lets_children_start(view->state) || missing++ >= PARENTS_NAMED)
            continue;
        text_append_format(text, "%s%s (%s", missing > 1 ? ", " : "", engine->workflow->nodes[node->parents[i]].name,
            state_word(view->state));
        if (view->reason != NULL && state_is_ended(view->state))
            text_append_format(text, ": %s", view->reason);
        text_append_byte(text, ')');
    }
    if (missing > PARENTS_NAMED)
        text_append_format(text, " and %zu more", missing - PARENTS_NAMED);
    const struct node_view *view = &engine->views[index];
    if (view->blocked_by_count > 0)
        text_append_format(text, "; it is blocked by %s", engine->workflow->nodes[view->blocked_by[0]].name);
}

/* "its job 12 is in the queue of Slurm: jobs of a higher priority come first (Priority); expected to start at ..." */
static void tell_queue(struct engine *engine, size_t index, const char *is_there, struct text *text)
{
    const struct queue *queue = queue_of(engine, index);
    const struct node_view *view = &engine->views[index];
    const struct batch_observation *batch = &engine->observations[index].batch;
    const char *job = view->current != NULL ? view->current->jobid : NULL;
    const char *name = queue != NULL ? batch_system_name(queue->system) : "its scheduler";
    text_append_format(text, "its job %s is %s of %s", job != NULL ? job : "", is_there, name);
    if (!batch->known)
        text_append_string(text, ", which has not said why yet");
    else if (batch->task_count > 0)
        text_append_format(text, ": %s", batch->reason);
    else if (batch->reason != NULL)
        text_append_format(text, ": %s (%s)", batch_reason_words(batch->reason), batch->reason);
    const char *start = attributes_get(&batch->details, "expected start");
    if (start != NULL && batch->known)
        text_append_format(text, "; expected to start at %s", start);
    if (queue != NULL && queue->trouble != NULL)
        text_append_format(text, "; the last look failed, %s", queue->trouble);
}

static void tell_host(const struct host *host, struct text *text)
{
    static const char *const words[] = {[HOST_CONNECTING] = "is being connected to",
        [HOST_NEEDS_LOGIN] = "waits for a login",
        [HOST_READY] = "is connected",
        [HOST_BACKING_OFF] = "cannot be reached",
        [HOST_REFUSED] = "is refused",
        [HOST_AWAY] = "is away"};
    text_append_format(text, "its host %s %s", host->name, words[host->state]);
    if (host->trouble != NULL)
        text_append_format(text, ": %s", host->trouble);
}

/* It could start by its own records. */
static void tell_ready(struct engine *engine, size_t index, struct text *text)
{
    struct host *host = engine_host_of(engine, index);
    const struct reconcile_host *memory = engine_memory_of(host);
    const struct reconcile_node *node = &engine->reconcile.nodes[index];
    const struct node_view *view = &engine->views[index];
    if (view->reason != NULL)
        text_append_string(text, view->reason);
    else if (owner_obstacle(host) != NULL)
        text_append_string(text, owner_obstacle(host));
    else if (node->queue == 0 && memory->jobs > 0 && memory->slots >= memory->jobs)
        text_append_format(text, "%zu jobs run on %s, as many as may at once", memory->slots, host->name);
    else if (node->queue > 0 && engine->queues[node->queue - 1].ceiling <= engine->queues[node->queue - 1].live)
        text_append_string(text, "as many of its jobs are submitted as the scheduler accepts");
    else if (engine->driving || engine->other.until > 0)
        text_append_string(text, "it is about to be started");
    else
        text_append_string(text, "it could start now, but nobody drives: start it, or run the workflow");
}

static void tell_ended(const struct node_view *view, struct text *text)
{
    text_append_format(text, "it has ended: %s", state_word(view->state));
    if (view->reason != NULL)
        text_append_format(text, ", %s", view->reason);
    if (view->state != STATE_DONE)
        text_append_string(text, "; resubmit makes a new attempt");
}

static void tell(struct engine *engine, size_t index, struct text *text)
{
    const struct node_view *view = &engine->views[index];
    switch (view->state) {
    case STATE_WAITING:
        tell_parents(engine, index, text);
        break;
    case STATE_READY:
        tell_ready(engine, index, text);
        break;
    case STATE_SUBMITTED:
        text_append_format(text, "its attempt %u was made, and has neither begun nor been given up yet", view->attempt);
        break;
    case STATE_QUEUED:
        tell_queue(engine, index, "in the queue", text);
        break;
    case STATE_RUNNING:
        text_append_format(text, "it is running, attempt %u", view->attempt);
        break;
    case STATE_HELD:
        if (view->current != NULL)
            tell_queue(engine, index, "held in the queue", text);
        else
            text_append_string(text, "a user holds it: release it");
        break;
    case STATE_SKIPPED:
        text_append_string(text, "it counts as done: a user has skipped it, or its file says so");
        break;
    default:
        tell_ended(view, text);
        break;
    }
}

char *engine_why(struct engine *engine, size_t node)
{
    struct text text;
    text_init(&text, 0);
    (void)engine_snapshot(engine);
    text_append_format(&text, "%s: ", engine->workflow->nodes[node].name);
    struct host *host = engine_host_of(engine, node);
    tell(engine, node, &text);
    if (host->state != HOST_READY) {
        text_append_string(&text, "; ");
        tell_host(host, &text);
    }
    return text_take(&text);
}
