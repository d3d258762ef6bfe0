/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "reconcile.h"

enum { QUIET_BEFORE_DRIFT = 60 * 1000, IDLE_PER_NODE = 60 };

void reconcile_init(struct reconcile *reconcile, size_t host_count, size_t node_count)
{
    *reconcile = (struct reconcile){.host_count = host_count, .wake = RECONCILE_NEVER};
    reconcile->hosts = memory_new_array(host_count, sizeof *reconcile->hosts);
    reconcile->nodes = memory_new_array(node_count, sizeof *reconcile->nodes);
}

void reconcile_release(struct reconcile *reconcile)
{
    free(reconcile->hosts);
    free(reconcile->nodes);
    free(reconcile->requests);
    *reconcile = (struct reconcile){0};
}

unsigned reconcile_next_attempt(const struct observation *observation)
{
    size_t count = observation->attempt_count;
    return count == 0 ? 1 : observation->attempts[count - 1].number + 1;
}

bool reconcile_can_change(
    const struct reconcile_host *host, const struct reconcile_node *node, const struct node_view *view)
{
    return state_is_live(view->state) || node->needs_look || (host->others_act && view->state == STATE_READY);
}

/* xorshift32 (Marsaglia 2003): jitter needs no better. */
static unsigned next_random(unsigned *state)
{
    unsigned value = *state ? *state : 2463534242u;
    value ^= value << 13;
    value ^= value >> 17;
    value ^= value << 5;
    return *state = value;
}

/* The interval with up to a tenth added, so that many programs do not ask in step. The same until the next answer. */
static int64_t with_jitter(int64_t interval, unsigned random)
{
    return interval + interval * (int64_t)(random % 1000) / 10000;
}

int64_t reconcile_interval(const struct reconcile_host *host, const struct reconcile_options *options, int64_t now)
{
    int64_t base = host->base_interval;
    if (host->errors > 0) {
        unsigned doublings = host->errors < 10 ? host->errors : 10;
        int64_t interval = base << doublings;
        return interval < RECONCILE_BACKOFF_LIMIT ? interval : RECONCILE_BACKOFF_LIMIT;
    }
    if (options->driving)
        return host->interval;
    if (!options->watched)
        return RECONCILE_SLOWEST;
    int64_t quiet = now - host->last_change;
    if (quiet <= QUIET_BEFORE_DRIFT)
        return host->interval;
    int64_t interval = base * quiet / QUIET_BEFORE_DRIFT;
    return interval < RECONCILE_SLOWEST ? interval : RECONCILE_SLOWEST;
}

/* Between two looks at all nodes: large workflows are asked for less often, so that an idle one costs next to nothing.
 */
static int64_t full_interval(const struct reconcile_host *host)
{
    int64_t interval = (int64_t)host->node_count * IDLE_PER_NODE;
    return interval > RECONCILE_SLOWEST ? interval : RECONCILE_SLOWEST;
}

void reconcile_answered(struct reconcile_host *host, const struct reconcile_answer *answer, int64_t now)
{
    next_random(&host->random);
    /* Looks that follow one another closely without a change of state come from a busy log: half as often each time. */
    bool busy = now - host->last_look < 2 * RECONCILE_SPACING_LIMIT;
    host->spacing = busy ? host->spacing * 2 : RECONCILE_SPACING;
    if (host->spacing > RECONCILE_SPACING_LIMIT)
        host->spacing = RECONCILE_SPACING_LIMIT;
    host->interval = host->interval * 2 < host->base_interval ? host->interval * 2 : host->base_interval;
    host->cost = now - answer->asked;
    host->last_look = now;
    if (answer->full)
        host->last_full = now;
    if (answer->changed)
        host->last_change = now;
    host->errors = answer->failed ? host->errors + 1 : 0;
}

void reconcile_hurry(struct reconcile_host *host, int64_t now)
{
    host->last_change = now;
    host->spacing = RECONCILE_SPACING;
    host->interval = RECONCILE_FASTEST < host->base_interval ? RECONCILE_FASTEST : host->base_interval;
}

void reconcile_attend(struct reconcile_host *host, int64_t now)
{
    host->last_change = now;
}

