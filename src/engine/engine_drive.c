/* SPDX-License-Identifier: Apache-2.0 */
/* Driving: starting and voiding what reconcile asks for, and what follows from the answers. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_private.h"

/* Milliseconds until a start is tried again: as many jobs as may be run there; nobody knows what became of it. */
enum { CROWD_PAUSE = 250, TROUBLE_PAUSE = 1000 };

void drive_think(struct engine *engine)
{
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        struct reconcile_host *memory = engine_memory_of(host);
        memory->may_start = owner_obstacle(host) == NULL && !engine->options.read_only && host_may_come(host);
        memory->claimed = host->ownership == OWNERSHIP_OURS;
        memory->starting = host->start_batches > 0;
        memory->others_act = engine->other.until > 0 || loop_now(engine->loop) < engine->others_act_until;
    }
}

void drive_forget_refusal(struct engine *engine, size_t node)
{
    struct refusal *refusal = &engine->refusals[node];
    if (refusal->tries == 0)
        return;
    free(refusal->words);
    *refusal = (struct refusal){0};
    engine->reconcile.nodes[node].unstartable = false;
    engine->reconcile.nodes[node].not_before = 0;
    engine_observations_changed(engine);
}

/* Another program was faster: nothing is wrong, the next look shows its attempt. All such refusals speak of one. */
static bool is_lost_race(const struct error *error)
{
    static const char words[] = "the attempt ";
    return strncmp(error->message, words, sizeof words - 1) == 0;
}

static bool is_connection_trouble(const struct error *error)
{
    return error->status == STATUS_DISCONNECTED || error->status == STATUS_CANCELLED ||
           error->status == STATUS_TIMEOUT || error->status == STATUS_PROTOCOL;
}

static void note_refusal(struct engine *engine, size_t node, unsigned attempt, const struct error *error)
{
    struct refusal *refusal = &engine->refusals[node];
    struct reconcile_node *memory = &engine->reconcile.nodes[node];
    if (refusal->attempt != attempt)
        drive_forget_refusal(engine, node);
    refusal->attempt = attempt;
    refusal->tries++;
    bool race = is_lost_race(error);
    unsigned doublings = refusal->tries < 6 ? refusal->tries : 6;
    memory->not_before = loop_now(engine->loop) + ((race ? 100 : 1000) << doublings);
    if (race)
        return;
    free(refusal->words);
    refusal->words = memory_format("cannot be started: %s", error->message);
    memory->unstartable = refusal->tries >= ENGINE_START_TRIES || error->status != STATUS_REFUSED;
    engine_say(engine, "node %s %s", engine->workflow->nodes[node].name, refusal->words);
}

void drive_refuse_job(struct engine *engine, size_t node, unsigned attempt, const char *words, bool postpone)
{
    struct refusal *refusal = &engine->refusals[node];
    struct reconcile_node *memory = &engine->reconcile.nodes[node];
    free(refusal->words);
    refusal->attempt = attempt;
    refusal->tries++;
    refusal->words = memory_format("%s%s", postpone ? "not submitted yet: " : "cannot be submitted: ", words);
    memory->unstartable = !postpone;
    engine_say(engine, "node %s %s", engine->workflow->nodes[node].name, refusal->words);
    engine_observations_changed(engine);
}

/* As many jobs as may be run there, also of other workflows: nothing is wrong, ask again after a pause. */
static void note_crowd(struct host *host, const struct error *error)
{
    int64_t pause = (int64_t)CROWD_PAUSE << (host->crowded < 2 ? host->crowded : 2);
    struct reconcile_host *memory = engine_memory_of(host);
    int64_t until = loop_now(host->engine->loop) + pause;
    if (memory->room_not_before >= until)
        return;
    memory->room_not_before = until;
    host->crowded++;
    free(host->crowd);
    host->crowd = memory_format("waits: %s", error->message);
}

static void forget_crowd(struct host *host)
{
    host->crowded = 0;
    free(host->crowd);
    host->crowd = NULL;
}

