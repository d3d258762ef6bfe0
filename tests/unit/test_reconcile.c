/* SPDX-License-Identifier: Apache-2.0 */
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

enum { NOW = 1000000 };

/* A workflow on one host, its evidence and what is remembered of it. */
struct scene {
    struct workflow *workflow;
    struct observation *observations;
    struct node_view *views;
    struct reconcile reconcile;
};

static void scene_init(struct scene *scene, size_t count)
{
    scene->workflow = workflow_new();
    for (size_t i = 0; i < count; i++) {
        char name[32];
        size_t index;
        snprintf(name, sizeof name, "n%zu", i);
        assert_int_equal(workflow_add_node(scene->workflow, name, &index), STATUS_OK);
        scene->workflow->nodes[i].work = NODE_WORK_COMMAND;
    }
    scene->observations = memory_new_array(count, sizeof *scene->observations);
    scene->views = memory_new_array(count, sizeof *scene->views);
    for (size_t i = 0; i < count; i++) {
        observation_init(&scene->observations[i]);
        scene->observations[i].known = true;
        node_view_init(&scene->views[i]);
    }
    reconcile_init(&scene->reconcile, 1, count);
    struct reconcile_host *host = &scene->reconcile.hosts[0];
    host->answers = host->may_start = host->claimed = true;
    host->base_interval = host->interval = 2000;
    host->spacing = RECONCILE_SPACING;
    host->node_count = count;
    host->last_look = host->last_full = host->last_change = NOW;
}

static void scene_finish(struct scene *scene)
{
    struct error error;
    assert_int_equal(workflow_finish(scene->workflow, NULL, NULL, &error), STATUS_OK);
}

static void scene_release(struct scene *scene)
{
    for (size_t i = 0; i < scene->workflow->node_count; i++) {
        observation_release(&scene->observations[i]);
        node_view_release(&scene->views[i]);
    }
    free(scene->observations);
    free(scene->views);
    reconcile_release(&scene->reconcile);
    workflow_free(scene->workflow);
}

/* Attempts as letters: - undecided, R runs, D done, F failed, L lost, V void, C cancelled. */
static void add_attempts(struct observation *observation, const char *letters)
{
    for (unsigned i = 0; letters[i] != '\0'; i++) {
        struct attempt *attempt = observation_attempt(observation, i + 1);
        attempt->decision = letters[i] == '-'   ? DECISION_NONE
                            : letters[i] == 'V' ? DECISION_VOID
                            : letters[i] == 'C' ? DECISION_CANCELLED
                                                : DECISION_RUN;
        attempt->exited = letters[i] == 'D' || letters[i] == 'F';
        attempt->exit_code = letters[i] == 'F' ? 3 : 0;
        attempt->lost = letters[i] == 'L';
    }
}

static void scene_think(struct scene *scene, bool driving, int64_t now)
{
    struct derive_options derive = {.now = now, .driving = driving};
    struct reconcile_options options = {.driving = driving, .watched = true};
    derive_views(scene->workflow, scene->observations, NULL, &derive, scene->views);
    reconcile_think(&scene->reconcile, scene->workflow, scene->observations, scene->views, &options, now);
}

enum {
    WATCHING = 1,
    HELD = 2,
    SKIPPED = 4,
    CACHED = 8,
    UNKNOWN = 16,
    NOT_MINE = 32,
    UNCLAIMED = 64,
    STARTING = 128,
    VOIDING = 256,
    UNSTARTABLE = 512,
    LATER = 1024,
    SILENT = 2048,
    HAS_JOBID = 4096,
    MILESTONE = 8192,
    PARENT_WAITS = 16384,
    OUT_OF_SCOPE = 32768
};

struct row {
    const char *attempts;
    unsigned wanted, retries, retries_lost;
    int flags;
    int64_t waited; /* milliseconds since the undecided attempt was seen first */
    const char *expected;
};

