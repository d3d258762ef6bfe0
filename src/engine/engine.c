/* SPDX-License-Identifier: Apache-2.0 */
/* The middle: answers become views and a snapshot, once a turn of the loop, and the next requests go out. */
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_private.h"

enum {
    STALE_INTERVALS = 3,
    CACHE_SAVE_EVERY = 30 * 1000,
    WAITING_INTERVAL = 5 * 1000, /* of hosts where looks wait: a way that is slow for a moment makes nothing stale */
    QUICK_FOR = 10 * 1000
};

/* ---- small services for the other files ---- */

void engine_ask_turn(struct engine *engine)
{
    if (!engine->closing)
        loop_hook_ask(engine->hook);
}

void engine_note(struct engine *engine, unsigned changes)
{
    engine->changes |= changes;
    engine_ask_turn(engine);
}

void engine_observations_changed(struct engine *engine)
{
    engine->dirty = engine->cache_changed = true;
    engine_ask_turn(engine);
}

void engine_say(struct engine *engine, const char *format, ...)
{
    struct text text;
    text_init(&text, ERROR_MESSAGE_LIMIT);
    va_list list;
    va_start(list, format);
    text_append_format_list(&text, format, list);
    va_end(list);
    free(engine->message);
    engine->message = text_take(&text);
    engine_note(engine, ENGINE_CHANGED_MESSAGE);
}

const char *engine_prologue(const struct engine *engine, size_t node)
{
    const struct host *host = engine_host_of((struct engine *)engine, node);
    const char *prologue = attributes_get(&engine->workflow->nodes[node].other, "prologue");
    const struct settings *settings = engine->options.settings;
    const struct host_settings *own = settings != NULL ? settings_host(settings, host->address) : NULL;
    /* On other hosts the agent's shell has run the host's prologue already. */
    if (prologue == NULL && own != NULL && host->kind == NODE_KIND_LOCAL)
        prologue = own->prologue;
    return prologue;
}

struct agent_place engine_place(const struct host *host)
{
    return (struct agent_place){.base = host->base, .workflow = host->engine->workflow->name};
}

struct host *engine_host_of(struct engine *engine, size_t node)
{
    return &engine->hosts[engine->reconcile.nodes[node].host];
}

struct reconcile_host *engine_memory_of(struct host *host)
{
    return &host->engine->reconcile.hosts[host - host->engine->hosts];
}

