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
#include "dagtop/model/derive.h"

enum {
    FAILED_LINE = 1,
    ASKED = 2,
    GONE = 4,
    ELSEWHERE = 8,
    EXITED = 16,
    LOST = 32,
    HELD = 64,
    SKIPPED = 128,
    UNFINISHED = 256
};

/* One combination of evidence of a node with a script, and what it must give. */
struct row {
    enum attempt_decision decision;
    unsigned facts;
    int code, signal;
    const char *cause, *batch, *batch_reason;
    enum node_state state;
    const char *reason;
};

#define NO_BATCH NULL, NULL
static const struct row rows[] = {
    {DECISION_NONE, 0, 0, 0, NULL, NO_BATCH, STATE_SUBMITTED, NULL},
    {DECISION_NONE, ASKED, 0, 0, NULL, NO_BATCH, STATE_SUBMITTED, "being cancelled"},
    {DECISION_NONE, HELD, 0, 0, NULL, NO_BATCH, STATE_SUBMITTED, NULL},
    {DECISION_NONE, SKIPPED, 0, 0, NULL, NO_BATCH, STATE_SUBMITTED, NULL},
    {DECISION_NONE, FAILED_LINE, 0, 0, NULL, NO_BATCH, STATE_SUBMITTED, NULL},
    {DECISION_RUN, 0, 0, 0, NULL, NO_BATCH, STATE_RUNNING, NULL},
    {DECISION_RUN, FAILED_LINE, 0, 0, NULL, NO_BATCH, STATE_RUNNING, NULL},
    {DECISION_RUN, ASKED, 0, 0, NULL, NO_BATCH, STATE_RUNNING, "being cancelled"},
    {DECISION_RUN, GONE, 0, 0, NULL, NO_BATCH, STATE_RUNNING, "looking for its exit record"},
    {DECISION_RUN, GONE | ASKED, 0, 0, NULL, NO_BATCH, STATE_RUNNING, "looking for its exit record"},
    {DECISION_RUN, ELSEWHERE, 0, 0, NULL, NO_BATCH, STATE_RUNNING, "the process is on login2"},
    {DECISION_RUN, HELD | SKIPPED, 0, 0, NULL, NO_BATCH, STATE_RUNNING, NULL},
    {DECISION_CANCELLED, 0, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user before it started"},
    {DECISION_CANCELLED, ASKED, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user before it started"},
    {DECISION_CANCELLED, HELD, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user before it started"},
    {DECISION_CANCELLED, SKIPPED, 0, 0, NULL, NO_BATCH, STATE_SKIPPED, "skipped by a user"},
    {DECISION_RUN, EXITED, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | GONE, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | ELSEWHERE, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | ASKED, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | LOST, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | HELD, 0, 0, NULL, NO_BATCH, STATE_DONE, NULL},
    {DECISION_RUN, EXITED | SKIPPED, 0, 0, NULL, NO_BATCH, STATE_SKIPPED, "skipped by a user"},
    {DECISION_RUN, EXITED | FAILED_LINE, 0, 0, NULL, NO_BATCH, STATE_FAILED,
        "exit 0, but its last status line says failed"},
    {DECISION_RUN, EXITED | FAILED_LINE | ASKED, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user"},
    {DECISION_RUN, EXITED | UNFINISHED, 0, 0, NULL, NO_BATCH, STATE_FAILED, "tasks 4,7 did not end well before"},
    {DECISION_RUN, EXITED | UNFINISHED | ASKED, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user"},
    {DECISION_RUN, EXITED | UNFINISHED | SKIPPED, 0, 0, NULL, NO_BATCH, STATE_SKIPPED, "skipped by a user"},
    {DECISION_RUN, EXITED | UNFINISHED, 3, 0, NULL, NO_BATCH, STATE_FAILED, "exit 3"},
    {DECISION_RUN, UNFINISHED, 0, 0, NULL, "COMPLETED", NULL, STATE_FAILED, "tasks 4,7 did not end well before"},
    {DECISION_RUN, UNFINISHED, 0, 0, NULL, NO_BATCH, STATE_RUNNING, NULL},
    {DECISION_RUN, EXITED, 3, 0, NULL, NO_BATCH, STATE_FAILED, "exit 3"},
    {DECISION_RUN, EXITED | FAILED_LINE, 3, 0, NULL, NO_BATCH, STATE_FAILED, "exit 3"},
    {DECISION_RUN, EXITED | LOST, 3, 0, NULL, NO_BATCH, STATE_FAILED, "exit 3"},
    {DECISION_RUN, EXITED | HELD, 3, 0, NULL, NO_BATCH, STATE_FAILED, "exit 3"},
    {DECISION_RUN, EXITED | SKIPPED, 3, 0, NULL, NO_BATCH, STATE_SKIPPED, "skipped by a user"},
    {DECISION_RUN, EXITED | ASKED, 3, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user"},
    {DECISION_RUN, EXITED, 0, 9, NULL, NO_BATCH, STATE_FAILED, "signal 9 (KILL)"},
    {DECISION_RUN, EXITED, 0, 64, NULL, NO_BATCH, STATE_FAILED, "signal 64"},
    {DECISION_RUN, EXITED | ASKED, 0, 15, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user"},
    {DECISION_RUN, EXITED, 143, 0, "TIMEOUT", NO_BATCH, STATE_FAILED, "TIMEOUT after 1h30m"},
    {DECISION_RUN, EXITED, 1, 0, "NO_SPACE", NO_BATCH, STATE_FAILED, "NO_SPACE"},
    {DECISION_RUN, EXITED, 137, 0, "FAILED", NO_BATCH, STATE_FAILED, "signal 9 (KILL)"},
    {DECISION_RUN, EXITED, 181, 0, "FAILED", NO_BATCH, STATE_FAILED,
        "it could not open its output file or enter its directory"},
    {DECISION_RUN, EXITED, 4, 0, "FAILED", NO_BATCH, STATE_FAILED, "exit 4"},
    {DECISION_RUN, EXITED, 137, 0, "FAILED", "FAILED", NULL, STATE_FAILED, "signal 9 (KILL)"},
    {DECISION_RUN, EXITED, 137, 0, NULL, NO_BATCH, STATE_FAILED, "exit 137"},
    {DECISION_RUN, LOST, 0, 0, NULL, NO_BATCH, STATE_LOST, "the process is gone and left no exit record"},
    {DECISION_RUN, LOST | GONE | HELD, 0, 0, NULL, NO_BATCH, STATE_LOST, "the process is gone and left no exit record"},
    {DECISION_RUN, LOST | SKIPPED, 0, 0, NULL, NO_BATCH, STATE_SKIPPED, "skipped by a user"},
    {DECISION_RUN, LOST | ASKED, 0, 0, NULL, NO_BATCH, STATE_CANCELLED, "cancelled by a user"},

    {DECISION_NONE, 0, 0, 0, NULL, "PENDING", "Priority", STATE_QUEUED, "Priority"},
    {DECISION_NONE, 0, 0, 0, NULL, "PENDING", "JobHeldUser", STATE_HELD, "JobHeldUser"},
    {DECISION_NONE, 0, 0, 0, NULL, "PENDING", "DependencyNeverSatisfied", STATE_FAILED, "DependencyNeverSatisfied"},
    {DECISION_NONE, 0, 0, 0, NULL, "RUNNING", NULL, STATE_RUNNING, NULL},
    {DECISION_NONE, 0, 0, 0, NULL, "SOMETHING_NEW", NULL, STATE_SUBMITTED, NULL},
    {DECISION_NONE, 0, 0, 0, NULL, "CANCELLED by 1000", NULL, STATE_CANCELLED, "cancelled in the batch queue"},
    {DECISION_RUN, 0, 0, 0, NULL, "PENDING", "Priority", STATE_RUNNING, NULL},
    {DECISION_RUN, 0, 0, 0, NULL, "COMPLETING", NULL, STATE_RUNNING, NULL},
    {DECISION_RUN, 0, 0, 0, NULL, "COMPLETED", NULL, STATE_DONE, NULL},
    {DECISION_RUN, LOST, 0, 0, NULL, "COMPLETED", NULL, STATE_DONE, NULL},
    {DECISION_RUN, FAILED_LINE, 0, 0, NULL, "COMPLETED", NULL, STATE_FAILED,
        "completed, but its last status line says failed"},
    {DECISION_RUN, EXITED, 3, 0, NULL, "COMPLETED", NULL, STATE_FAILED, "exit 3"},
    {DECISION_RUN, 0, 0, 0, NULL, "NODE_FAIL", NULL, STATE_FAILED, "NODE_FAIL"},
    {DECISION_RUN, 0, 0, 0, NULL, "FAILED", NULL, STATE_FAILED, NULL},
    {DECISION_RUN, LOST, 0, 0, NULL, "OUT_OF_MEMORY+", NULL, STATE_FAILED, "OUT_OF_MEMORY+"},
    {DECISION_RUN, EXITED, 0, 9, NULL, "OUT_OF_MEMORY", NULL, STATE_FAILED, "OUT_OF_MEMORY, signal 9 (KILL)"},
    {DECISION_RUN, EXITED, 0, 0, NULL, "TIMEOUT", NULL, STATE_DONE, NULL},
    {DECISION_RUN, EXITED, 0, 0, NULL, "RUNNING", NULL, STATE_DONE, NULL},
    {DECISION_NONE, EXITED, 0, 0, NULL, "PENDING", "Priority", STATE_DONE, NULL},
    {DECISION_NONE, EXITED, 0, 0, NULL, "PENDING", "JobHeldUser", STATE_DONE, NULL},
    {DECISION_RUN, EXITED | FAILED_LINE, 0, 0, NULL, "CANCELLED", NULL, STATE_FAILED,
        "exit 0, but its last status line says failed"},
    {DECISION_RUN, ASKED, 0, 0, NULL, "TIMEOUT", NULL, STATE_CANCELLED, "cancelled by a user"},
    {DECISION_RUN, EXITED, 0, 15, NULL, "CANCELLED", NULL, STATE_CANCELLED, "cancelled in the batch queue"},
};

static struct workflow *make_workflow(const char *const *names, const char *const *edges)
{
    struct workflow *workflow = workflow_new();
    size_t index, parent, child;
    for (; *names; names++) {
        assert_int_equal(workflow_add_node(workflow, *names, &index), STATUS_OK);
        workflow->nodes[index].work = **names == 'M' ? NODE_WORK_MILESTONE : NODE_WORK_SCRIPT;
    }
    for (; edges && *edges; edges += 2) {
        assert_true(workflow_find(workflow, edges[0], &parent) && workflow_find(workflow, edges[1], &child));
        assert_int_equal(workflow_add_edge(workflow, parent, child), STATUS_OK);
    }
    assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_OK);
    return workflow;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void fill(struct observation *observation, const struct row *row)
{
    observation_init(observation);
    observation->known = true;
    observation->observed = 99000;
    observation->held = row->facts & HELD;
    observation->skipped = row->facts & SKIPPED;
    if (row->facts & FAILED_LINE)
        assert_true(report_add_line(&observation->report, "# cloudmesh status=failed", 25, false));
    observation->batch.known = row->batch;
    observation->batch.state = memory_copy_text(row->batch);
    observation->batch.reason = memory_copy_text(row->batch_reason);
    observation->batch.observed = 900;
    struct attempt *attempt = observation_attempt(observation, 2);
    attempt->decision = row->decision;
    attempt->cancelled = row->facts & ASKED;
    attempt->gone = row->facts & GONE;
    attempt->elsewhere = row->facts & ELSEWHERE;
    attempt->exited = row->facts & EXITED;
    attempt->lost = row->facts & LOST;
    attempt->unfinished = row->facts & UNFINISHED ? memory_copy_text("4,7") : NULL;
    attempt->exit_code = row->code;
    attempt->signal = row->signal;
    attempt->cause = memory_copy_text(row->cause);
    attempt->machine = memory_copy_text("login2");
    attempt->requested = 500;
    attempt->started = 1000;
    attempt->ended = attempt->exited ? 1000 + 90 * 60 * 1000 : 0;
    observation_attempt(observation, 1)->decision = DECISION_VOID;
    observation_attempt(observation, 3)->decision = DECISION_VOID;
}

static void check_text(const char *text, const char *expected)
{
    assert_string_equal(text ? text : "(none)", expected ? expected : "(none)");
}

static void test_evidence_decides(void **state)
{
    (void)state;
    struct workflow *workflow = make_workflow(NAMES("train"), NULL);
    struct derive_options options = {.now = 100000};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct observation observation;
        struct node_view view;
        fill(&observation, &rows[i]);
        node_view_init(&view);
        derive_views(workflow, &observation, NULL, &options, &view);
        if (view.state != rows[i].state)
            fail_msg("row %zu gives %s, not %s", i, state_word(view.state), state_word(rows[i].state));
        check_text(view.reason, rows[i].reason);
        assert_int_equal(view.attempt, view.state == STATE_SKIPPED ? 0 : 2);
        assert_int_equal(derive_own_state(&workflow->nodes[0], &observation, NULL), rows[i].state);
        /* The same evidence below `wanted`: live stays, a skipped node too, what has ended counts no more. */
        observation.wanted = 3;
        bool live = state_is_live(rows[i].state) || rows[i].state == STATE_HELD;
        derive_views(workflow, &observation, NULL, &options, &view);
        if (live || rows[i].state == STATE_SKIPPED)
            assert_int_equal(view.state, rows[i].state);
        else
            assert_int_equal(view.state, rows[i].facts & HELD ? STATE_HELD : STATE_READY);
        node_view_release(&view);
        observation_release(&observation);
    }
    workflow_free(workflow);
}

static void test_without_attempts(void **state)
{
    (void)state;
    struct workflow *workflow = make_workflow(NAMES("train"), NULL);
    struct node *node = &workflow->nodes[0];
    struct observation observation;
    observation_init(&observation);
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_READY);
    observation.held = true;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_HELD);
    node->status_done = true;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_HELD);
    observation.skipped = true;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_SKIPPED);
    observation.held = observation.skipped = false;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_SKIPPED);
    observation_attempt(&observation, 1)->decision = DECISION_VOID;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_SKIPPED);
    observation.wanted = 1;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_READY);
    observation.wanted = 0;
    observation_attempt(&observation, 2)->lost = true;
    assert_int_equal(derive_own_state(node, &observation, NULL), STATE_LOST);
    observation_release(&observation);
    workflow_free(workflow);
}