/* What a driver asks for, for one node with one parent that is done. */
static const struct row rows[] = {
    {"", 0, 0, 0, 0, 0, "start 1"},
    {"", 0, 0, 0, WATCHING, 0, ""},
    {"", 0, 0, 0, HELD, 0, ""},
    {"", 0, 0, 0, SKIPPED, 0, ""},
    {"", 0, 0, 0, CACHED, 0, ""},
    {"", 0, 0, 0, UNKNOWN, 0, ""},
    {"", 0, 0, 0, NOT_MINE, 0, ""},
    {"", 0, 0, 0, UNCLAIMED, 0, ""},
    {"", 0, 0, 0, STARTING, 0, ""},
    {"", 0, 0, 0, UNSTARTABLE, 0, ""},
    {"", 0, 0, 0, LATER, 0, ""},
    {"", 0, 0, 0, OUT_OF_SCOPE, 0, ""},
    {"F", 0, 1, 0, OUT_OF_SCOPE, 0, ""},
    {"", 0, 0, 0, SILENT, 0, ""},
    {"", 0, 0, 0, MILESTONE, 0, ""},
    {"", 0, 0, 0, PARENT_WAITS, 0, ""},
    {"R", 0, 0, 0, 0, 0, ""},
    {"D", 0, 0, 0, 0, 0, ""},
    {"D", 2, 0, 0, 0, 0, "start 2"},
    {"D", 2, 0, 0, PARENT_WAITS, 0, ""},
    {"F", 0, 0, 0, 0, 0, ""},
    {"F", 2, 0, 0, 0, 0, "start 2"},
    {"F", 0, 1, 0, 0, 0, "start 2"},
    {"F", 0, 1, 0, HELD, 0, ""},
    {"F", 0, 1, 0, PARENT_WAITS, 0, ""},
    {"FF", 0, 1, 0, 0, 0, ""},
    {"FF", 2, 1, 0, 0, 0, "start 3"},
    {"FVF", 0, 1, 0, 0, 0, ""},
    {"FVFV", 0, 2, 0, 0, 0, "start 5"},
    {"FF", 0, 0, 5, 0, 0, ""},
    {"L", 0, 5, 0, 0, 0, ""},
    {"L", 0, 0, 1, 0, 0, "start 2"},
    {"LL", 0, 0, 1, 0, 0, ""},
    {"FL", 0, 0, 1, 0, 0, "start 3"},
    {"C", 0, 5, 5, 0, 0, ""},
    {"V", 0, 0, 0, 0, 0, "start 2"},
    {"VVV", 0, 0, 0, 0, 0, "start 4"},
    {"-", 0, 0, 0, 0, 0, ""},
    {"-", 0, 0, 0, 0, RECONCILE_VOID_AFTER - 1, ""},
    {"-", 0, 0, 0, 0, RECONCILE_VOID_AFTER, "void 1"},
    {"-", 0, 0, 0, WATCHING, RECONCILE_VOID_AFTER, ""},
    {"-", 0, 0, 0, VOIDING, RECONCILE_VOID_AFTER, ""},
    {"-", 0, 0, 0, SILENT, RECONCILE_VOID_AFTER, ""},
    {"-", 0, 0, 0, HAS_JOBID, RECONCILE_VOID_AFTER, ""},
    {"R", 0, 0, 0, 0, RECONCILE_VOID_AFTER, ""},
    {"F-", 0, 3, 0, 0, RECONCILE_VOID_AFTER, "void 2"},
};

static void set_up_row(struct scene *scene, const struct row *row)
{
    struct observation *observation = &scene->observations[1];
    struct reconcile_host *host = &scene->reconcile.hosts[0];
    struct reconcile_node *memory = &scene->reconcile.nodes[1];
    struct node *node = &scene->workflow->nodes[1];
    int flags = row->flags;
    assert_int_equal(workflow_add_edge(scene->workflow, 0, 1), STATUS_OK);
    scene_finish(scene);
    add_attempts(&scene->observations[0], (flags & PARENT_WAITS) ? "R" : "D");
    add_attempts(observation, row->attempts);
    observation->wanted = row->wanted;
    observation->held = (flags & HELD) != 0;
    observation->skipped = (flags & SKIPPED) != 0;
    observation->from_cache = (flags & CACHED) != 0;
    observation->known = (flags & UNKNOWN) == 0;
    node->retries = row->retries;
    node->retries_lost = row->retries_lost;
    node->work = (flags & MILESTONE) ? NODE_WORK_MILESTONE : NODE_WORK_SCRIPT;
    host->may_start = (flags & NOT_MINE) == 0;
    host->claimed = (flags & UNCLAIMED) == 0;
    host->answers = (flags & SILENT) == 0;
    memory->starting = (flags & STARTING) ? 1 : 0;
    memory->voiding = (flags & VOIDING) != 0;
    memory->unstartable = (flags & UNSTARTABLE) != 0;
    memory->out_of_scope = (flags & OUT_OF_SCOPE) != 0;
    memory->not_before = (flags & LATER) ? NOW + 1000 : 0;
    if (flags & HAS_JOBID)
        observation_attempt(observation, 1)->jobid = memory_copy_text("4711");
}

