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
#include "dagtop/base/text.h"
#include "engine_stage.h"
#include "fake_agent.h"

/* d done, f failed, r running, h held, k skipped, t ready, w waits for f; e waits for d's end and is done, m a
 * milestone. */
static const char workflow[] = "d f r h k t w:f e:d m=d x:m";

static int set_up(void **state)
{
    static const char ends[] = {'d', 'f', 'r', 0, 0, 0, 0, 'e', 0, 'x'};
    fake_host_reset();
    for (size_t i = 0; i < sizeof ends; i++) {
        if (ends[i] == 0)
            continue;
        struct attempt *attempt = observation_attempt(&fake_host.records[i], 1);
        attempt->decision = DECISION_RUN;
        attempt->exited = ends[i] != 'r';
        attempt->exit_code = ends[i] == 'f' ? 3 : 0;
        attempt->pid = 4711;
    }
    fake_host.records[3].held = true;
    fake_host.records[4].skipped = true;
    struct stage *stage = memory_new(sizeof *stage);
    stage_open(stage, workflow);
    *state = stage;
    assert_string_equal(stage_states(stage), "DFRhkrwDDD");
    return 0;
}

static int tear_down(void **state)
{
    stage_close(*state);
    free(*state);
    fake_host_reset();
    return 0;
}

struct row {
    enum action action;
    const char *names;
    unsigned flags;
    const char *expected; /* "NODE what", one line each; "! sentence" where it is refused */
};

static const struct row rows[] = {
    {ACTION_START, "t", 0, "t: start attempt 1\n"},
    {ACTION_START, "d", 0, "d: nothing: it is done\n"},
    {ACTION_START, "f", 0, "f: nothing: it has ended: resubmit makes a new attempt\n"},
    {ACTION_START, "r", 0, "r: nothing: it is live already\n"},
    {ACTION_START, "h", 0, "h: nothing: it is held: release it first\n"},
    {ACTION_START, "k", 0, "k: nothing: it is skipped: release it first\n"},
    {ACTION_START, "m", 0, "m: nothing: it is a milestone, done as soon as its parents are\n"},
    {ACTION_START, "w", 0, "! w: its parent f is not done"},
    {ACTION_START, "w", PLAN_FORCE, "w: start attempt 1\n"},
    {ACTION_START, "t w", 0, "t: start attempt 1\nw: cannot: its parent f is not done\n"},
    {ACTION_START, "f", PLAN_DOWNSTREAM | PLAN_FORCE,
        "f: nothing: it has ended: resubmit makes a new attempt\nw: start attempt 1\n"},
    {ACTION_CANCEL, "r", 0, "r: cancel attempt 1 (TERM, KILL after 10 s)\n"},
    {ACTION_CANCEL, "d", 0, "d: nothing: it is done\n"},
    {ACTION_CANCEL, "t", 0, "t: nothing: it is ready\n"},
    {ACTION_RESUBMIT, "f", 0, "f: start attempt 2\n"},
    {ACTION_RESUBMIT, "d", 0, "d: start attempt 2\n"},
    {ACTION_RESUBMIT, "r", 0, "r: nothing: it is live: cancel it first\n"},
    {ACTION_RESUBMIT, "t", 0, "t: nothing: it is ready\n"},
    {ACTION_RESUBMIT, "k", 0, "k: nothing: it is skipped\n"},
    {ACTION_RESUBMIT, "f", PLAN_REQUEUE, "f: nothing: it has no job: without requeue, resubmit makes a new attempt\n"},
    {ACTION_RESUBMIT, "r", PLAN_REQUEUE, "r: nothing: it has no job: without requeue, resubmit makes a new attempt\n"},
    {ACTION_RESUBMIT, "f", PLAN_DOWNSTREAM, "f: start attempt 2\nw: nothing: it is waiting\n"},
    {ACTION_RESUBMIT, "d", PLAN_DOWNSTREAM,
        "d: start attempt 2\n"
        "e: want attempt 2: it runs when its parents are done and somebody drives\n"
        "m: nothing: it is a milestone, done as soon as its parents are\n"
        "x: want attempt 2: it runs when its parents are done and somebody drives\n"},
    {ACTION_RESUBMIT, "e", PLAN_UPSTREAM,
        "d: start attempt 2\ne: want attempt 2: it runs when its parents are done and somebody drives\n"},
    {ACTION_RESUBMIT, NULL, PLAN_FAILED, "f: start attempt 2\n"},
    {ACTION_HOLD, "t w", 0, "t: hold: not to be started\nw: hold: not to be started\n"},
    {ACTION_HOLD, "h", 0, "h: nothing: it is held already\n"},
    {ACTION_HOLD, "d", 0, "d: nothing: it is done\n"},
    {ACTION_HOLD, "r", 0, "r: nothing: it is running\n"},
    {ACTION_RELEASE, "h", 0, "h: release: may be started\n"},
    {ACTION_RELEASE, "k", 0, "k: release: no longer counts as done\n"},
    {ACTION_RELEASE, "t", 0, "t: nothing: it is neither held nor skipped\n"},
    {ACTION_SKIP, "f", 0, "f: skip: counts as done\n"},
    {ACTION_SKIP, "k", 0, "k: nothing: it is skipped already\n"},
    {ACTION_SKIP, "r", 0, "r: nothing: it is running\n"},
    {ACTION_CLEAN, "d f", 0, "d: move its run directory aside\nf: move its run directory aside\n"},
    {ACTION_CLEAN, "r", 0, "r: nothing: it is running\n"},
    {ACTION_CLEAN, "t", 0, "t: nothing: it has no run directory\n"},
    {ACTION_CLEAN, "m", 0, "m: nothing: it has no run directory\n"},
};

