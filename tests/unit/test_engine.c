/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with a real agent under /bin/sh: each test has a HOME of its own, and scripts write to a tally in it. */
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_stage.h"

static char home[64];

static int set_up(void **state)
{
    snprintf(home, sizeof home, "/tmp/dagtop-engine-XXXXXX");
    assert_non_null(mkdtemp(home));
    setenv("HOME", home, 1);
    *state = memory_new(sizeof(struct stage));
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

/* Wrappers that were still alive may write until they notice: tried again until nothing is left. */
static int tear_down(void **state)
{
    struct stage *stage = *state;
    stage_close(stage);
    free(stage);
    int64_t end = clock_monotonic() + 5000;
    while (nftw(home, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && clock_monotonic() < end)
        continue;
    return access(home, F_OK) == 0 ? -1 : 0;
}

/* Every node appends its name to the tally, then runs its own command. */
static void set_command(struct workflow *workflow, size_t node, const char *command)
{
    free(workflow->nodes[node].exec);
    workflow->nodes[node].exec = memory_format("echo %s >> \"$HOME/tally\"; %s", workflow->nodes[node].name, command);
}

static struct workflow *tallied_workflow(const char *description)
{
    struct workflow *workflow = stage_workflow(description);
    for (size_t i = 0; i < workflow->node_count; i++)
        set_command(workflow, i, "true");
    return workflow;
}

static void note_change(void *argument, unsigned changes)
{
    struct stage *stage = argument;
    stage->changes |= changes;
}

static void open_engine(struct stage *stage, struct workflow *workflow)
{
    if (stage->loop == NULL)
        stage->loop = loop_new();
    stage->options.changed = note_change;
    stage->options.argument = stage;
    workflow->jobs = 8;
    stage->engine = engine_new(stage->loop, workflow, &stage->options);
    stage_turn_until(stage, stage_is_complete);
}

/* Lines of the tally that are this name. */
static unsigned tally(const char *name)
{
    char *path = memory_format("%s/tally", home);
    struct text text;
    struct error error;
    unsigned count = 0;
    text_init(&text, 0);
    if (access(path, F_OK) == 0)
        assert_int_equal(text_read_file(&text, path, &error), STATUS_OK);
    char *rest = text.data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        count += strcmp(line, name) == 0;
    text_release(&text);
    free(path);
    return count;
}

static void check_each_ran_once(const struct workflow *workflow)
{
    for (size_t i = 0; i < workflow->node_count; i++)
        assert_int_equal(tally(workflow->nodes[i].name), 1);
}

static void drive_to_the_end(struct stage *stage)
{
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
}

static bool has_ended_in_part(struct stage *stage)
{
    return engine_snapshot(stage->engine)->last_end > 0;
}

static void test_a_diamond_is_driven_to_its_end(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b:a c:a d:b,c"));
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, has_ended_in_part);
    assert_int_equal(engine_snapshot(stage->engine)->end, 0);
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "DDDD");
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    check_each_ran_once(snapshot->workflow);
    assert_int_equal(snapshot->state, WORKFLOW_DONE);
    assert_true(snapshot->first_start > 0 && snapshot->last_end >= snapshot->first_start);
    assert_int_equal(snapshot->end, snapshot->last_end);
    assert_string_equal(snapshot->views[3].current->parents, "b=1 c=1");
    assert_int_equal(snapshot->views[3].attempt, 1);
}

static void test_a_failing_node_blocks_what_follows(void **state)
{
    struct stage *stage = *state;
    struct workflow *workflow = tallied_workflow("a b:a c:b d");
    set_command(workflow, 1, "exit 3");
    workflow->nodes[1].retries = 1;
    open_engine(stage, workflow);
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "DFwD");
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_string_equal(snapshot->views[1].reason, "exit 3");
    assert_int_equal(snapshot->views[1].attempt, 2);
    assert_int_equal(snapshot->views[2].blocked_by_count, 1);
    assert_int_equal(snapshot->blocked, 1);
    assert_string_equal(snapshot->message, "node b failed: exit 3");
    assert_int_equal(tally("b"), 2);
    assert_int_equal(tally("c"), 0);
}

static void test_held_and_skipped_nodes_do_not_run(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b:a c:a d:c"));
    assert_int_equal(stage_act(stage, ACTION_HOLD, "b", 0), STATUS_OK);
    assert_int_equal(stage_act(stage, ACTION_SKIP, "c", 0), STATUS_OK);
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "DhkD");
    assert_int_equal(tally("b") + tally("c"), 0);
    assert_int_equal(stage_act(stage, ACTION_RELEASE, "b c", 0), STATUS_OK);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DDDD");
    check_each_ran_once(engine_snapshot(stage->engine)->workflow);
}