static void test_each_combination(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        char got[64] = "", where[80];
        scene_init(&scene, 2);
        set_up_row(&scene, &rows[i]);
        if (rows[i].waited > 0)
            scene_think(&scene, (rows[i].flags & WATCHING) == 0, NOW - rows[i].waited);
        scene_think(&scene, (rows[i].flags & WATCHING) == 0, NOW);
        for (size_t r = 0; r < scene.reconcile.request_count; r++) {
            const struct reconcile_request *request = &scene.reconcile.requests[r];
            assert_int_equal(request->node, 1);
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s %u",
                request->kind == RECONCILE_START ? "start" : "void", request->attempt);
        }
        snprintf(where, sizeof where, "row %zu: %s", i, rows[i].expected);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s, got \"%s\"", where, got);
        scene_release(&scene);
    }
}

static size_t starts_with(unsigned jobs, size_t live, unsigned gpus, unsigned each)
{
    struct scene scene;
    scene_init(&scene, 10);
    scene_finish(&scene);
    for (size_t i = 0; i < 10; i++)
        scene.workflow->nodes[i].gpus = each;
    for (size_t i = 0; i < live; i++)
        add_attempts(&scene.observations[i], "R");
    scene.reconcile.hosts[0].jobs = jobs;
    scene.reconcile.hosts[0].gpus = gpus;
    scene_think(&scene, true, NOW);
    size_t count = scene.reconcile.request_count;
    scene_release(&scene);
    return count;
}

static void test_limits_count_what_lives(void **state)
{
    (void)state;
    assert_int_equal(starts_with(0, 0, 0, 0), 10);
    assert_int_equal(starts_with(3, 0, 0, 0), 3);
    assert_int_equal(starts_with(3, 2, 0, 0), 1);
    assert_int_equal(starts_with(3, 5, 0, 0), 0);
    assert_int_equal(starts_with(0, 0, 4, 1), 4);
    assert_int_equal(starts_with(0, 1, 4, 2), 1);
    assert_int_equal(starts_with(0, 0, 2, 3), 1);
    assert_int_equal(starts_with(0, 1, 2, 3), 0);
    assert_int_equal(starts_with(0, 0, 0, 3), 10);
}

static void test_starts_go_in_topological_order(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 3);
    assert_int_equal(workflow_add_edge(scene.workflow, 2, 0), STATUS_OK);
    scene_finish(&scene);
    add_attempts(&scene.observations[2], "V");
    scene_think(&scene, true, NOW);
    size_t next = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t node = scene.workflow->order[i];
        if (node == 0)
            continue;
        assert_true(next < scene.reconcile.request_count);
        assert_int_equal(scene.reconcile.requests[next].node, node);
        assert_int_equal(scene.reconcile.requests[next++].attempt, node == 2 ? 2 : 1);
    }
    assert_int_equal(scene.reconcile.request_count, 2);
    scene_release(&scene);
}

static void test_nothing_is_due_at_rest(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1000);
    scene_finish(&scene);
    for (size_t i = 0; i < 1000; i++)
        add_attempts(&scene.observations[i], "D");
    scene_think(&scene, false, NOW);
    assert_false(scene.reconcile.can_start);
    assert_int_equal(scene.reconcile.hosts[0].look, RECONCILE_LOOK_NONE);
    assert_true(scene.reconcile.wake >= NOW + RECONCILE_SLOWEST);
    scene_think(&scene, false, scene.reconcile.wake);
    assert_int_equal(scene.reconcile.hosts[0].look, RECONCILE_LOOK_ALL);
    scene_release(&scene);
}