static void note_started(struct engine *engine, size_t node, unsigned attempt)
{
    struct attempt *made = observation_attempt(&engine->observations[node], attempt);
    if (made->requested == 0)
        made->requested = clock_wall();
    /* The host has just said so. */
    engine->observations[node].observed = clock_wall();
    drive_forget_refusal(engine, node);
}

struct start_batch {
    struct host *host;
    agent_start_function *answered;
    void *argument;
    size_t remaining, journal_entry;
    bool refused;  /* the journal has the first refusal */
    bool of_array; /* they are submitted later */
};

static void take_start(struct start_batch *batch, size_t node, unsigned attempt, const struct error *error)
{
    struct engine *engine = batch->host->engine;
    bool fine = error == NULL || error->status == STATUS_OK;
    if (!fine || !batch->of_array)
        engine->reconcile.nodes[node].starting = 0;
    if (!batch->refused && (!fine || batch->remaining == 1))
        journal_result(&engine->journal, batch->journal_entry, error);
    batch->refused |= !fine;
    engine_observations_changed(engine);
    if (!fine && error->status == STATUS_BUSY) {
        note_crowd(batch->host, error);
        return;
    }
    engine->reconcile.nodes[node].needs_look = true;
    forget_crowd(batch->host);
    if (fine)
        note_started(engine, node, attempt);
    else if (is_connection_trouble(error))
        engine->reconcile.nodes[node].not_before = loop_now(engine->loop) + TROUBLE_PAUSE;
    else
        note_refusal(engine, node, attempt, error);
    reconcile_hurry(engine_memory_of(batch->host), loop_now(engine->loop));
    observe_hurry(batch->host, RECONCILE_LOOK_LIVE);
}

static void start_answered(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    struct start_batch *batch = argument;
    if (!batch->host->engine->closing)
        take_start(batch, node, attempt, error);
    if (batch->answered != NULL)
        batch->answered(batch->argument, node, attempt, error);
    if (--batch->remaining > 0)
        return;
    batch->host->start_batches -= !batch->of_array;
    free(batch);
}

/* "name=attempt", the name percent-encoded, a blank before it where it is not the first. */
static void append_parent(struct text *text, const char *name, unsigned attempt)
{
    if (text->length > 0)
        text_append_byte(text, ' ');
    for (; *name != '\0'; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte > ' ' && byte != '%' && byte != '=' && byte != 0x7f)
            text_append_byte(text, *name);
        else
            text_append_format(text, "%%%02X", byte);
    }
    text_append_format(text, "=%u", attempt);
}

/* The parents and their attempts, as the request records them; milestones stand for their own parents. */
static char *parents_of(const struct engine *engine, size_t node)
{
    const struct node *nodes = engine->workflow->nodes;
    if (nodes[node].parent_count == 0)
        return memory_copy_text("");
    bool *seen = memory_new_array(engine->workflow->node_count, sizeof *seen);
    size_t *stack = memory_new_array(engine->workflow->node_count, sizeof *stack);
    size_t depth = 0;
    struct text text;
    text_init(&text, 0);
    stack[depth++] = node;
    while (depth > 0) {
        const struct node *child = &nodes[stack[--depth]];
        for (size_t i = 0; i < child->parent_count; i++) {
            size_t parent = child->parents[i];
            if (seen[parent])
                continue;
            seen[parent] = true;
            if (nodes[parent].work == NODE_WORK_MILESTONE)
                stack[depth++] = parent;
            else
                append_parent(&text, nodes[parent].name, engine->views[parent].attempt);
        }
    }
    free(seen);
    free(stack);
    return text_take(&text);
}

/* Devices of a host that no live node has; NULL where they are not known or not enough are free. */
static char *free_devices(struct host *host, size_t node, uint64_t *taken)
{
    struct engine *engine = host->engine;
    unsigned wanted = engine->workflow->nodes[node].gpus, total = engine_memory_of(host)->gpus;
    uint64_t used = 0;
    for (size_t i = 0; i < host->node_count; i++) {
        size_t other = host->nodes[i];
        if (other == node ||
            (!state_is_live(engine->views[other].state) && engine->reconcile.nodes[other].starting == 0))
            continue;
        if (engine->workflow->nodes[other].gpus > 0 && engine->devices[other] == 0)
            return NULL;
        used |= engine->devices[other];
    }
    struct text text;
    text_init(&text, 0);
    *taken = 0;
    for (unsigned i = 0; i < total && i < 64 && wanted > 0; i++) {
        if ((used >> i & 1) != 0)
            continue;
        text_append_format(&text, "%s%u", text.length > 0 ? "," : "", i);
        *taken |= (uint64_t)1 << i;
        wanted--;
    }
    return text_take(&text);
}