static void test_a_resubmit_runs_again_what_follows(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b:a c:b d"));
    drive_to_the_end(stage);
    assert_int_equal(stage_act(stage, ACTION_RESUBMIT, "a", PLAN_DOWNSTREAM), STATUS_OK);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DDDD");
    assert_int_equal(tally("a"), 2);
    assert_int_equal(tally("b"), 2);
    assert_int_equal(tally("c"), 2);
    assert_int_equal(tally("d"), 1);
    assert_int_equal(engine_snapshot(stage->engine)->outdated, 0);
}

static void test_a_rerun_of_one_node_makes_its_children_outdated(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b:a c"));
    drive_to_the_end(stage);
    assert_int_equal(stage_act(stage, ACTION_RESUBMIT, "a", 0), STATUS_OK);
    stage_turn_until(stage, stage_is_idle);
    assert_string_equal(stage_states(stage), "DDD");
    assert_true(engine_snapshot(stage->engine)->views[1].outdated);
    assert_int_equal(engine_snapshot(stage->engine)->outdated, 1);
    assert_int_equal(tally("b"), 1);
}

static int script_version;

static char *script_checksum(const struct workflow *workflow, size_t node)
{
    return memory_format("%s-%d", workflow->nodes[node].name, script_version);
}

static bool all_are_outdated(struct stage *stage)
{
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    return snapshot->outdated == snapshot->workflow->node_count;
}

static void test_a_changed_script_makes_its_node_outdated(void **state)
{
    struct stage *stage = *state;
    stage->options.checksum = script_checksum;
    script_version = 1;
    open_engine(stage, tallied_workflow("a b:a"));
    drive_to_the_end(stage);
    assert_int_equal(engine_snapshot(stage->engine)->outdated, 0);
    script_version = 2;
    engine_refresh(stage->engine);
    stage_turn_until(stage, all_are_outdated);
    assert_string_equal(stage_states(stage), "DD");
}

static bool runs(struct stage *stage)
{
    return strcmp(stage_states(stage), "R") == 0;
}

static bool is_cancelled(struct stage *stage)
{
    return strcmp(stage_states(stage), "C") == 0;
}

static void test_a_running_node_is_cancelled(void **state)
{
    struct stage *stage = *state;
    struct workflow *workflow = tallied_workflow("a");
    set_command(workflow, 0, "exec sleep 60");
    open_engine(stage, workflow);
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    assert_int_equal(stage_act(stage, ACTION_CANCEL, "a", 0), STATUS_OK);
    stage_turn_until(stage, is_cancelled);
}

static bool has_progress(struct stage *stage)
{
    return engine_snapshot(stage->engine)->views[0].progress == 42;
}

static void test_status_lines_arrive_at_once(void **state)
{
    struct stage *stage = *state;
    struct workflow *workflow = tallied_workflow("a");
    set_command(workflow, 0,
        "while ! test -e \"$HOME/go\"; do sleep 0.01; done; echo '# cloudmesh status=running progress=42 loss=0.5'; "
        "exec sleep 60");
    open_engine(stage, workflow);
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    stage_turn_until(stage, runs);
    char *path = memory_format("%s/go", home);
    FILE *go = fopen(path, "w");
    free(path);
    assert_non_null(go);
    fclose(go);
    stage_turn_until(stage, has_progress);
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    assert_string_equal(attributes_get(&snapshot->observations[0].report.metrics, "loss"), "0.5");
    assert_int_equal(stage_act(stage, ACTION_CANCEL, "a", 0), STATUS_OK);
    stage_turn_until(stage, is_cancelled);
}

static bool both_are_idle(struct stage *stages)
{
    return stage_is_idle(&stages[0]) && stage_is_idle(&stages[1]);
}

static void test_two_drivers_run_each_script_once(void **state)
{
    static const char description[] = "a b:a c:a d:a e:b f:c,d g:e,f h i j k:h,i,j,g";
    struct stage stages[2] = {0};
    struct stage *kept = *state;
    stages[0].loop = stages[1].loop = loop_new();
    for (int i = 0; i < 2; i++)
        open_engine(&stages[i], tallied_workflow(description));
    for (int i = 0; i < 2; i++)
        engine_set_driving(stages[i].engine, true);
    stage_turn_until(stages, both_are_idle);
    for (int i = 0; i < 2; i++)
        assert_string_equal(stage_states(&stages[i]), "DDDDDDDDDDD");
    check_each_ran_once(engine_snapshot(stages[0].engine)->workflow);
    engine_free(stages[1].engine);
    *kept = stages[0];
}