static void add_request(struct reconcile *reconcile, enum reconcile_kind kind, size_t node, unsigned attempt)
{
    memory_grow(
        &reconcile->requests, &reconcile->request_capacity, reconcile->request_count + 1, sizeof *reconcile->requests);
    reconcile->requests[reconcile->request_count++] = (struct reconcile_request){kind, node, attempt};
}

static void wake_at(struct reconcile *reconcile, int64_t time)
{
    if (time < reconcile->wake)
        reconcile->wake = time;
}

/* Retries are counted among the attempts since the node was last wanted; attempts not listed count as bad ones. */
static bool retry_is_left(const struct node *node, const struct observation *observation, enum node_state state)
{
    unsigned first = observation->wanted > 0 ? observation->wanted : 1;
    unsigned failed = 0, lost = 0;
    if (observation->attempt_count > 0 && observation->attempts[0].number > first)
        failed = lost = observation->attempts[0].number - first;
    for (size_t i = 0; i < observation->attempt_count; i++) {
        const struct attempt *attempt = &observation->attempts[i];
        if (attempt->number < first || attempt->decision == DECISION_VOID || attempt->decision == DECISION_CANCELLED)
            continue;
        if (attempt->exited)
            failed++;
        else if (attempt->lost || attempt->gone)
            lost++;
        else
            failed++; /* its scheduler says so */
    }
    return state == STATE_FAILED ? failed <= node->retries : lost <= node->retries_lost;
}

static bool parents_let_it_start(const struct node *node, const struct node_view *views)
{
    for (size_t i = 0; i < node->parent_count; i++) {
        if (!state_lets_children_start(views[node->parents[i]].state))
            return false;
    }
    return true;
}

/* Whether a driver should make an attempt of this node, sooner or later, with nothing else happening before. */
static bool is_startable(const struct reconcile_node *memory, const struct node *node,
    const struct observation *observation, const struct node_view *views, size_t index)
{
    if (node->work != NODE_WORK_SCRIPT && node->work != NODE_WORK_COMMAND)
        return false;
    if (memory->unstartable || memory->out_of_scope || memory->starting > 0 || !observation->known ||
        observation->from_cache || observation->held || observation->skipped)
        return false;
    enum node_state state = views[index].state;
    if (state == STATE_READY || (state == STATE_WAITING && memory->handed_over))
        return true;
    return (state == STATE_FAILED || state == STATE_LOST) && retry_is_left(node, observation, state) &&
           parents_let_it_start(node, views);
}

/* The attempt that waits for a decision, or 0. A batch job may wait for days: it has a jobid. */
static unsigned undecided_attempt(const struct observation *observation)
{
    if (!observation->known || observation->from_cache || observation->attempt_count == 0)
        return 0;
    const struct attempt *attempt = &observation->attempts[observation->attempt_count - 1];
    bool undecided = attempt->decision == DECISION_NONE && !attempt->exited && !attempt->lost && attempt->jobid == NULL;
    return undecided ? attempt->number : 0;
}

static void think_of_undecided(
    struct reconcile *reconcile, size_t node, const struct observation *observation, bool driving, int64_t now)
{
    struct reconcile_node *memory = &reconcile->nodes[node];
    unsigned attempt = undecided_attempt(observation);
    if (attempt != memory->undecided) {
        memory->undecided = attempt;
        memory->undecided_since = now;
    }
    if (attempt == 0 || !driving || memory->voiding || !reconcile->hosts[memory->host].answers)
        return;
    /* A batch job may be in the queue though nobody has its id: only a look at the queue can tell. */
    if (memory->queue > 0) {
        if (memory->absent_at - memory->undecided_since >= RECONCILE_VOID_AFTER)
            add_request(reconcile, RECONCILE_VOID, node, attempt);
        return;
    }
    if (now - memory->undecided_since >= RECONCILE_VOID_AFTER)
        add_request(reconcile, RECONCILE_VOID, node, attempt);
    else
        wake_at(reconcile, memory->undecided_since + RECONCILE_VOID_AFTER);
}

/* Slots in use on each host, and whether something there can change. */
struct load {
    size_t live, gpus;
    size_t batch; /* jobs in batch queues, which take no slot */
    bool changing;
};