enum status drive_prepare_start(
    struct host *host, size_t node, unsigned attempt, bool as_task, struct agent_start *start, struct error *error)
{
    struct engine *engine = host->engine;
    *start = (struct agent_start){.node = node, .attempt = attempt, .who = engine->user, .from = engine->machine};
    engine->devices[node] = 0;
    if (engine->workflow->nodes[node].gpus > 0 && engine_memory_of(host)->gpus > 0) {
        start->gpus = free_devices(host, node, &engine->devices[node]);
        if (start->gpus == NULL)
            return error_set(error, STATUS_REFUSED, "its GPUs are in use");
    }
    if (queue_system_of(engine, node) == NULL)
        start->prologue = engine_prologue(engine, node);
    enum status status = as_task ? STATUS_OK : batch_prepare_start(engine, node, start, error);
    start->handed_over |= as_task && batch_is_handed_over(engine, node);
    if (status != STATUS_OK) {
        drive_refuse_job(engine, node, attempt, error->message, false);
        return status;
    }
    start->parents = parents_of(engine, node);
    start->checksum = checksum_of_node(engine, node);
    engine->reconcile.nodes[node].starting = attempt;
    return STATUS_OK;
}

void drive_release_start(const struct agent_start *start)
{
    batch_release_start(start);
    free((char *)start->parents);
    free((char *)start->gpus);
}

void drive_send(struct host *host, const struct agent_start *starts, size_t count, unsigned jobs,
    agent_start_function *answered, void *argument)
{
    if (count == 0)
        return;
    struct engine *engine = host->engine;
    struct start_batch *batch = memory_new(sizeof *batch);
    bool of_array = starts[0].array != NULL;
    *batch = (struct start_batch){
        .host = host, .answered = answered, .argument = argument, .remaining = count, .of_array = of_array};
    batch->journal_entry = journal_add(&engine->journal, clock_wall(), host->name, "start %s, attempt %u%s%s",
        engine->workflow->nodes[starts[0].node].name, starts[0].attempt, count > 1 ? ", and others" : "",
        of_array ? ", as tasks of an array" : "");
    host->start_batches += !of_array;
    struct agent_place place = engine_place(host);
    struct error error = {0};
    enum status status =
        host->state == HOST_READY
            ? agent_start(host->agent, &place, engine->workflow, starts, count, jobs, start_answered, batch, &error)
            : error_set(&error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    for (size_t i = 0; status != STATUS_OK && i < count; i++)
        start_answered(batch, starts[i].node, starts[i].attempt, &error);
}

static void start_alone(struct host *host, const size_t *nodes, const unsigned *attempts, size_t count, unsigned jobs,
    agent_start_function *answered, void *argument)
{
    struct agent_start *starts = memory_new_array(count, sizeof *starts);
    size_t sent = 0;
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        if (drive_prepare_start(host, nodes[i], attempts[i], false, &starts[sent], &error) == STATUS_OK)
            sent++;
        else if (answered != NULL)
            answered(argument, nodes[i], attempts[i], &error);
    }
    drive_send(host, starts, sent, jobs, answered, argument);
    for (size_t i = 0; i < sent; i++)
        drive_release_start(&starts[i]);
    free(starts);
}

