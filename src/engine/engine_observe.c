/* SPDX-License-Identifier: Apache-2.0 */
/* Looking: everything once when a host is there, then what has changed; one request a host at a time. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

/* Others start nodes in topological order, as we do: of those that are ready only the first can change soon. */
enum { READY_LIMIT = 256 };

/* How long a look waits on the host for a change, in seconds: whatever is asked meanwhile waits behind it. */
enum { WAIT_SECONDS = 2, WAIT_SECONDS_DRIVING = 1 };

struct look {
    struct host *host;
    bool full, changed, waits;
    int64_t asked;             /* monotonic */
    struct observation *fresh; /* a scan is collected here and taken over as a whole; NULL for a poll */
    size_t *nodes;
    size_t count;
};

static struct observation *look_find(void *argument, size_t node)
{
    struct look *look = argument;
    return look->fresh != NULL ? &look->fresh[node] : &look->host->engine->observations[node];
}

static void look_update(void *argument, size_t node)
{
    struct look *look = argument;
    (void)node;
    look->changed = true;
    if (look->fresh == NULL)
        engine_observations_changed(look->host->engine);
}

static void look_free(struct look *look)
{
    for (size_t i = 0; look->fresh != NULL && i < look->count; i++)
        observation_release(&look->fresh[look->nodes[i]]);
    free(look->fresh);
    free(look->nodes);
    free(look);
}

/* A look that has found nothing new leaves the view as it is but for its age. */
static void view_seen(struct engine *engine, size_t node, wall_time now)
{
    struct node_view *view = &engine->views[node];
    engine->dirty |= view->stale || view->from_cache;
    if (view->state != STATE_QUEUED)
        view->observed = now;
}

static void look_succeeded(struct look *look)
{
    struct engine *engine = look->host->engine;
    wall_time now = clock_wall();
    for (size_t i = 0; i < look->count; i++) {
        size_t node = look->nodes[i];
        struct observation *observation = &engine->observations[node];
        if (look->fresh != NULL) {
            struct observation old = *observation;
            *observation = look->fresh[node];
            /* Of the queue, a scan says nothing. */
            observation->batch = old.batch;
            old.batch = (struct batch_observation){0};
            look->fresh[node] = old;
        }
        observation->known = true;
        observation->from_cache = false;
        observation->observed = now;
        engine->reconcile.nodes[node].needs_look = false;
        view_seen(engine, node, now);
    }
    batch_note_records(engine);
    if (look->fresh == NULL)
        return;
    struct host *host = look->host;
    host->scanned = host->answered = true;
    host->failures = 0;
    engine_memory_of(host)->answers = true;
    engine_observations_changed(engine);
}

static void look_done(void *argument, const struct error *error)
{
    struct look *look = argument;
    struct host *host = look->host;
    struct engine *engine = host->engine;
    bool failed = error != NULL && error->status != STATUS_OK;
    if (!engine->closing) {
        engine_memory_of(host)->asked = false;
        if (!failed)
            look_succeeded(look);
        else if (error->status != STATUS_CANCELLED)
            host_set_trouble(host, error->message);
        if (!failed && host->trouble != NULL)
            host_set_trouble(host, NULL);
        /* What was waited for costs the host nothing. */
        int64_t asked = look->waits ? loop_now(engine->loop) : look->asked;
        struct reconcile_answer answer = {asked, look->full, look->changed, failed};
        reconcile_answered(engine_memory_of(host), &answer, loop_now(engine->loop));
        if (failed && look->fresh != NULL && host->agent != NULL)
            agent_close(host->agent);
        engine_note(engine, ENGINE_CHANGED_HOSTS);
        engine_ask_turn(engine);
    }
    look_free(look);
}

static struct look *look_new(struct host *host, bool scan, bool full)
{
    struct look *look = memory_new(sizeof *look);
    look->host = host;
    look->full = full;
    look->asked = loop_now(host->engine->loop);
    look->nodes = memory_new_array(host->node_count, sizeof *look->nodes);
    struct engine *engine = host->engine;
    size_t ready = 0;
    for (size_t i = 0; i < host->node_count; i++) {
        size_t node = host->nodes[i];
        const struct reconcile_node *memory = &engine->reconcile.nodes[node];
        if (!full && !reconcile_can_change(engine_memory_of(host), memory, &engine->views[node]))
            continue;
        bool only_ready = !full && !memory->needs_look && engine->views[node].state == STATE_READY;
        if (!only_ready || ready++ < READY_LIMIT)
            look->nodes[look->count++] = node;
    }
    if (!scan)
        return look;
    look->fresh = memory_new_array(engine->workflow->node_count, sizeof *look->fresh);
    for (size_t i = 0; i < look->count; i++)
        observation_init(&look->fresh[look->nodes[i]]);
    return look;
}

static void look_send(struct host *host, bool scan, bool full)
{
    struct look *look = look_new(host, scan, full);
    struct agent_observer observer = {look_find, look_update, look_done, look};
    struct agent_place place = engine_place(host);
    struct reconcile_host *memory = engine_memory_of(host);
    struct error error = {0};
    look->waits =
        host_may_wait(host) && !full && memory->hurry == RECONCILE_LOOK_NONE && host->engine->busy_until <= look->asked;
    memory->hurry = RECONCILE_LOOK_NONE;
    if (look->count == 0 && !scan) {
        look_free(look);
        return;
    }
    memory->asked = true;
    const struct workflow *workflow = host->engine->workflow;
    enum status status = STATUS_OK;
    if (scan)
        status = agent_scan(host->agent, &place, workflow, look->nodes, look->count, &observer, &error);
    else if (look->waits)
        status = agent_wait(host->agent, &place, workflow, look->nodes, look->count,
            host->engine->driving ? WAIT_SECONDS_DRIVING : WAIT_SECONDS, &observer, &error);
    else
        status = agent_poll(host->agent, &place, workflow, look->nodes, look->count, &observer, &error);
    if (status != STATUS_OK)
        look_done(look, &error);
}

void observe_ready(struct host *host)
{
    owner_read(host);
    look_send(host, true, true);
}

void observe_look(struct host *host, enum reconcile_look look)
{
    if (look == RECONCILE_LOOK_ALL)
        owner_read(host);
    bool full = look == RECONCILE_LOOK_ALL;
    look_send(host, full && host->rescan, full);
    host->rescan &= !full;
}

void observe_hurry(struct host *host, enum reconcile_look look)
{
    struct reconcile_host *memory = engine_memory_of(host);
    if (memory->hurry < look)
        memory->hurry = look;
    engine_ask_turn(host->engine);
}