static void test_a_second_engine_goes_on_where_the_first_was(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b:a c:b"));
    assert_int_equal(stage_act(stage, ACTION_START, "a", 0), STATUS_OK);
    engine_free(stage->engine);
    open_engine(stage, tallied_workflow("a b:a c:b"));
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "DDD");
    check_each_ran_once(engine_snapshot(stage->engine)->workflow);
}

static void test_another_set_of_nodes_needs_adopting(void **state)
{
    struct stage *stage = *state;
    struct plan *plan;
    struct error error;
    open_engine(stage, tallied_workflow("a"));
    drive_to_the_end(stage);
    engine_free(stage->engine);
    open_engine(stage, tallied_workflow("a b"));
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "Dr");
    bool set[] = {false, true};
    assert_int_equal(engine_plan(stage->engine, ACTION_START, set, 0, &plan, &error), STATUS_REFUSED);
    assert_non_null(strstr(error.message, "--adopt"));
    engine_free(stage->engine);
    stage->options.adopt = true;
    open_engine(stage, tallied_workflow("a b"));
    drive_to_the_end(stage);
    assert_string_equal(stage_states(stage), "DD");
}

static void test_a_watcher_sees_what_another_starts(void **state)
{
    struct stage stages[2] = {0};
    struct stage *kept = *state;
    stages[0].loop = stages[1].loop = loop_new();
    for (int i = 0; i < 2; i++)
        open_engine(&stages[i], tallied_workflow("a b:a c:b"));
    drive_to_the_end(&stages[0]);
    stages[1].messages[0] = '\0';
    while (strcmp(stage_states(&stages[1]), "DDD") != 0)
        loop_run_once(stages[1].loop, true);
    engine_free(stages[1].engine);
    *kept = stages[0];
}

static bool ran_again(struct stage *stage)
{
    const struct node_view *view = &engine_snapshot(stage->engine)->views[0];
    return view->attempt == 2 && view->state == STATE_DONE;
}

static bool is_held(struct stage *stage)
{
    return strcmp(stage_states(stage), "Dh") == 0;
}

/* Long before the next look at nodes that cannot change by themselves is due. */
static void test_a_watcher_sees_what_another_does_to_nodes_that_ended(void **state)
{
    struct stage stages[2] = {0};
    struct stage *kept = *state;
    stages[0].loop = stages[1].loop = loop_new();
    open_engine(&stages[0], tallied_workflow("a b:a"));
    engine_set_driving(stages[0].engine, true);
    stage_turn_until(&stages[0], stage_is_idle);
    engine_set_driving(stages[0].engine, false);
    assert_int_equal(stage_act(&stages[0], ACTION_CLEAN, "b", 0), STATUS_OK);
    open_engine(&stages[1], tallied_workflow("a b:a"));
    assert_int_equal(stage_act(&stages[0], ACTION_RESUBMIT, "a", 0), STATUS_OK);
    stage_turn_until(&stages[1], ran_again);
    assert_int_equal(stage_act(&stages[0], ACTION_HOLD, "b", 0), STATUS_OK);
    stage_turn_until(&stages[1], is_held);
    engine_free(stages[1].engine);
    *kept = stages[0];
}

static void test_cleaned_nodes_are_as_new(void **state)
{
    struct stage *stage = *state;
    open_engine(stage, tallied_workflow("a b"));
    drive_to_the_end(stage);
    engine_set_driving(stage->engine, false);
    assert_int_equal(stage_act(stage, ACTION_CLEAN, "a", 0), STATUS_OK);
    while (strcmp(stage_states(stage), "rD") != 0)
        loop_run_once(stage->loop, true);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        REAL(test_a_diamond_is_driven_to_its_end),
        REAL(test_a_failing_node_blocks_what_follows),
        REAL(test_held_and_skipped_nodes_do_not_run),
        REAL(test_a_resubmit_runs_again_what_follows),
        REAL(test_a_rerun_of_one_node_makes_its_children_outdated),
        REAL(test_a_changed_script_makes_its_node_outdated),
        REAL(test_a_running_node_is_cancelled),
        REAL(test_status_lines_arrive_at_once),
        REAL(test_two_drivers_run_each_script_once),
        REAL(test_a_second_engine_goes_on_where_the_first_was),
        REAL(test_another_set_of_nodes_needs_adopting),
        REAL(test_a_watcher_sees_what_another_starts),
        REAL(test_a_watcher_sees_what_another_does_to_nodes_that_ended),
        REAL(test_cleaned_nodes_are_as_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