static void test_watched_nodes_follow_their_status_line(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum node_state state;
    } lines[] = {
        {"nothing", STATE_READY},
        {"# cloudmesh status=ready", STATE_READY},
        {"# cloudmesh status=submitted", STATE_SUBMITTED},
        {"# cloudmesh status=running progress=99", STATE_RUNNING},
        {"# cloudmesh status=running progress=100", STATE_DONE},
        {"# cloudmesh progress=100", STATE_DONE},
        {"# cloudmesh status=done", STATE_DONE},
        {"# cloudmesh status=failed progress=100", STATE_FAILED},
        {"# cloudmesh status=undefined", STATE_LOST},
        {"# cloudmesh status=dreaming progress=50", STATE_READY},
    };
    struct workflow *workflow = make_workflow(NAMES("train"), NULL);
    workflow->nodes[0].work = NODE_WORK_WATCHED;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct observation observation;
        observation_init(&observation);
        assert_int_equal(report_add_line(&observation.report, lines[i].line, strlen(lines[i].line), false), i > 0);
        assert_int_equal(derive_own_state(&workflow->nodes[0], &observation, NULL), lines[i].state);
        /* A record on the host outranks it. */
        observation_attempt(&observation, 1)->exited = true;
        observation.attempts[0].exit_code = 1;
        assert_int_equal(derive_own_state(&workflow->nodes[0], &observation, NULL), STATE_FAILED);
        observation_release(&observation);
    }
    workflow_free(workflow);
}