static void test_looks_slow_down_and_hurry(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_finish(&scene);
    add_attempts(&scene.observations[0], "R");
    struct reconcile_host *host = &scene.reconcile.hosts[0];
    struct reconcile_options watching = {.watched = true}, driving = {.driving = true}, away = {0};
    int64_t now = NOW;
    reconcile_hurry(host, now);
    assert_int_equal(reconcile_interval(host, &watching, now), RECONCILE_FASTEST);
    for (int i = 0; i < 10; i++)
        reconcile_answered(host, &(struct reconcile_answer){now, false, false, false}, now);
    assert_int_equal(reconcile_interval(host, &watching, now), 2000);
    now += 10 * 60 * 1000;
    assert_int_equal(reconcile_interval(host, &watching, now), 20000);
    assert_int_equal(reconcile_interval(host, &driving, now), 2000);
    assert_int_equal(reconcile_interval(host, &away, NOW), RECONCILE_SLOWEST);
    now += 60 * 60 * 1000;
    assert_int_equal(reconcile_interval(host, &watching, now), RECONCILE_SLOWEST);
    reconcile_attend(host, now);
    assert_int_equal(reconcile_interval(host, &watching, now), 2000);
    now += 60 * 60 * 1000;
    assert_int_equal(reconcile_interval(host, &watching, now), RECONCILE_SLOWEST);
    reconcile_answered(host, &(struct reconcile_answer){now, false, true, false}, now);
    assert_int_equal(reconcile_interval(host, &watching, now), 2000);
    reconcile_hurry(host, now);
    assert_int_equal(reconcile_interval(host, &watching, now), RECONCILE_FASTEST);
    for (int i = 0; i < 20; i++)
        reconcile_answered(host, &(struct reconcile_answer){now, false, false, true}, now);
    assert_int_equal(reconcile_interval(host, &driving, now), RECONCILE_BACKOFF_LIMIT);
    scene_release(&scene);
}

static void test_a_busy_log_is_not_chased(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_finish(&scene);
    add_attempts(&scene.observations[0], "R");
    struct reconcile_host *host = &scene.reconcile.hosts[0];
    int64_t now = NOW;
    unsigned looks = 0;
    /* A file changes each millisecond for ten seconds. */
    for (; now < NOW + 10000; now++) {
        host->hurry = RECONCILE_LOOK_LIVE;
        scene_think(&scene, false, now);
        if (host->look == RECONCILE_LOOK_NONE)
            continue;
        reconcile_answered(host, &(struct reconcile_answer){now, false, true, false}, now);
        looks++;
    }
    assert_in_range(looks, 10, 20);
    /* After a quiet while the next change is looked at without delay. */
    now += 5000;
    host->hurry = RECONCILE_LOOK_LIVE;
    scene_think(&scene, false, now);
    assert_int_equal(host->look, RECONCILE_LOOK_LIVE);
    scene_release(&scene);
}

static void test_one_look_at_a_time(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_finish(&scene);
    add_attempts(&scene.observations[0], "R");
    struct reconcile_host *host = &scene.reconcile.hosts[0];
    scene_think(&scene, false, NOW + 3000);
    assert_int_equal(host->look, RECONCILE_LOOK_LIVE);
    host->asked = true;
    host->hurry = RECONCILE_LOOK_ALL;
    scene_think(&scene, false, NOW + 30000);
    assert_int_equal(host->look, RECONCILE_LOOK_NONE);
    assert_int_equal(scene.reconcile.wake, RECONCILE_NEVER);
    host->asked = false;
    scene_think(&scene, false, NOW + 30000);
    assert_int_equal(host->look, RECONCILE_LOOK_ALL);
    scene_release(&scene);
}

static void test_ready_nodes_are_looked_at_while_others_drive(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_finish(&scene);
    struct reconcile_host *host = &scene.reconcile.hosts[0];
    scene_think(&scene, false, NOW + 3000);
    assert_int_equal(host->look, RECONCILE_LOOK_NONE);
    host->others_act = true;
    scene_think(&scene, false, NOW + 3000);
    assert_int_equal(host->look, RECONCILE_LOOK_LIVE);
    scene_release(&scene);
}

static void test_jitter_stays_within_a_tenth(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 1);
    scene_finish(&scene);
    add_attempts(&scene.observations[0], "R");
    struct reconcile_host *host = &scene.reconcile.hosts[0];
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 1000; i++) {
        reconcile_answered(host, &(struct reconcile_answer){NOW, true, false, false}, NOW);
        host->last_change = NOW;
        scene_think(&scene, false, NOW);
        int64_t delay = scene.reconcile.wake - NOW;
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_in_range(least, 2000, 2010);
    assert_in_range(most, 2190, 2200);
    scene_release(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_combination),
        cmocka_unit_test(test_limits_count_what_lives),
        cmocka_unit_test(test_starts_go_in_topological_order),
        cmocka_unit_test(test_nothing_is_due_at_rest),
        cmocka_unit_test(test_looks_slow_down_and_hurry),
        cmocka_unit_test(test_a_busy_log_is_not_chased),
        cmocka_unit_test(test_one_look_at_a_time),
        cmocka_unit_test(test_ready_nodes_are_looked_at_while_others_drive),
        cmocka_unit_test(test_jitter_stays_within_a_tenth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