enum status engine_node_obstacle(const struct engine *engine, size_t index, struct error *error)
{
    const struct node *node = &engine->workflow->nodes[index];
    switch (node->work) {
    case NODE_WORK_MILESTONE:
        return error_set(error, STATUS_UNSUPPORTED, "it is a milestone: nothing runs");
    case NODE_WORK_WATCHED:
        return error_set(error, STATUS_UNSUPPORTED, "it is only watched, by its status file");
    case NODE_WORK_NOTHING:
        return error_set(error, STATUS_NOT_FOUND, "there is nothing to run: neither script nor exec");
    case NODE_WORK_SCRIPT:
        if (node->script_path == NULL || access(node->script_path, F_OK) != 0)
            return error_set(error, STATUS_NOT_FOUND, "its script %s does not exist",
                node->script_path != NULL ? node->script_path
                : node->script != NULL    ? node->script
                                          : "");
        return STATUS_OK;
    case NODE_WORK_COMMAND:
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- deriving ---- */

void engine_be_quick(struct engine *engine)
{
    engine->busy_until = loop_now(engine->loop) + QUICK_FOR;
}

static int64_t stale_after(const struct engine *engine, int64_t now)
{
    struct reconcile_options options = {.driving = engine->driving, .watched = engine->watched};
    int64_t longest = 0;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct reconcile_host host = engine->reconcile.hosts[i];
        host.errors = 0;
        int64_t interval = reconcile_interval(&host, &options, now);
        int64_t least = engine->hosts[i].waits ? WAITING_INTERVAL : host.base_interval;
        if (interval < least)
            interval = least;
        longest = interval > longest ? interval : longest;
    }
    return STALE_INTERVALS * longest;
}

static int64_t queue_stale_after(const struct engine *engine, int64_t now)
{
    int64_t longest = 0;
    for (size_t i = 0; i < engine->queue_count; i++) {
        struct queue queue = engine->queues[i];
        queue.failures = 0;
        int64_t interval = queue_interval(&queue, now);
        longest = interval > longest ? interval : longest;
    }
    return STALE_INTERVALS * longest;
}

/* Why nothing that is ready starts on a host, or NULL. */
static const char *waiting_words(const struct host *host)
{
    const char *words = owner_obstacle(host);
    return words != NULL || !host->engine->driving ? words : host->crowd;
}

/* What only the engine knows of why a node does not run. */
static void explain(struct engine *engine, size_t index)
{
    struct node_view *view = &engine->views[index];
    const char *words = engine->refusals[index].words;
    if (view->state != STATE_READY && view->state != STATE_FAILED && view->state != STATE_LOST)
        return;
    if (words == NULL && view->state == STATE_READY && view->reason == NULL)
        words = waiting_words(engine_host_of(engine, index));
    if (words == NULL)
        return;
    free(view->reason);
    view->reason = memory_copy_text(words);
}

static void say_what_happened(struct engine *engine, size_t index, enum node_state before)
{
    const struct node_view *view = &engine->views[index];
    const char *name = engine->workflow->nodes[index].name;
    bool with_reason = view->reason != NULL && (state_blocks_children(view->state) || view->state == STATE_QUEUED);
    if (view->state == STATE_WAITING || view->state == STATE_SUBMITTED ||
        (view->state == STATE_READY && before == STATE_WAITING))
        return;
    engine_say(engine, "node %s %s%s%s", name, state_word(view->state), with_reason ? ": " : "",
        with_reason ? view->reason : "");
}

/* Compares a view with what was shown of it, and tells the difference. */
static void compare_view(struct engine *engine, size_t index, int64_t now)
{
    const struct node_view *view = &engine->views[index];
    struct shown *shown = &engine->shown[index];
    struct shown fresh = {
        view->state, view->attempt, view->outdated, view->stale, view->known, view->from_cache, view->blocked_by_count};
    bool moved = fresh.state != shown->state || fresh.attempt != shown->attempt;
    if (moved && engine->snapshot.complete) {
        reconcile_hurry(engine_memory_of(engine_host_of(engine, index)), now);
        if (fresh.state != shown->state)
            say_what_happened(engine, index, shown->state);
    }
    if (moved || fresh.outdated != shown->outdated || fresh.stale != shown->stale || fresh.known != shown->known ||
        fresh.from_cache != shown->from_cache || fresh.blocked_by_count != shown->blocked_by_count)
        engine->changes |= ENGINE_CHANGED_STATES;
    *shown = fresh;
}

static void sum_up(struct engine *engine)
{
    struct snapshot *snapshot = &engine->snapshot;
    size_t count = engine->workflow->node_count;
    double progress = 0;
    snapshot->outdated = snapshot->stale = snapshot->blocked = 0;
    snapshot->first_start = snapshot->last_end = snapshot->oldest_live = 0;
    derive_counts(engine->views, count, snapshot->counts);
    for (size_t i = 0; i < count; i++) {
        const struct node_view *view = &engine->views[i];
        snapshot->outdated += view->outdated;
        snapshot->stale += view->stale;
        snapshot->blocked += view->blocked_by_count > 0;
        if (view->started > 0 && (snapshot->first_start == 0 || view->started < snapshot->first_start))
            snapshot->first_start = view->started;
        if (view->ended > snapshot->last_end)
            snapshot->last_end = view->ended;
        if (state_is_live(view->state) && view->state != STATE_QUEUED && view->observed > 0 &&
            (snapshot->oldest_live == 0 || view->observed < snapshot->oldest_live))
            snapshot->oldest_live = view->observed;
        if (state_lets_children_start(view->state))
            progress += 100;
        else if (state_is_live(view->state) && view->progress > 0)
            progress += view->progress;
    }
    snapshot->progress = count > 0 ? progress / (double)count : 100;
    bool can_start = engine->driving && engine->reconcile.can_start;
    snapshot->state = derive_workflow_state(engine->views, count, can_start);
    bool has_ended = snapshot->state == WORKFLOW_DONE || snapshot->state == WORKFLOW_FAILED;
    snapshot->end = has_ended ? snapshot->last_end : 0;
}

static bool is_complete(const struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        const struct host *host = &engine->hosts[i];
        if (!host->answered && host_may_come(host))
            return false;
    }
    return queue_all_tried(engine);
}

