/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection: connecting, ready, backing off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "engine_private.h"

enum {
    BACKOFF_FIRST = 500,
    BACKOFF_LIMIT = 60 * 1000,
    FAILURES_BEFORE_GIVING_UP = 3,
    FAILURES_BEFORE_GIVING_UP_REMOTE = 5,
    INTERVAL_POLLING = 2000, /* between two looks that do not wait */
    INTERVAL_WAITING = 500,  /* between two looks that wait on the host */
    JOBS_WITH_BATCH_SYSTEM = 2,
    TRAFFIC_SAMPLE = 30 * 1000
};

static const struct host_settings *settings_of(const struct host *host)
{
    const struct settings *settings = host->engine->options.settings;
    return settings != NULL ? settings_host(settings, host->address) : NULL;
}

static const char *prologue_of(const struct host *host)
{
    const struct host_settings *own = settings_of(host);
    return own != NULL ? own->prologue : NULL;
}

static enum status find_target(const struct host *host, struct ssh_target *target, struct error *error)
{
    const struct host_settings *own = settings_of(host);
    *target = (struct ssh_target){.name = host->address, .user = host->user, .port = own != NULL ? own->port : 0};
    if (!ssh_way_from_word(own != NULL ? own->transport : NULL, &target->way))
        return error_set(error, STATUS_INVALID, "transport: %s is none of auto, libssh and openssh", own->transport);
    return STATUS_OK;
}

static enum status open_ssh(struct host *host, const struct agent_events *events, struct error *error)
{
    struct ssh_target target;
    enum status status = find_target(host, &target, error);
    if (status != STATUS_OK)
        return status;
    return agent_open_ssh(host->engine->pool, &target, host->base, prologue_of(host), events, &host->agent, error);
}

/* Opens the way to a host: the one place that knows which kinds of host there are. */
static enum status host_open(struct host *host, const struct agent_events *events, struct error *error)
{
    const struct engine_options *options = &host->engine->options;
    switch (host->kind) {
    case NODE_KIND_LOCAL:
        return agent_open_here(host->engine->pool, options->shell, host->base, events, &host->agent, error);
    case NODE_KIND_SSH:
        return open_ssh(host, events, error);
    default:
        return error_set(error, STATUS_UNSUPPORTED, "hosts of kind %s are not supported by this version",
            node_kind_word(host->kind));
    }
}

void host_set_trouble(struct host *host, const char *sentence)
{
    if (sentence != NULL && host->trouble != NULL && strcmp(sentence, host->trouble) == 0)
        return;
    free(host->trouble);
    host->trouble = memory_copy_text(sentence);
    engine_note(host->engine, ENGINE_CHANGED_HOSTS);
}

static void host_set_state(struct host *host, enum host_state state)
{
    host->state = state;
    host->engine->dirty = true;
    engine_note(host->engine, ENGINE_CHANGED_HOSTS);
}

static void host_back_off(struct host *host, const struct error *reason)
{
    struct reconcile_host *memory = engine_memory_of(host);
    unsigned doublings = host->failures < 7 ? host->failures : 7;
    int64_t delay = (int64_t)BACKOFF_FIRST << doublings;
    if (delay > BACKOFF_LIMIT)
        delay = BACKOFF_LIMIT;
    /* On a network half to one and a half of it: what broke for many at once does not come back for many at once. */
    memory->random = (memory->random * 1103515245 + 12345) | 1;
    int64_t random = memory->random >> 16 & 1023;
    if (host->kind == NODE_KIND_LOCAL)
        delay += delay * random / 10240;
    else
        delay = delay / 2 + delay * random / 1024;
    host->failures++;
    host->retry_at = loop_now(host->engine->loop) + delay;
    host_set_trouble(host, reason->message[0] != '\0' ? reason->message : status_text(reason->status));
    host_set_state(host, HOST_BACKING_OFF);
    if (host->answered)
        engine_say(host->engine, "%s: %s", host->name, host->trouble);
    loop_timer_start(host->retry, delay, 0);
    engine_ask_turn(host->engine);
}

/* Nothing that was learnt on a connection counts on the next one. */
static void host_forget_connection(struct host *host)
{
    struct reconcile_host *memory = engine_memory_of(host);
    memory->answers = memory->asked = false;
    host->scanned = host->claiming = host->reading_owner = false;
    queue_forget_connection(host);
    if (host->ownership == OWNERSHIP_OURS)
        host->ownership = OWNERSHIP_FREE;
    memset(host->traffic, 0, sizeof host->traffic);
}

