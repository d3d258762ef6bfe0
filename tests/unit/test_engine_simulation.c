/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten thousand nodes driven to their end by two drivers against a host that keeps the attempt protocol, with random
 * faults: requests and answers lost, answers given twice, starts refused, wrappers that die before or after their
 * decision or come late, and a second driver that is killed again and again. No clock: time is a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "src/engine/reconcile.h"

enum { LAYERS = 8, WIDTH = 1250, NODES = LAYERS * WIDTH, JOBS = 2000, ATTEMPTS = 40, LATENCY = 40, DRIVERS = 2 };
#define NEVER INT64_MAX

/* An attempt on the host: what is written down, and when. A time in the future may still be changed by others. */
struct fate {
    int64_t made, decided, ended;
    enum attempt_decision decision;
    bool lost;
    int exit_code;
};

struct host_node {
    struct fate attempts[ATTEMPTS];
    unsigned count;
};

enum event_kind { EVENT_SCAN, EVENT_POLL, EVENT_START, EVENT_VOID };

/* A request that was carried out (or lost) at `at`; its driver hears of it LATENCY later. */
struct event {
    enum event_kind kind;
    int64_t at;
    size_t node;
    unsigned attempt;
    bool answered, refused, twice;
};

struct driver {
    struct observation *observations;
    struct node_view *views;
    struct reconcile reconcile;
    struct event *events; /* a queue: first in, first out */
    size_t first, count, capacity;
    int64_t killed_at; /* it is started again then; NEVER: it is not killed */
};