static void describe_driver(struct engine *engine)
{
    struct snapshot *snapshot = &engine->snapshot;
    const struct driver_record *other = &engine->other;
    snapshot->driver_text[0] = '\0';
    snapshot->driver = engine->driving ? DRIVER_SELF : other->until > 0 ? DRIVER_OTHER : DRIVER_NONE;
    if (snapshot->driver == DRIVER_SELF)
        snprintf(snapshot->driver_text, sizeof snapshot->driver_text, "this dagtop");
    if (snapshot->driver != DRIVER_OTHER)
        return;
    char since[32];
    clock_format_utc(other->since, since, sizeof since);
    snprintf(snapshot->driver_text, sizeof snapshot->driver_text, "%s, process %lld%s%s", other->machine,
        (long long)other->process, since[0] != '\0' ? ", since " : "", since);
}

/* Views, counts and workflow state from the observations as they are now. */
static void derive(struct engine *engine)
{
    int64_t now = loop_now(engine->loop);
    struct snapshot *snapshot = &engine->snapshot;
    struct derive_options options = {.now = clock_wall(),
        .stale_after = stale_after(engine, now),
        .queue_stale_after = queue_stale_after(engine, now),
        .driving = engine->driving};
    derive_views(
        engine->workflow, engine->observations, (const char *const *)engine->checksums, &options, engine->views);
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        explain(engine, i);
        compare_view(engine, i, now);
    }
    if (!snapshot->complete && is_complete(engine) && checksum_is_known(engine)) {
        snapshot->complete = true;
        engine->changes |= ENGINE_CHANGED_COMPLETE | ENGINE_CHANGED_STATES;
    }
    engine->changes |= ENGINE_CHANGED_METRICS;
    sum_up(engine);
    engine->dirty = false;
    engine->derived = true;
}

static void fill_snapshot(struct engine *engine)
{
    struct snapshot *snapshot = &engine->snapshot;
    for (size_t i = 0; i < engine->reconcile.host_count; i++)
        host_fill_view(&engine->hosts[i], &engine->host_views[i]);
    snapshot->workflow = engine->workflow;
    snapshot->views = engine->views;
    snapshot->observations = engine->observations;
    snapshot->hosts = engine->host_views;
    snapshot->host_count = engine->reconcile.host_count;
    snapshot->read_only = engine->options.read_only;
    snapshot->message = engine->message;
    snapshot->now = clock_wall();
    describe_driver(engine);
    snapshot->revision++;
}

/* ---- turns ---- */

/* When live nodes become stale without any answer. */
static int64_t stale_wake(const struct engine *engine, int64_t now)
{
    if (engine->snapshot.oldest_live == 0)
        return RECONCILE_NEVER;
    int64_t left = engine->snapshot.oldest_live + stale_after(engine, now) - clock_wall();
    return left > 0 ? now + left + 1 : RECONCILE_NEVER;
}