char *host_workflow_folder(const struct host *host)
{
    const char *base = host->base, *workflow = host->engine->workflow->name;
    if (host->agent == NULL)
        return NULL;
    if (strncmp(base, "~/", 2) == 0)
        return memory_format("%s/%s/%s", agent_facts(host->agent)->home, base + 2, workflow);
    return base[0] == '/' ? memory_format("%s/%s", base, workflow) : NULL;
}

static unsigned most_jobs(const struct host *host, const struct agent_facts *facts)
{
    const struct host_settings *own = settings_of(host);
    unsigned of_host = own != NULL ? own->jobs : 0, of_workflow = host->engine->workflow->jobs;
    if (of_host > 0 && of_workflow > 0)
        return of_host < of_workflow ? of_host : of_workflow;
    if (of_host > 0 || of_workflow > 0)
        return of_host > 0 ? of_host : of_workflow;
    if (facts->has_sbatch)
        return JOBS_WITH_BATCH_SYSTEM;
    return facts->processors > 0 ? facts->processors : 1;
}

static void host_ready(void *argument)
{
    struct host *host = argument;
    const struct agent_facts *facts = agent_facts(host->agent);
    engine_memory_of(host)->jobs = most_jobs(host, facts);
    free(host->workflow_folder);
    host->workflow_folder = host->kind == NODE_KIND_LOCAL ? host_workflow_folder(host) : NULL;
    host_set_trouble(host, NULL);
    host_set_state(host, HOST_READY);
    observe_ready(host);
    engine_ask_turn(host->engine);
}

static void forget_question(struct host *host)
{
    free(host->question_text);
    host->question_text = NULL;
}

/* A host that nothing but a person brings back. */
static void host_stay_away(struct host *host, enum host_state state, const struct error *reason)
{
    host_set_trouble(host, reason->message[0] != '\0' ? reason->message : status_text(reason->status));
    host_set_state(host, state);
    engine_ask_turn(host->engine);
}

/* What was refused is never tried again without a person: a wrong password too often locks an account. */
static void host_lose(struct host *host, const struct error *reason)
{
    bool may_retry = reason->status == STATUS_DISCONNECTED || reason->status == STATUS_TIMEOUT ||
                     reason->status == STATUS_PROTOCOL || reason->status == STATUS_SYSTEM;
    if (host->kind == NODE_KIND_LOCAL ? reason->status != STATUS_UNSUPPORTED : may_retry)
        host_back_off(host, reason);
    else if (reason->status == STATUS_OK)
        host_back_off(host, reason);
    else
        host_stay_away(host, reason->status == STATUS_CANCELLED ? HOST_NEEDS_LOGIN : HOST_REFUSED, reason);
}

static void host_closed(void *argument, const struct error *reason)
{
    struct host *host = argument;
    free(host->way);
    host->way = memory_copy_text(agent_description(host->agent));
    agent_free(host->agent);
    host->agent = NULL;
    forget_question(host);
    host_forget_connection(host);
    host_lose(host, reason);
}

/* A host asks while somebody logs in, or asks no more. */
static void host_asked(void *argument, const struct ssh_question *question)
{
    static const enum host_question_kind kinds[] = {[SSH_QUESTION_SECRET] = HOST_QUESTION_SECRET,
        [SSH_QUESTION_OPEN] = HOST_QUESTION_OPEN,
        [SSH_QUESTION_YES_NO] = HOST_QUESTION_YES_NO,
        [SSH_QUESTION_NOTICE] = HOST_QUESTION_NOTICE};
    struct host *host = argument;
    forget_question(host);
    if (question != NULL) {
        host->question_text = memory_copy_text(question->text);
        host->question = (struct host_question){
            .text = host->question_text, .kind = kinds[question->kind], .number = question->number};
    }
    host_set_state(host, question != NULL ? HOST_NEEDS_LOGIN : HOST_CONNECTING);
    engine_ask_turn(host->engine);
}

static void host_try(void *argument)
{
    struct host *host = argument;
    struct agent_events events = {.ready = host_ready,
        .closed = host_closed,
        .asked = host->engine->options.can_answer ? host_asked : NULL,
        .argument = host};
    struct error error = {0};
    host_set_state(host, HOST_CONNECTING);
    if (host_open(host, &events, &error) == STATUS_OK)
        return;
    host->agent = NULL;
    host_lose(host, &error);
}