/* A workflow with what is observed of it and what follows. */
struct world {
    struct workflow *workflow;
    struct observation *observations;
    struct node_view *views;
    struct derive_options options;
};

static void world_init(struct world *world, const char *const *names, const char *const *edges)
{
    world->workflow = make_workflow(names, edges);
    size_t count = world->workflow->node_count;
    world->observations = memory_new_array(count, sizeof *world->observations);
    world->views = memory_new_array(count, sizeof *world->views);
    world->options = (struct derive_options){.now = 1000000};
    for (size_t i = 0; i < count; i++) {
        observation_init(&world->observations[i]);
        node_view_init(&world->views[i]);
    }
}

static void world_release(struct world *world)
{
    for (size_t i = 0; i < world->workflow->node_count; i++) {
        observation_release(&world->observations[i]);
        node_view_release(&world->views[i]);
    }
    free(world->observations);
    free(world->views);
    workflow_free(world->workflow);
}

static size_t find(const struct world *world, const char *name)
{
    size_t index = 0;
    assert_true(workflow_find(world->workflow, name, &index));
    return index;
}

/* Gives a node an attempt that exited with code (negative: runs on). */
static struct attempt *set_attempt(struct world *world, const char *name, unsigned number, int code)
{
    struct attempt *attempt = observation_attempt(&world->observations[find(world, name)], number);
    attempt->decision = DECISION_RUN;
    attempt->exited = code >= 0;
    attempt->exit_code = code;
    return attempt;
}