static int compare_lines(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The plan as lines in the order of their names: which order is topological is another test's matter. */
static char *tell_plan(struct stage *stage, const struct row *row)
{
    struct plan *plan;
    struct error error = {0};
    bool *set = stage_set(stage, row->names);
    enum status status = engine_plan(stage->engine, row->action, set, row->flags, &plan, &error);
    free(set);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_REFUSED);
        assert_null(plan);
        return memory_format("! %s", error.message);
    }
    const struct workflow *described = engine_snapshot(stage->engine)->workflow;
    char *lines[FAKE_NODES];
    size_t effective = 0;
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_row *line = &plan->rows[i];
        effective += !line->does_nothing;
        assert_true(line->does_nothing == (strncmp(line->what, "nothing: ", 9) == 0) ||
                    strncmp(line->what, "cannot: ", 8) == 0);
        lines[i] = memory_format("%s: %s\n", described->nodes[line->node].name, line->what);
    }
    assert_int_equal(effective, plan->effective);
    qsort(lines, plan->count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < plan->count; i++) {
        text_append_string(&text, lines[i]);
        free(lines[i]);
    }
    plan_free(plan);
    return text_take(&text);
}

static void test_every_action_is_told(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = tell_plan(*state, &rows[i]);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("row %zu: expected\n%sgot\n%s", i, rows[i].expected, got);
        free(got);
    }
}

static void test_rows_come_parents_first(void **state)
{
    struct stage *stage = *state;
    struct plan *plan;
    struct error error;
    bool *set = stage_set(stage, NULL);
    assert_int_equal(engine_plan(stage->engine, ACTION_RESUBMIT, set, 0, &plan, &error), STATUS_OK);
    free(set);
    const struct workflow *described = engine_snapshot(stage->engine)->workflow;
    assert_int_equal(plan->count, described->node_count);
    for (size_t i = 0; i < plan->count; i++)
        assert_int_equal(plan->rows[i].node, described->order[i]);
    plan_free(plan);
}

static void test_commands_are_quoted(void **state)
{
    struct stage *stage = *state;
    struct plan *plan;
    struct error error;
    bool *set = stage_set(stage, "t");
    struct node *node = (struct node *)&engine_snapshot(stage->engine)->workflow->nodes[5];
    free(node->exec);
    node->exec = memory_copy_text("echo 'it is'; rm -r x");
    attributes_set(&node->env, "NAME", "a b");
    assert_int_equal(engine_plan(stage->engine, ACTION_START, set, 0, &plan, &error), STATUS_OK);
    assert_string_equal(plan->rows[0].command, "NAME='a b' /bin/sh -c 'echo '\\''it is'\\''; rm -r x'");
    plan_free(plan);
    free(set);
    set = stage_set(stage, "r");
    assert_int_equal(engine_plan(stage->engine, ACTION_CANCEL, set, 0, &plan, &error), STATUS_OK);
    assert_string_equal(plan->rows[0].command, "kill -TERM -- -4711");
    plan_free(plan);
    free(set);
}

static void test_actions_reach_the_host(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_act(stage, ACTION_HOLD, "t", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_RELEASE, "h k", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_SKIP, "w", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_CANCEL, "r", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_RESUBMIT, "d", PLAN_DOWNSTREAM), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_CLEAN, "f", 0), STATUS_OK);
    assert_string_equal(fake_host.log, "hold t 0;release h 0;unskip k 0;skip w 0;cancel r 1;"
                                       "want d 2;want e 2;want x 2;claim;start d 2;clean f 0;");
}

/* What was done is seen without waiting for the next look at everything. */
static bool has_settled(struct stage *stage)
{
    return strcmp(stage_states(stage), "DrChkrwrDr") == 0;
}

static void test_actions_are_seen_at_once(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_act(stage, ACTION_CANCEL, "r", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_RESUBMIT, "d", PLAN_DOWNSTREAM), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_CLEAN, "f", 0), STATUS_OK);
    stage_turn_until(stage, has_settled);
}

static void test_read_only_refuses(void **state)
{
    (void)state;
    struct stage stage = {.options.read_only = true};
    struct plan *plan;
    struct error error = {0};
    stage_open(&stage, "a");
    bool set = true;
    assert_int_equal(engine_plan(stage.engine, ACTION_START, &set, 0, &plan, &error), STATUS_REFUSED);
    engine_set_driving(stage.engine, true);
    assert_false(engine_is_busy(stage.engine));
    stage_close(&stage);
}

static void test_words_of_actions(void **state)
{
    (void)state;
    for (int i = ACTION_START; i <= ACTION_CHANGE; i++) {
        enum action action;
        assert_true(action_from_word(action_word((enum action)i), &action));
        assert_int_equal(action, i);
    }
    enum action action;
    assert_false(action_from_word("sta", &action));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_action_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_come_parents_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_commands_are_quoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_actions_reach_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_actions_are_seen_at_once, set_up, tear_down),
        cmocka_unit_test(test_read_only_refuses),
        cmocka_unit_test(test_words_of_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