void host_reconnect_now(struct host *host)
{
    if (host->state == HOST_BACKING_OFF)
        loop_timer_start(host->retry, 0, 0);
}

/* Somebody has logged in for another workflow: a host that was away has a way now. */
static void pool_is_ready(void *argument)
{
    struct engine *engine = argument;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        struct ssh_target target;
        if (host->kind == NODE_KIND_SSH && host->agent == NULL && find_target(host, &target, NULL) == STATUS_OK &&
            agent_pool_leads_to(engine->pool, &target, prologue_of(host)))
            loop_timer_start(host->retry, 0, 0);
    }
}

void engine_answer(struct engine *engine, size_t index, const char *text)
{
    if (index < engine->reconcile.host_count && engine->hosts[index].agent != NULL)
        agent_answer(engine->hosts[index].agent, text);
}

void engine_login(struct engine *engine, size_t index)
{
    struct host *host = index < engine->reconcile.host_count ? &engine->hosts[index] : NULL;
    if (host == NULL || host->agent != NULL)
        return;
    host->failures = 0;
    loop_timer_start(host->retry, 0, 0);
}

bool host_may_come(const struct host *host)
{
    if (host->state == HOST_REFUSED || (host->state == HOST_NEEDS_LOGIN && host->agent == NULL))
        return false;
    return host->state == HOST_READY || host->answered ||
           host->failures <
               (host->kind == NODE_KIND_LOCAL ? FAILURES_BEFORE_GIVING_UP : FAILURES_BEFORE_GIVING_UP_REMOTE);
}

/* The way to a node's host. Batch jobs go by the host on which they are submitted: this machine, or one behind ssh. */
static enum node_kind way_to(const struct node *node)
{
    if (node->kind != NODE_KIND_SLURM && node->kind != NODE_KIND_LSF)
        return node->kind;
    bool is_here = strcmp(node->host, "localhost") == 0 || strcmp(node->host, "local") == 0;
    return is_here ? NODE_KIND_LOCAL : NODE_KIND_SSH;
}

/* Nodes of this machine share it; the others are kept apart by the way to their host, host and user. */
static struct host *host_for(struct engine *engine, struct map *known, const struct node *node)
{
    enum node_kind kind = way_to(node);
    bool is_local = kind == NODE_KIND_LOCAL;
    const char *address = is_local ? "localhost" : node->host, *user = is_local ? NULL : node->user;
    char *key = memory_format("%s %s %s", node_kind_word(kind), user != NULL ? user : "", address);
    uintptr_t index = engine->reconcile.host_count;
    if (!map_get(known, key, &index)) {
        map_set(known, key, index);
        struct host *host = &engine->hosts[engine->reconcile.host_count++];
        host->engine = engine;
        host->kind = kind;
        host->address = memory_copy_text(address);
        host->user = memory_copy_text(user);
        host->name = user != NULL ? memory_format("%s@%s", user, address) : memory_copy_text(address);
    }
    free(key);
    return &engine->hosts[index];
}

static void host_init(struct host *host, unsigned seed)
{
    struct engine *engine = host->engine;
    const struct host_settings *own = settings_of(host);
    if (host->user == NULL && host->kind != NODE_KIND_LOCAL && own != NULL)
        host->user = memory_copy_text(own->user);
    const char *base = engine->workflow->directory != NULL ? engine->workflow->directory
                       : own != NULL && own->base != NULL  ? own->base
                                                           : "~/experiment";
    bool rooted = base[0] == '/' || strncmp(base, "~/", 2) == 0;
    host->base = rooted ? memory_copy_text(base) : memory_format("~/%s", base);
    host->retry = loop_timer_new(engine->loop, host_try, host);
    struct reconcile_host *memory = engine_memory_of(host);
    bool has_own = own != NULL && own->interval > 0;
    host->waits = host->kind == NODE_KIND_SSH && !has_own;
    memory->base_interval = has_own ? own->interval : host->waits ? INTERVAL_WAITING : INTERVAL_POLLING;
    memory->interval = memory->base_interval;
    memory->spacing = RECONCILE_SPACING;
    memory->random = seed;
    memory->gpus = own != NULL ? own->gpus : 0;
    memory->node_count = host->node_count;
}

bool host_may_wait(struct host *host)
{
    if (!host->waits)
        return false;
    bool is_alone = !agent_is_shared(host->agent);
    engine_memory_of(host)->base_interval = is_alone ? INTERVAL_WAITING : INTERVAL_POLLING;
    return is_alone;
}