void drive_start(struct host *host, const size_t *nodes, const unsigned *attempts, size_t count, unsigned jobs,
    agent_start_function *answered, void *argument)
{
    size_t *sorted = memory_new_array(count, sizeof *sorted), tasks = 0, alone = count;
    unsigned *numbers = memory_new_array(count, sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        tasks += host->engine->queue_count > 0 && host->engine->batch_nodes[nodes[i]].array > 0;
    /* One task alone is a job of its own. */
    tasks = tasks > 1 ? tasks : 0;
    for (size_t i = count, task = tasks; i-- > 0;) {
        bool is_task = tasks > 0 && host->engine->batch_nodes[nodes[i]].array > 0;
        size_t place = is_task ? --task : --alone;
        sorted[place] = nodes[i];
        numbers[place] = attempts[i];
    }
    start_alone(host, sorted + tasks, numbers + tasks, count - tasks, jobs, answered, argument);
    convoy_start(host, sorted, numbers, tasks, answered, argument);
    free(sorted);
    free(numbers);
}

struct void_request {
    struct host *host;
    size_t node, journal_entry;
};

static void void_answered(void *argument, const struct error *error)
{
    struct void_request *request = argument;
    struct engine *engine = request->host->engine;
    if (!engine->closing) {
        struct reconcile_node *memory = &engine->reconcile.nodes[request->node];
        memory->voiding = false;
        memory->needs_look = true;
        /* Refused: wait as long again. */
        memory->undecided = 0;
        journal_result(&engine->journal, request->journal_entry, error);
        observe_hurry(request->host, RECONCILE_LOOK_LIVE);
    }
    free(request);
}

static void send_void(struct host *host, size_t node, unsigned attempt)
{
    struct engine *engine = host->engine;
    struct agent_place place = engine_place(host);
    struct void_request *request = memory_new(sizeof *request);
    struct error error = {0};
    request->host = host;
    request->node = node;
    request->journal_entry = journal_add(&engine->journal, clock_wall(), host->name,
        "void %s, attempt %u: no decision for a minute", engine->workflow->nodes[node].name, attempt);
    engine->reconcile.nodes[node].voiding = true;
    enum status status =
        agent_void(host->agent, &place, engine->workflow, node, attempt, void_answered, request, &error);
    if (status != STATUS_OK)
        void_answered(request, &error);
}

/* A script that is not there needs no question to a host. */
static bool refuse_missing(struct engine *engine, const struct reconcile_request *request)
{
    struct error error = {0};
    if (engine_node_obstacle(engine, request->node, &error) == STATUS_OK)
        return false;
    note_refusal(engine, request->node, request->attempt, &error);
    return true;
}

static void send_starts(struct host *host)
{
    struct engine *engine = host->engine;
    const struct reconcile *reconcile = &engine->reconcile;
    size_t *nodes = memory_new_array(reconcile->request_count, sizeof *nodes);
    unsigned *attempts = memory_new_array(reconcile->request_count, sizeof *attempts);
    size_t count = 0;
    for (size_t i = 0; i < reconcile->request_count; i++) {
        const struct reconcile_request *request = &reconcile->requests[i];
        bool mine = request->kind == RECONCILE_START && engine_host_of(engine, request->node) == host;
        if (!mine || refuse_missing(engine, request))
            continue;
        nodes[count] = request->node;
        attempts[count++] = request->attempt;
    }
    if (count > 0)
        drive_start(host, nodes, attempts, count, engine_memory_of(host)->jobs, NULL, NULL);
    free(nodes);
    free(attempts);
}

void drive_requests(struct engine *engine)
{
    const struct reconcile *reconcile = &engine->reconcile;
    if (engine->settling)
        return;
    for (size_t i = 0; i < reconcile->host_count; i++) {
        struct host *host = &engine->hosts[i];
        /* Also where nothing can start yet: others are to see who drives. */
        bool works = reconcile->can_start || engine_memory_of(host)->live > 0;
        bool wants = engine->driving && works && host->scanned && engine_memory_of(host)->may_start;
        if (wants && host->ownership == OWNERSHIP_FREE && host->claim_not_before <= loop_now(engine->loop))
            owner_claim(host);
    }
    for (size_t i = 0; i < reconcile->request_count; i++) {
        const struct reconcile_request *request = &reconcile->requests[i];
        if (request->kind == RECONCILE_VOID)
            send_void(engine_host_of(engine, request->node), request->node, request->attempt);
    }
    for (size_t i = 0; i < reconcile->host_count; i++)
        send_starts(&engine->hosts[i]);
}