static const struct node_view *derive(struct world *world, const char *name)
{
    derive_views(world->workflow, world->observations, NULL, &world->options, world->views);
    return &world->views[find(world, name)];
}

static void check_states(struct world *world, const char *letters)
{
    char found[64] = "";
    derive_views(world->workflow, world->observations, NULL, &world->options, world->views);
    for (size_t i = 0; i < world->workflow->node_count; i++)
        found[i] = state_letter(world->views[i].state);
    assert_string_equal(found, letters);
}

static void test_parents_and_milestones(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("M1", "a", "b", "M2", "c", "M3"),
        NAMES("M1", "a", "M1", "b", "a", "M2", "b", "M2", "M2", "c", "c", "M3"));
    check_states(&world, "Drrwww");
    set_attempt(&world, "a", 1, -1);
    check_states(&world, "DRrwww");
    set_attempt(&world, "a", 1, 0);
    world.observations[2].skipped = true;
    check_states(&world, "DDkDrw");
    assert_null(world.views[3].current);
    assert_float_equal(world.views[3].progress, 100, 0);
    set_attempt(&world, "c", 1, 0);
    check_states(&world, "DDkDDD");
    /* A child keeps what it is while its parent runs again. */
    set_attempt(&world, "a", 2, -1);
    check_states(&world, "DRkwDD");
    world.observations[3].held = true;
    check_states(&world, "DRkhDD");
    world_release(&world);
}