void host_init_all(struct engine *engine)
{
    size_t count = engine->workflow->node_count;
    size_t limit = 1;
    for (size_t i = 0; i < count; i++)
        limit += engine->workflow->nodes[i].kind != NODE_KIND_LOCAL;
    engine->hosts = memory_new_array(limit, sizeof *engine->hosts);
    engine->pool = engine->options.pool != NULL ? engine->options.pool : agent_pool_new(engine->loop);
    engine->listener = agent_pool_listen(engine->pool, pool_is_ready, engine);
    reconcile_init(&engine->reconcile, limit, count);
    engine->reconcile.host_count = 0;
    struct map *known = map_new();
    for (size_t i = 0; i < count; i++) {
        size_t node = engine->workflow->order[i];
        struct host *host = host_for(engine, known, &engine->workflow->nodes[node]);
        memory_grow(&host->nodes, &host->node_capacity, host->node_count + 1, sizeof *host->nodes);
        host->nodes[host->node_count++] = node;
        engine->reconcile.nodes[node].host = (size_t)(host - engine->hosts);
    }
    map_free(known);
    engine->host_views = memory_new_array(engine->reconcile.host_count, sizeof *engine->host_views);
    for (size_t i = 0; i < engine->reconcile.host_count; i++)
        host_init(&engine->hosts[i], (unsigned)(map_hash(&i, sizeof i) | 1));
}

void host_connect_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++)
        host_try(&engine->hosts[i]);
}

void host_disconnect_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        agent_free(engine->hosts[i].agent);
        engine->hosts[i].agent = NULL;
    }
}

void host_release_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        loop_timer_free(host->retry);
        forget_question(host);
        free(host->way);
        free(host->name);
        free(host->address);
        free(host->user);
        free(host->nodes);
        free(host->base);
        free(host->workflow_folder);
        free(host->trouble);
        free(host->home_machine);
        free(host->obstacle);
        free(host->crowd);
        free(host->queue_calls);
        free(host->claim_words);
    }
    agent_pool_listener_free(engine->listener);
    if (engine->pool != engine->options.pool)
        agent_pool_free(engine->pool);
    free(engine->hosts);
    free(engine->host_views);
}

/* Requests and bytes a minute, over the last half to whole minute. */
static void fill_rates(struct host *host, struct host_view *view, uint64_t requests, uint64_t bytes)
{
    int64_t now = loop_now(host->engine->loop);
    if (host->traffic[1].time == 0 || now - host->traffic[1].time >= TRAFFIC_SAMPLE) {
        host->traffic[0] = host->traffic[1];
        host->traffic[1].time = now;
        host->traffic[1].requests = requests;
        host->traffic[1].bytes = bytes;
    }
    int64_t span = host->traffic[0].time > 0 ? now - host->traffic[0].time : 0;
    if (span <= 0)
        return;
    view->requests_a_minute = (unsigned)((requests - host->traffic[0].requests) * 60000 / (uint64_t)span);
    view->bytes_a_minute = (bytes - host->traffic[0].bytes) * 60000 / (uint64_t)span;
}

void host_fill_view(struct host *host, struct host_view *view)
{
    *view = (struct host_view){.name = host->name, .state = host->state, .trouble = host->trouble};
    const char *obstacle = owner_obstacle(host);
    if (view->trouble == NULL)
        view->trouble = obstacle;
    if (view->trouble == NULL)
        view->trouble = queue_trouble(host);
    view->queue_calls_a_minute = queue_calls_a_minute(host);
    free(host->queue_calls);
    view->queue_calls = host->queue_calls = queue_tell_calls(host);
    view->live_nodes = (unsigned)engine_memory_of(host)->live;
    view->round_trip = view->retry_in = -1;
    view->user = host->user;
    view->way = host->agent != NULL ? agent_description(host->agent) : host->way;
    view->question = host->question_text != NULL ? &host->question : NULL;
    if (host->state == HOST_BACKING_OFF) {
        view->retry_in = host->retry_at - loop_now(host->engine->loop);
        view->retry_in = view->retry_in > 0 ? view->retry_in : 0;
    }
    if (host->agent == NULL || host->state != HOST_READY)
        return;
    uint64_t requests, sent, received;
    agent_traffic(host->agent, &requests, &sent, &received, &view->round_trip);
    view->facts = agent_facts(host->agent);
    view->machine = view->facts->machine;
    fill_rates(host, view, requests, sent + received);
}
