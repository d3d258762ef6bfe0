/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of this machine that are watched, so that a change is seen at once: hints only, the truth comes by
 * looking. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

/* Each takes an inotify watch of a user's limited number. */
enum { WATCH_LIMIT = 512 };

static void node_touched(void *argument)
{
    struct node_watch *watch = argument;
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

/* A run directory was made: perhaps somebody else starts nodes. Own starts are known already. */
static void folder_touched(void *argument)
{
    struct engine *engine = argument;
    struct host *host = watched_host(engine);
    if (host == NULL || engine->driving || engine->executions != NULL)
        return;
    observe_hurry(host, engine_memory_of(host)->others_act ? RECONCILE_LOOK_LIVE : RECONCILE_LOOK_ALL);
}

static void records_touched(void *argument)
{
    struct engine *engine = argument;
    struct host *host = watched_host(engine);
    if (host != NULL && !engine->driving)
        owner_read(host);
}

static void node_watch_drop(struct engine *engine, struct node_watch *watch)
{
    if (watch->watch == NULL)
        return;
    loop_file_watch_free(watch->watch);
    watch->watch = NULL;
    engine->watch_count--;
}

static void node_watch_update(struct engine *engine, size_t node)
{
    struct node_watch *watch = &engine->node_watches[node];
    const struct node_view *view = &engine->views[node];
    struct host *host = engine_host_of(engine, node);
    bool wanted = state_is_live(view->state) && host->workflow_folder != NULL && view->attempt > 0;
    if (watch->watch != NULL && (!wanted || watch->attempt != view->attempt))
        node_watch_drop(engine, watch);
    if (!wanted || watch->watch != NULL || engine->watch_count >= WATCH_LIMIT || watch->attempt == view->attempt)
        return;
    char *path =
        memory_format("%s/%s/.dagtop/%u", host->workflow_folder, engine->workflow->nodes[node].name, view->attempt);
    watch->host = host;
    watch->attempt = view->attempt;
    watch->watch = loop_file_watch_new(engine->loop, path, node_touched, watch);
    engine->watch_count += watch->watch != NULL;
    free(path);
    /* What happened before the watch was there is seen by looking once more. */
    if (watch->watch != NULL)
        observe_hurry(host, RECONCILE_LOOK_LIVE);
}

static void folder_watches_update(struct engine *engine)
{
    struct host *host = watched_host(engine);
    if (host == NULL)
        return;
    if (engine->folder_watch == NULL)
        engine->folder_watch = loop_file_watch_new(engine->loop, host->workflow_folder, folder_touched, engine);
    if (engine->records_watch != NULL)
        return;
    char *path = memory_format("%s/.dagtop", host->workflow_folder);
    engine->records_watch = loop_file_watch_new(engine->loop, path, records_touched, engine);
    free(path);
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
    if (engine->folder_watch != NULL)
        loop_file_watch_free(engine->folder_watch);
    if (engine->records_watch != NULL)
        loop_file_watch_free(engine->records_watch);
}