static void test_blocked_by(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a", "b", "c", "M", "d", "e", "f"),
        NAMES("a", "c", "b", "c", "b", "M", "c", "M", "M", "d", "d", "e", "f", "e"));
    set_attempt(&world, "b", 1, 3);
    set_attempt(&world, "f", 1, -1);
    check_states(&world, "rFwwwwR");
    const struct node_view *view = derive(&world, "e");
    assert_int_equal(view->blocked_by_count, 1);
    assert_int_equal(view->blocked_by[0], find(&world, "b"));
    check_text(view->reason, "blocked by b");
    world.observations[find(&world, "d")].held = true;
    set_attempt(&world, "a", 1, 0);
    set_attempt(&world, "f", 1, 1);
    check_states(&world, "DFwwhwF");
    view = derive(&world, "e");
    assert_int_equal(view->blocked_by_count, 2);
    assert_int_equal(view->blocked_by[0], find(&world, "d"));
    assert_int_equal(view->blocked_by[1], find(&world, "f"));
    check_text(view->reason, "blocked by d and 1 more");
    view = derive(&world, "d");
    assert_int_equal(view->blocked_by_count, 0);
    world.observations[find(&world, "d")].held = false;
    set_attempt(&world, "b", 1, 0);
    set_attempt(&world, "f", 1, 0);
    view = derive(&world, "e");
    assert_int_equal(view->blocked_by_count, 0);
    check_text(view->reason, NULL);
    world_release(&world);
}

static void test_many_blockers_are_counted(void **state)
{
    (void)state;
    enum { ROOTS = 200 };
    struct world world;
    char names[ROOTS][8];
    const char *list[ROOTS + 2] = {0}, *edges[2 * ROOTS + 1] = {0};
    for (size_t i = 0; i < ROOTS; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        list[i] = edges[2 * i] = names[i];
        edges[2 * i + 1] = "end";
    }
    list[ROOTS] = "end";
    world_init(&world, list, edges);
    for (size_t i = 0; i < ROOTS; i++)
        set_attempt(&world, names[i], 1, i == 5 ? 0 : 1);
    const struct node_view *view = derive(&world, "end");
    assert_int_equal(view->blocked_by_count, ROOTS - 1);
    assert_int_equal(view->blocked_by[4], 4);
    assert_int_equal(view->blocked_by[15], 16);
    world_release(&world);
}