static void count_load(const struct reconcile *reconcile, const struct workflow *workflow,
    const struct node_view *views, struct load *loads)
{
    for (size_t i = 0; i < workflow->node_count; i++) {
        const struct reconcile_node *memory = &reconcile->nodes[i];
        struct load *load = &loads[memory->host];
        load->changing |= reconcile_can_change(&reconcile->hosts[memory->host], memory, &views[i]);
        bool is_live = state_is_live(views[i].state) || memory->starting > 0;
        load->batch += is_live && memory->queue > 0;
        if (is_live && memory->queue == 0) {
            load->live++;
            load->gpus += workflow->nodes[i].gpus;
        }
    }
}

static void think_of_starts(struct reconcile *reconcile, const struct workflow *workflow,
    const struct observation *observations, const struct node_view *views, bool driving, struct load *loads,
    int64_t now)
{
    for (size_t i = 0; i < workflow->node_count; i++) {
        size_t index = workflow->order[i];
        const struct node *node = &workflow->nodes[index];
        const struct reconcile_node *memory = &reconcile->nodes[index];
        const struct reconcile_host *host = &reconcile->hosts[memory->host];
        struct load *load = &loads[memory->host];
        think_of_undecided(reconcile, index, &observations[index], driving, now);
        if (!host->may_start || !is_startable(memory, node, &observations[index], views, index))
            continue;
        reconcile->can_start = true;
        /* Where something was done to the node its evidence is old: a look comes first. */
        if (!driving || !host->answers || !host->claimed || host->starting || memory->needs_look)
            continue;
        if (memory->not_before > now) {
            wake_at(reconcile, memory->not_before);
            continue;
        }
        if (memory->queue > 0) {
            if (reconcile->queue_room[memory->room] > 0) {
                reconcile->queue_room[memory->room]--;
                add_request(reconcile, RECONCILE_START, index, reconcile_next_attempt(&observations[index]));
            }
            continue;
        }
        if (host->room_not_before > now) {
            wake_at(reconcile, host->room_not_before);
            continue;
        }
        bool room = host->jobs == 0 || load->live < host->jobs;
        /* A node that wants more than there is gets all there is, alone. */
        bool devices = host->gpus == 0 || node->gpus == 0 || load->gpus + node->gpus <= host->gpus || load->gpus == 0;
        if (!room || !devices)
            continue;
        load->live++;
        load->gpus += node->gpus;
        add_request(reconcile, RECONCILE_START, index, reconcile_next_attempt(&observations[index]));
    }
}

static void think_of_look(struct reconcile *reconcile, struct reconcile_host *host, const struct load *load,
    const struct reconcile_options *options, int64_t now)
{
    host->look = RECONCILE_LOOK_NONE;
    host->live = load->live + load->batch;
    host->slots = load->live;
    if (!host->answers || host->asked || host->node_count == 0)
        return;
    int64_t earliest = host->last_look + (host->cost > host->spacing ? host->cost : host->spacing);
    int64_t full = host->last_full + with_jitter(full_interval(host), host->random);
    int64_t live = RECONCILE_NEVER;
    if (host->hurry == RECONCILE_LOOK_ALL)
        full = earliest;
    else if (host->hurry == RECONCILE_LOOK_LIVE)
        live = earliest;
    else if (load->changing)
        live = host->last_look + with_jitter(reconcile_interval(host, options, now), host->random);
    if (full < earliest)
        full = earliest;
    if (live < earliest)
        live = earliest;
    if (now >= full)
        host->look = RECONCILE_LOOK_ALL;
    else if (now >= live)
        host->look = RECONCILE_LOOK_LIVE;
    else
        wake_at(reconcile, live < full ? live : full);
}

void reconcile_think(struct reconcile *reconcile, const struct workflow *workflow,
    const struct observation *observations, const struct node_view *views, const struct reconcile_options *options,
    int64_t now)
{
    reconcile->request_count = 0;
    reconcile->wake = RECONCILE_NEVER;
    reconcile->can_start = false;
    struct load *loads = memory_new_array(reconcile->host_count, sizeof *loads);
    count_load(reconcile, workflow, views, loads);
    think_of_starts(reconcile, workflow, observations, views, options->driving, loads, now);
    for (size_t i = 0; i < reconcile->host_count; i++)
        think_of_look(reconcile, &reconcile->hosts[i], &loads[i], options, now);
    free(loads);
}