static void set_timer(struct engine *engine, int64_t now)
{
    int64_t wake = engine->reconcile.wake;
    int64_t of_owner = owner_wake(engine);
    engine->stale_at = stale_wake(engine, now);
    wake = of_owner < wake ? of_owner : wake;
    wake = engine->queue_wake < wake ? engine->queue_wake : wake;
    wake = engine->stale_at < wake ? engine->stale_at : wake;
    if (wake == RECONCILE_NEVER)
        loop_timer_stop(engine->timer);
    else
        loop_timer_start(engine->timer, wake > now ? wake - now : 0, 0);
}

static void send_looks(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        enum reconcile_look look = engine->reconcile.hosts[i].look;
        if (look != RECONCILE_LOOK_NONE)
            observe_look(&engine->hosts[i], look);
    }
}

static void think(struct engine *engine, int64_t now)
{
    struct reconcile_options options = {.driving = engine->driving, .watched = engine->watched};
    drive_think(engine);
    detach_think(engine);
    queue_think(engine, now);
    reconcile_think(&engine->reconcile, engine->workflow, engine->observations, engine->views, &options, now);
}

static void tell(struct engine *engine)
{
    enum workflow_state before = engine->snapshot.state;
    if (engine->changes == 0)
        return;
    sum_up(engine);
    if (engine->snapshot.state != before)
        engine->changes |= ENGINE_CHANGED_STATES;
    fill_snapshot(engine);
    unsigned changes = engine->changes;
    engine->changes = 0;
    if (engine->options.changed != NULL)
        engine->options.changed(engine->options.argument, changes);
}

static void engine_turn(void *argument)
{
    struct engine *engine = argument;
    int64_t now = loop_now(engine->loop);
    if (engine->dirty || (engine->stale_at > 0 && engine->stale_at <= now))
        derive(engine);
    if (engine->derived)
        watch_update(engine);
    engine->derived = false;
    act_finish(engine);
    bool could_start = engine->reconcile.can_start;
    owner_think(engine, now);
    think(engine, now);
    if (engine->reconcile.can_start != could_start)
        engine_note(engine, ENGINE_CHANGED_STATES);
    drive_requests(engine);
    send_looks(engine);
    if (engine->cache_changed && engine->snapshot.complete && now - engine->cache_saved_at > CACHE_SAVE_EVERY)
        cache_save(engine);
    set_timer(engine, now);
    tell(engine);
}

static void timer_rang(void *argument)
{
    engine_ask_turn(argument);
}

/* ---- life ---- */

static void know_oneself(struct engine *engine)
{
    struct utsname name;
    const struct passwd *user = getpwuid(getuid());
    snprintf(engine->machine, sizeof engine->machine, "%s", uname(&name) == 0 ? name.nodename : "localhost");
    if (user != NULL)
        snprintf(engine->user, sizeof engine->user, "%s", user->pw_name);
    else
        snprintf(engine->user, sizeof engine->user, "%lu", (unsigned long)getuid());
}