static void test_outdated_by_parents(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a", "b c", "M", "d", "e"), NAMES("a", "M", "b c", "M", "M", "d", "M", "e"));
    set_attempt(&world, "a", 1, 0);
    set_attempt(&world, "b c", 2, 0);
    struct attempt *d = set_attempt(&world, "d", 1, 0), *e = set_attempt(&world, "e", 1, 0);
    assert_false(derive(&world, "d")->outdated);
    d->parents = memory_copy_text("a=1 b%20c=2");
    e->parents = memory_copy_text("a=1 b%20c=1");
    assert_false(derive(&world, "d")->outdated);
    assert_true(derive(&world, "e")->outdated);
    e->parents[10] = '2';
    set_attempt(&world, "a", 2, -1);
    assert_false(derive(&world, "d")->outdated);
    set_attempt(&world, "a", 2, 0);
    assert_true(derive(&world, "d")->outdated);
    assert_int_equal(derive(&world, "d")->state, STATE_DONE);
    set_attempt(&world, "a", 2, 1);
    assert_false(derive(&world, "d")->outdated);
    /* A parent that was skipped then and has run since; and records that mean nothing. */
    static const char *const records[] = {"b%20c=2", "a:0 b%20c:2", "=1 a b%20c=2", "%zz=3 b%20c=2 %"};
    set_attempt(&world, "a", 2, 0);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        free(d->parents);
        d->parents = memory_copy_text(records[i]);
        assert_true(derive(&world, "d")->outdated);
    }
    free(d->parents);
    d->parents = memory_copy_text("a:2 b%20c:2 gone:7");
    assert_false(derive(&world, "d")->outdated);
    world_release(&world);
}

static void test_outdated_by_checksum(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a"), NULL);
    struct attempt *attempt = set_attempt(&world, "a", 1, 0);
    const char *now = "12-34";
    derive_views(world.workflow, world.observations, &now, &world.options, world.views);
    assert_false(world.views[0].outdated);
    attempt->checksum = memory_copy_text("12-35");
    derive_views(world.workflow, world.observations, &now, &world.options, world.views);
    assert_true(world.views[0].outdated);
    now = NULL;
    derive_views(world.workflow, world.observations, &now, &world.options, world.views);
    assert_false(world.views[0].outdated);
    now = "12-36";
    attempt->exit_code = 1;
    derive_views(world.workflow, world.observations, &now, &world.options, world.views);
    assert_false(world.views[0].outdated);
    world_release(&world);
}

static void test_stale_and_a_failed_poll(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a"), NULL);
    struct attempt *attempt = set_attempt(&world, "a", 1, -1);
    world.observations[0].observed = 990000;
    world.observations[0].trouble = memory_copy_text("connection lost");
    world.options.stale_after = 10000;
    assert_false(derive(&world, "a")->stale);
    world.options.now++;
    assert_true(derive(&world, "a")->stale);
    assert_int_equal(world.views[0].state, STATE_RUNNING);
    world.options.stale_after = 0;
    assert_false(derive(&world, "a")->stale);
    world.options.stale_after = 10000;
    attempt->exited = true;
    assert_false(derive(&world, "a")->stale);
    world_release(&world);
}

/* What the queue has said of the job before is nothing about an attempt whose job is not known yet. */
static void test_the_job_before(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a"), NULL);
    struct batch_observation *batch = &world.observations[0].batch;
    struct attempt *attempt = set_attempt(&world, "a", 2, 0);
    attempt->decision = DECISION_NONE;
    attempt->exited = false;
    batch->known = true;
    batch->job = memory_copy_text("12");
    batch->state = memory_copy_text("COMPLETED");
    assert_int_equal(derive(&world, "a")->state, STATE_SUBMITTED);
    attempt->jobid = memory_copy_text("13");
    assert_int_equal(derive(&world, "a")->state, STATE_QUEUED);
    attempt->jobid[1] = '2';
    assert_int_equal(derive(&world, "a")->state, STATE_DONE);
    /* The same job runs again: what was seen before that was the end of the other attempt. */
    attempt->requeued = true;
    attempt->requested = 100000;
    batch->observed = attempt->requested - CLOCK_TOLERANCE - 1;
    assert_int_equal(derive(&world, "a")->state, STATE_QUEUED);
    batch->observed = attempt->requested + 1;
    assert_int_equal(derive(&world, "a")->state, STATE_DONE);
    world_release(&world);
}

