/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of this machine that are watched, so that a change is seen at once: hints only, the truth comes by
 * looking. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum {
    WATCH_LIMIT = 512,     /* each takes an inotify watch of a user's limited number */
    ENDED_LIMIT = 256,     /* of these for nodes that do not run: what runs comes first */
    OTHERS_ACT = 10 * 1000 /* after a sign of others' doing, milliseconds */
};

static void node_touched(void *argument)
{
    struct node_watch *watch = argument;
    /* Of a node that does not run: another program has made an attempt, or taken a decision. */
    if (!watch->live)
        watch->host->engine->reconcile.nodes[watch->node].needs_look = true;
    observe_hurry(watch->host, RECONCILE_LOOK_LIVE);
}

static struct host *watched_host(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        if (engine->hosts[i].workflow_folder != NULL && engine->hosts[i].scanned)
            return &engine->hosts[i];
    }
    return NULL;
}

static void folder_watches_update(struct engine *engine);

/* Somebody else may be starting nodes, one after the other; own starts are known already. */
static void look_for_others(struct engine *engine)
{
    struct host *host = watched_host(engine);
    if (host == NULL || engine->driving || engine->executions != NULL)
        return;
    engine->others_act_until = loop_now(engine->loop) + OTHERS_ACT;
    reconcile_hurry(engine_memory_of(host), loop_now(engine->loop));
    observe_hurry(host, engine_memory_of(host)->others_act ? RECONCILE_LOOK_LIVE : RECONCILE_LOOK_ALL);
}

/* A run directory was made. */
static void folder_touched(void *argument)
{
    folder_watches_update(argument);
    look_for_others(argument);
}

/* The owner or driver record was written. */
static void records_touched(void *argument)
{
    struct engine *engine = argument;
    struct host *host = watched_host(engine);
    if (host != NULL && !engine->driving)
        owner_read_soon(host);
}

static void node_watch_drop(struct engine *engine, struct node_watch *watch)
{
    if (watch->watch == NULL)
        return;
    loop_file_watch_free(watch->watch);
    watch->watch = NULL;
    engine->watch_count--;
}

/* The newest attempt that there is, 0 for none: of skipped nodes the view tells none. */
static unsigned newest_attempt(const struct engine *engine, size_t node)
{
    const struct observation *observation = &engine->observations[node];
    return observation->attempt_count > 0 ? observation->attempts[observation->attempt_count - 1].number : 0;
}

static void node_watch_begin(struct engine *engine, struct node_watch *watch, struct host *host)
{
    const char *name = engine->workflow->nodes[watch->node].name;
    char *path = watch->live ? memory_format("%s/%s/.dagtop/%u", host->workflow_folder, name, watch->attempt)
                             : memory_format("%s/%s/.dagtop", host->workflow_folder, name);
    watch->host = host;
    watch->watch = loop_file_watch_new(engine->loop, path, node_touched, watch);
    engine->watch_count += watch->watch != NULL;
    free(path);
    /* What happened before the watch was there is seen by looking once more. */
    if (watch->watch != NULL && watch->live)
        observe_hurry(host, RECONCILE_LOOK_LIVE);
}

static void node_watch_update(struct engine *engine, size_t node)
{
    struct node_watch *watch = &engine->node_watches[node];
    struct host *host = engine_host_of(engine, node);
    bool live = state_is_live(engine->views[node].state);
    unsigned attempt = live ? engine->views[node].attempt : newest_attempt(engine, node);
    if (watch->attempt == attempt && watch->live == live)
        return;
    node_watch_drop(engine, watch);
    if (host->workflow_folder == NULL || engine->watch_count >= (live ? WATCH_LIMIT : ENDED_LIMIT))
        return;
    watch->node = node;
    watch->attempt = attempt;
    watch->live = live;
    if (attempt > 0)
        node_watch_begin(engine, watch, host);
}

static void folder_watch_drop(struct loop_file_watch **watch)
{
    if (*watch != NULL)
        loop_file_watch_free(*watch);
    *watch = NULL;
}

/* The base directory is watched until the workflow's is made in it, then that one and the records in it. */
static void folder_watches_update(struct engine *engine)
{
    struct host *host = watched_host(engine);
    if (host == NULL || engine->records_watch != NULL)
        return;
    const char *folder = host->workflow_folder;
    if (engine->folder_watch == NULL) {
        engine->folder_watch = loop_file_watch_new(engine->loop, folder, folder_touched, engine);
        if (engine->folder_watch != NULL && engine->base_watch != NULL)
            look_for_others(engine);
    }
    if (engine->folder_watch == NULL && engine->base_watch == NULL) {
        char *base = memory_copy_span(folder, (size_t)(strrchr(folder, '/') - folder));
        engine->base_watch = loop_file_watch_new(engine->loop, base, folder_touched, engine);
        free(base);
    }
    if (engine->folder_watch == NULL)
        return;
    folder_watch_drop(&engine->base_watch);
    char *records = memory_format("%s/.dagtop", folder);
    engine->records_watch = loop_file_watch_new(engine->loop, records, records_touched, engine);
    free(records);
    if (engine->records_watch != NULL)
        records_touched(engine);
}

void watch_update(struct engine *engine)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        node_watch_update(engine, i);
    folder_watches_update(engine);
}

void watch_release(struct engine *engine)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        node_watch_drop(engine, &engine->node_watches[i]);
    free(engine->node_watches);
    folder_watch_drop(&engine->base_watch);
    folder_watch_drop(&engine->folder_watch);
    folder_watch_drop(&engine->records_watch);
}