struct engine *engine_new(struct loop *loop, struct workflow *workflow, const struct engine_options *options)
{
    size_t count = workflow->node_count;
    struct engine *engine = memory_new(sizeof *engine);
    engine->loop = loop;
    engine->workflow = workflow;
    engine->options = *options;
    engine->cache_directory = memory_copy_text(options->cache_directory);
    engine->watched = true;
    workflow_node_set_hash(workflow, engine->node_set);
    know_oneself(engine);
    engine->observations = memory_new_array(count, sizeof *engine->observations);
    engine->views = memory_new_array(count, sizeof *engine->views);
    engine->shown = memory_new_array(count, sizeof *engine->shown);
    engine->refusals = memory_new_array(count, sizeof *engine->refusals);
    engine->checksums = memory_new_array(count, sizeof *engine->checksums);
    engine->devices = memory_new_array(count, sizeof *engine->devices);
    engine->node_watches = memory_new_array(count, sizeof *engine->node_watches);
    for (size_t i = 0; i < count; i++) {
        observation_init(&engine->observations[i]);
        node_view_init(&engine->views[i]);
    }
    engine->hook = loop_hook_new(loop, engine_turn, engine);
    engine->timer = loop_timer_new(loop, timer_rang, engine);
    host_init_all(engine);
    queue_init_all(engine);
    cache_load(engine);
    derive(engine);
    fill_snapshot(engine);
    host_connect_all(engine);
    engine_ask_turn(engine);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    engine_set_driving(engine, false);
    engine->closing = true;
    if (engine->cache_changed && engine->snapshot.complete)
        cache_save(engine);
    watch_release(engine);
    host_disconnect_all(engine);
    act_release(engine);
    detach_release(engine);
    host_release_all(engine);
    checksum_release(engine);
    loop_hook_free(engine->hook);
    loop_timer_free(engine->timer);
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        observation_release(&engine->observations[i]);
        node_view_release(&engine->views[i]);
        free(engine->refusals[i].words);
    }
    free(engine->observations);
    free(engine->views);
    free(engine->shown);
    free(engine->refusals);
    free(engine->devices);
    queue_release_all(engine);
    reconcile_release(&engine->reconcile);
    workflow_free(engine->workflow);
    free(engine->cache_directory);
    free(engine->message);
    free(engine);
}

const struct snapshot *engine_snapshot(const struct engine *engine)
{
    /* Views borrow from observations: where answers came in this turn, they are made anew before anybody reads them. */
    if (engine->dirty) {
        struct engine *mutable = (struct engine *)engine;
        derive(mutable);
        fill_snapshot(mutable);
    }
    return &engine->snapshot;
}

void engine_set_driving(struct engine *engine, bool driving)
{
    if (engine->driving == driving || engine->options.read_only)
        return;
    engine->driving = driving;
    if (!driving)
        owner_stop_driving(engine);
    for (size_t i = 0; driving && i < engine->workflow->node_count; i++)
        drive_forget_refusal(engine, i);
    engine->dirty = true;
    engine_note(engine, ENGINE_CHANGED_DRIVER | ENGINE_CHANGED_STATES);
}

void engine_set_scope(struct engine *engine, const bool *set)
{
    for (size_t i = 0; i < engine->workflow->node_count; i++)
        engine->reconcile.nodes[i].out_of_scope = set != NULL && !set[i];
    engine_ask_turn(engine);
}

bool engine_is_busy(const struct engine *engine)
{
    const struct snapshot *snapshot = engine_snapshot(engine);
    if (!snapshot->complete || engine->executions != NULL || queue_is_settling((struct engine *)engine))
        return true;
    for (size_t i = 0; i < engine->workflow->node_count; i++) {
        const struct reconcile_node *memory = &engine->reconcile.nodes[i];
        bool looks = memory->needs_look && engine->hosts[memory->host].scanned;
        if (state_is_live(snapshot->views[i].state) || memory->starting > 0 || looks)
            return true;
    }
    /* Asked anew, so that it is right also before the turn in which driving begins. */
    think((struct engine *)engine, loop_now(engine->loop));
    return engine->driving && engine->reconcile.can_start;
}

void engine_refresh(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        host_reconnect_now(&engine->hosts[i]);
        reconcile_hurry(&engine->reconcile.hosts[i], loop_now(engine->loop));
        observe_hurry(&engine->hosts[i], RECONCILE_LOOK_ALL);
    }
    checksum_refresh(engine);
}

void engine_set_watched(struct engine *engine, bool watched)
{
    engine->watched = watched;
    for (size_t i = 0; watched && i < engine->reconcile.host_count; i++)
        reconcile_attend(&engine->reconcile.hosts[i], loop_now(engine->loop));
    for (size_t i = 0; watched && i < engine->queue_count; i++)
        queue_attend(&engine->queues[i]);
    engine_ask_turn(engine);
}