struct world {
    struct workflow *workflow;
    struct host_node *nodes;
    struct driver drivers[DRIVERS];
    uint64_t random;
    unsigned voids, lost, failed, refused;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(struct world *world, uint64_t below)
{
    uint64_t value = world->random += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return (value ^ value >> 31) % below;
}

static bool happens(struct world *world, unsigned in_ten_thousand)
{
    return draw(world, 10000) < in_ten_thousand;
}

/* ---- the host ---- */

static bool is_final(const struct fate *fate, int64_t now)
{
    bool void_now = fate->decision == DECISION_VOID && fate->decided <= now;
    return void_now || fate->ended <= now;
}

static struct fate new_fate(struct world *world, int64_t now)
{
    struct fate fate = {.made = now, .decided = NEVER, .ended = NEVER, .decision = DECISION_RUN};
    if (happens(world, 20))
        return fate; /* its wrapper died before it could decide */
    bool late = happens(world, 20);
    fate.decided = now + (late ? 61000 + (int64_t)draw(world, 30000) : 10 + (int64_t)draw(world, 200));
    fate.lost = happens(world, 50);
    fate.exit_code = !fate.lost && happens(world, 100) ? 3 : 0;
    fate.ended = fate.decided + 1000 + (int64_t)draw(world, 20000);
    return fate;
}

static bool host_start(struct world *world, size_t index, unsigned attempt, int64_t now)
{
    struct host_node *node = &world->nodes[index];
    bool fits = attempt == node->count + 1 && attempt <= ATTEMPTS;
    if (!fits || (node->count > 0 && !is_final(&node->attempts[node->count - 1], now)) || happens(world, 100)) {
        world->refused++;
        return false;
    }
    const struct node *described = &world->workflow->nodes[index];
    for (size_t i = 0; i < described->parent_count; i++) {
        const struct host_node *parent = &world->nodes[described->parents[i]];
        const struct fate *last = &parent->attempts[parent->count - 1];
        assert_true(parent->count > 0 && last->ended <= now && !last->lost && last->exit_code == 0);
    }
    node->attempts[node->count++] = new_fate(world, now);
    return true;
}

static void host_void(struct world *world, size_t index, unsigned attempt, int64_t now)
{
    struct fate *fate = &world->nodes[index].attempts[attempt - 1];
    if (fate->decided <= now)
        return;
    fate->decision = DECISION_VOID;
    fate->decided = now;
    fate->ended = NEVER;
    world->voids++;
}

/* The records as they were at a time. */
static void host_show(const struct host_node *node, int64_t at, struct observation *observation)
{
    for (unsigned i = 0; i < node->count && node->attempts[i].made <= at; i++) {
        const struct fate *fate = &node->attempts[i];
        struct attempt *attempt = observation_attempt(observation, i + 1);
        attempt->requested = fate->made;
        if (fate->decided > at)
            continue;
        attempt->decision = fate->decision;
        if (fate->ended > at)
            continue;
        attempt->lost = fate->lost;
        attempt->exited = !fate->lost;
        attempt->exit_code = fate->exit_code;
    }
}

/* ---- a driver ---- */

static void send_event(struct world *world, struct driver *driver, struct event event)
{
    event.answered = !happens(world, 200);
    event.twice = happens(world, 200);
    bool arrives = event.answered || happens(world, 5000);
    if (arrives && event.kind == EVENT_START)
        event.refused = !host_start(world, event.node, event.attempt, event.at);
    if (arrives && event.kind == EVENT_VOID)
        host_void(world, event.node, event.attempt, event.at);
    memory_grow(&driver->events, &driver->capacity, driver->count + 1, sizeof *driver->events);
    driver->events[driver->count++] = event;
}

static void driver_begin(struct world *world, struct driver *driver, int64_t now)
{
    driver->observations = memory_new_array(NODES, sizeof *driver->observations);
    driver->views = memory_new_array(NODES, sizeof *driver->views);
    for (size_t i = 0; i < NODES; i++) {
        observation_init(&driver->observations[i]);
        node_view_init(&driver->views[i]);
    }
    reconcile_init(&driver->reconcile, 1, NODES);
    struct reconcile_host *host = &driver->reconcile.hosts[0];
    *host = (struct reconcile_host){.may_start = true,
        .claimed = true,
        .asked = true,
        .jobs = JOBS,
        .base_interval = 4000,
        .interval = 4000,
        .spacing = RECONCILE_SPACING,
        .node_count = NODES,
        .random = (unsigned)draw(world, 1u << 30) + 1};
    send_event(world, driver, (struct event){.kind = EVENT_SCAN, .at = now});
}

static void driver_end(struct driver *driver)
{
    for (size_t i = 0; i < NODES; i++) {
        observation_release(&driver->observations[i]);
        node_view_release(&driver->views[i]);
    }
    free(driver->observations);
    free(driver->views);
    free(driver->events);
    reconcile_release(&driver->reconcile);
    int64_t killed_at = driver->killed_at;
    *driver = (struct driver){.killed_at = killed_at};
}

static void take_look(struct world *world, struct driver *driver, const struct event *event, int64_t now)
{
    struct reconcile_host *host = &driver->reconcile.hosts[0];
    bool scan = event->kind == EVENT_SCAN;
    host->asked = false;
    reconcile_answered(host, &(struct reconcile_answer){now, scan, true, !event->answered}, now);
    if (!event->answered) {
        if (scan)
            send_event(world, driver, (struct event){.kind = EVENT_SCAN, .at = now});
        host->asked = scan;
        return;
    }
    host->answers = true;
    for (size_t i = 0; i < NODES; i++) {
        bool seen = scan || reconcile_can_change(host, &driver->reconcile.nodes[i], &driver->views[i]);
        for (int times = seen ? 1 + event->twice : 0; times > 0; times--)
            host_show(&world->nodes[i], event->at, &driver->observations[i]);
        driver->observations[i].known |= seen;
        driver->reconcile.nodes[i].needs_look &= !seen;
    }
}

static void take_answer(struct world *world, struct driver *driver, const struct event *event, int64_t now)
{
    if (event->kind == EVENT_SCAN || event->kind == EVENT_POLL) {
        take_look(world, driver, event, now);
        return;
    }
    struct reconcile_node *memory = &driver->reconcile.nodes[event->node];
    memory->needs_look = true;
    driver->reconcile.hosts[0].hurry = RECONCILE_LOOK_LIVE;
    memory->starting = 0;
    memory->voiding = false;
    if (event->kind == EVENT_START && event->refused)
        memory->not_before = now + 200;
    else if (event->kind == EVENT_START && event->answered)
        observation_attempt(&driver->observations[event->node], event->attempt);
}

static void send_requests(struct world *world, struct driver *driver, int64_t now)
{
    struct reconcile *reconcile = &driver->reconcile;
    for (size_t i = 0; i < reconcile->request_count; i++) {
        const struct reconcile_request *request = &reconcile->requests[i];
        bool start = request->kind == RECONCILE_START;
        struct reconcile_node *memory = &reconcile->nodes[request->node];
        memory->starting = start ? request->attempt : 0;
        memory->voiding = !start;
        send_event(world, driver,
            (struct event){.kind = start ? EVENT_START : EVENT_VOID,
                .at = now,
                .node = request->node,
                .attempt = request->attempt});
    }
    if (reconcile->hosts[0].look == RECONCILE_LOOK_NONE)
        return;
    bool all = reconcile->hosts[0].look == RECONCILE_LOOK_ALL;
    reconcile->hosts[0].asked = true;
    reconcile->hosts[0].hurry = RECONCILE_LOOK_NONE;
    send_event(world, driver, (struct event){.kind = all ? EVENT_SCAN : EVENT_POLL, .at = now});
}

static void driver_turn(struct world *world, struct driver *driver, int64_t now)
{
    struct derive_options derive = {.now = now, .driving = true};
    struct reconcile_options options = {.driving = true};
    for (; driver->first < driver->count && driver->events[driver->first].at + LATENCY <= now; driver->first++) {
        struct event event = driver->events[driver->first];
        take_answer(world, driver, &event, now);
    }
    derive_views(world->workflow, driver->observations, NULL, &derive, driver->views);
    reconcile_think(&driver->reconcile, world->workflow, driver->observations, driver->views, &options, now);
    send_requests(world, driver, now);
}

static int64_t driver_wake(const struct driver *driver)
{
    int64_t wake = driver->reconcile.wake;
    if (driver->first < driver->count && driver->events[driver->first].at + LATENCY < wake)
        wake = driver->events[driver->first].at + LATENCY;
    return wake;
}

static bool has_ended(const struct driver *driver)
{
    size_t done = 0;
    for (size_t i = 0; i < NODES; i++)
        done += driver->views[i].state == STATE_DONE;
    return done == NODES;
}

/* ---- the test ---- */

static void world_init(struct world *world, uint64_t seed)
{
    *world = (struct world){.random = seed};
    world->nodes = memory_new_array(NODES, sizeof *world->nodes);
    world->workflow = workflow_new();
    for (size_t i = 0; i < NODES; i++) {
        char name[32];
        size_t index;
        snprintf(name, sizeof name, "n%zu", i);
        assert_int_equal(workflow_add_node(world->workflow, name, &index), STATUS_OK);
        world->workflow->nodes[i].work = NODE_WORK_COMMAND;
        world->workflow->nodes[i].retries = world->workflow->nodes[i].retries_lost = ATTEMPTS;
        for (int parents = 0; i >= WIDTH && parents < 2; parents++) {
            size_t parent = (i / WIDTH - 1) * WIDTH + draw(world, WIDTH);
            assert_int_equal(workflow_add_edge(world->workflow, parent, i), STATUS_OK);
        }
    }
    struct error error;
    assert_int_equal(workflow_finish(world->workflow, NULL, NULL, &error), STATUS_OK);
}

static void world_release(struct world *world)
{
    workflow_free(world->workflow);
    free(world->nodes);
}

/* Each script ended well exactly once, and what ran besides was failed or lost. */
static void check_tally(struct world *world)
{
    for (size_t i = 0; i < NODES; i++) {
        const struct host_node *node = &world->nodes[i];
        unsigned well = 0;
        for (unsigned a = 0; a < node->count; a++) {
            const struct fate *fate = &node->attempts[a];
            if (fate->decision == DECISION_VOID)
                continue;
            assert_true(fate->ended != NEVER);
            assert_true(a == 0 || is_final(&node->attempts[a - 1], fate->made));
            world->lost += fate->lost;
            world->failed += fate->exit_code != 0;
            well += !fate->lost && fate->exit_code == 0;
        }
        assert_int_equal(well, 1);
    }
}

static void test_everything_runs_once_whatever_fails(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 20261120);
    int64_t now = 1000000, wake = now;
    unsigned kills = 0, turns = 0;
    for (size_t i = 0; i < DRIVERS; i++) {
        world.drivers[i].killed_at = i == 0 ? NEVER : now + 15000;
        driver_begin(&world, &world.drivers[i], now);
    }
    for (; !has_ended(&world.drivers[0]); now = wake) {
        assert_true(now < 1000000 + 4 * 3600 * 1000);
        wake = NEVER;
        for (size_t i = 0; i < DRIVERS; i++) {
            struct driver *driver = &world.drivers[i];
            if (driver->killed_at <= now) {
                driver_end(driver);
                driver->killed_at = now + 5000 + (int64_t)draw(&world, 60000);
                driver_begin(&world, driver, now);
                kills++;
            }
            if (driver_wake(driver) <= now || driver->reconcile.wake == 0) {
                driver_turn(&world, driver, now);
                turns++;
            }
            wake = driver_wake(driver) < wake ? driver_wake(driver) : wake;
            wake = driver->killed_at < wake ? driver->killed_at : wake;
        }
        assert_true(wake > now);
    }
    check_tally(&world);
    /* The faults did happen. */
    assert_true(kills > 3 && world.voids > 10 && world.lost > 10 && world.failed > 10 && world.refused > 10);
    print_message("%u turns, %u kills, %u voids, %u lost, %u failed, %u refused, %lld s\n", turns, kills, world.voids,
        world.lost, world.failed, world.refused, (long long)(now - 1000000) / 1000);
    for (size_t i = 0; i < DRIVERS; i++)
        driver_end(&world.drivers[i]);
    world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything_runs_once_whatever_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