static void test_view_fields(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, NAMES("a", "b"), NULL);
    struct attempt *attempt = set_attempt(&world, "a", 4, 0);
    attempt->exit_code = 3;
    attempt->requested = 1;
    attempt->started = 2;
    attempt->ended = 3;
    world.observations[0].known = world.observations[0].from_cache = true;
    world.observations[0].observed = 5;
    assert_true(report_add_line(&world.observations[0].report, "# cloudmesh progress=40", 23, false));
    world.workflow->nodes[1].note = memory_copy_text("declared only in dependencies");
    const struct node_view *view = derive(&world, "a");
    assert_true(view->attempt == 4 && view->submitted == 1 && view->started == 2 && view->ended == 3);
    assert_true(view->known && view->from_cache && view->observed == 5 && view->current->number == 4);
    assert_int_equal(view->exit_code, 3);
    assert_int_equal(view->signal, 0);
    assert_float_equal(view->progress, 40, 0);
    attempt->exit_code = 0;
    assert_float_equal(derive(&world, "a")->progress, 100, 0);
    attempt->signal = 15;
    assert_int_equal(derive(&world, "a")->exit_code, -1);
    assert_int_equal(derive(&world, "a")->signal, 15);
    view = derive(&world, "b");
    assert_true(view->attempt == 0 && !view->current && !view->known && view->exit_code == -1 && view->progress < 0);
    check_text(view->reason, "declared only in dependencies");
    world.workflow->nodes[1].script_missing = true;
    check_text(derive(&world, "b")->reason, "the script b does not exist");
    world.workflow->nodes[1].work = NODE_WORK_NOTHING;
    check_text(derive(&world, "b")->reason, "there is nothing to run: neither script nor exec");
    world.observations[1].trouble = memory_copy_text("not-writable");
    check_text(derive(&world, "b")->reason, "not-writable");
    world_release(&world);
}

static void test_workflow_state(void **state)
{
    (void)state;
    static const struct {
        enum node_state states[3];
        bool can_start;
        enum workflow_state expected;
    } cases[] = {
        {{STATE_DONE, STATE_SKIPPED, STATE_DONE}, false, WORKFLOW_DONE},
        {{STATE_DONE, STATE_READY, STATE_WAITING}, false, WORKFLOW_READY},
        {{STATE_DONE, STATE_READY, STATE_WAITING}, true, WORKFLOW_RUNNING},
        {{STATE_FAILED, STATE_QUEUED, STATE_WAITING}, false, WORKFLOW_RUNNING},
        {{STATE_FAILED, STATE_READY, STATE_WAITING}, false, WORKFLOW_FAILED},
        {{STATE_LOST, STATE_DONE, STATE_DONE}, false, WORKFLOW_FAILED},
        {{STATE_CANCELLED, STATE_DONE, STATE_DONE}, false, WORKFLOW_FAILED},
        {{STATE_HELD, STATE_DONE, STATE_DONE}, false, WORKFLOW_READY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct node_view views[3] = {0};
        for (size_t j = 0; j < 3; j++)
            views[j].state = cases[i].states[j];
        assert_int_equal(derive_workflow_state(views, 3, cases[i].can_start), cases[i].expected);
    }
    assert_int_equal(derive_workflow_state(NULL, 0, false), WORKFLOW_DONE);
    assert_string_equal(workflow_state_word(WORKFLOW_READY), "ready");
    assert_string_equal(workflow_state_word(WORKFLOW_DONE), "done");
}

static void test_observations_copy_whole(void **state)
{
    (void)state;
    struct observation observation, copy;
    fill(&observation, &rows[3]);
    observation.attempts[1].parents = memory_copy_text("a=1");
    observation.trouble = memory_copy_text("t");
    observation_copy(&copy, &observation);
    observation_release(&observation);
    assert_int_equal(copy.attempt_count, 3);
    assert_int_equal(copy.attempts[2].number, 3);
    assert_int_equal(observation_newest(&copy)->number, 2);
    assert_string_equal(copy.attempts[1].parents, "a=1");
    assert_string_equal(copy.trouble, "t");
    assert_int_equal(observation_attempt(&copy, 4)->number, 4);
    observation_release(&copy);
    assert_null(observation_newest(&copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_decides),
        cmocka_unit_test(test_without_attempts),
        cmocka_unit_test(test_watched_nodes_follow_their_status_line),
        cmocka_unit_test(test_parents_and_milestones),
        cmocka_unit_test(test_blocked_by),
        cmocka_unit_test(test_many_blockers_are_counted),
        cmocka_unit_test(test_outdated_by_parents),
        cmocka_unit_test(test_outdated_by_checksum),
        cmocka_unit_test(test_stale_and_a_failed_poll),
        cmocka_unit_test(test_the_job_before),
        cmocka_unit_test(test_view_fields),
        cmocka_unit_test(test_workflow_state),
        cmocka_unit_test(test_observations_copy_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
