/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of many nodes: made ready in slices, submitted by what the scheduler takes, and a connection that breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "engine_stage.h"
#include "fake_agent.h"

enum { NODES = 120, TASKS_MOST = 100, SLICE = 50 };

static int set_up(void **state)
{
    fake_host_reset();
    *state = memory_new(sizeof(struct stage));
    return 0;
}

static int tear_down(void **state)
{
    stage_close(*state);
    free(*state);
    fake_host_reset();
    return 0;
}

static void open_sweep(struct stage *stage)
{
    struct text description;
    text_init(&description, 0);
    for (int i = 0; i < NODES; i++)
        text_append_format(&description, "%sn%d", i > 0 ? " " : "", i);
    struct workflow *workflow = stage_workflow(description.data);
    text_release(&description);
    for (size_t i = 0; i < NODES; i++) {
        workflow->nodes[i].kind = NODE_KIND_SLURM;
        workflow->nodes[i].array = memory_copy_text("sweep");
    }
    stage_open_workflow(stage, workflow);
}

static void assert_each_ran_once(void)
{
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(fake_host.runs[i], 1);
}

static void test_slices_become_arrays(void **state)
{
    struct stage *stage = *state;
    fake_host.errand_output = "100\n";
    open_sweep(stage);
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, stage_is_idle);
    assert_each_ran_once();
    assert_int_equal(fake_host.arrays, 2);
    assert_int_equal(fake_host.tasks, NODES);
    /* Two for the first array, which is full, and one for the second. */
    assert_int_equal(fake_host.start_requests, 3);
}

static void test_a_connection_that_breaks_between_two_slices(void **state)
{
    struct stage *stage = *state;
    fake_host.errand_output = "100\n";
    open_sweep(stage);
    engine_set_driving(stage->engine, true);
    while (fake_host.start_requests < 2)
        loop_run_once(stage->loop, true);
    fake_host_disconnect();
    stage_turn_until(stage, stage_is_idle_without_pauses);
    assert_each_ran_once();
    /* What was made ready before belongs to nobody's array. */
    assert_in_range(fake_host.tasks, NODES - 2 * SLICE, NODES);
    assert_int_equal(fake_host.connections, 2);
}

static void test_closed_in_the_middle(void **state)
{
    struct stage *stage = *state;
    fake_host.errand_output = "100\n";
    open_sweep(stage);
    engine_set_driving(stage->engine, true);
    while (fake_host.start_requests < 1)
        loop_run_once(stage->loop, true);
}

static bool was_asked_twice(struct stage *stage)
{
    (void)stage;
    return strstr(fake_host.last_errand, "MaxArraySize") != NULL && fake_host.errands >= 2;
}

static bool has_told(struct stage *stage)
{
    return strstr(stage->messages, "does not tell how many tasks an array may have") != NULL;
}

static void test_how_many_tasks_is_asked_again(void **state)
{
    struct stage *stage = *state;
    open_sweep(stage);
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, was_asked_twice);
    /* Until it is known nothing is submitted. */
    assert_int_equal(fake_host.start_requests, 0);
    assert_false(has_told(stage));
    fake_host.errand_output = "100\n";
    stage_turn_until(stage, stage_is_idle);
    assert_each_ran_once();
    assert_int_equal(fake_host.arrays, 2);
}

static void test_a_scheduler_that_does_not_tell_is_told_of(void **state)
{
    struct stage *stage = *state;
    open_sweep(stage);
    engine_set_driving(stage->engine, true);
    stage_turn_until(stage, has_told);
    stage_turn_until(stage, stage_is_idle);
    assert_each_ran_once();
    assert_int_equal(fake_host.arrays, 1);
}

/* ---- long lists of the queue ---- */

enum { ROWS = 3000, QUEUE_COLUMNS = 20 };

/* What squeue prints of ROWS tasks that wait, of which the first are those of the nodes; more than is read at once. */
static char *long_list(void)
{
    static const char separator[] = "\037separate";
    struct text list;
    text_init(&list, 0);
    text_append_format(&list, "queue %s\n", separator);
    for (int i = 0; i < ROWS; i++) {
        text_append_format(&list, "7%s%d%sPENDING%sPriority", separator, i, separator, separator);
        for (int column = 4; column < QUEUE_COLUMNS; column++)
            text_append_string(&list, separator);
        text_append_string(&list, "\n");
    }
    return text_take(&list);
}

static void put_into_queue(void)
{
    for (size_t i = 0; i < NODES; i++) {
        struct attempt *attempt = observation_attempt(&fake_host.records[i], 1);
        attempt->requested = clock_wall() - 60000;
        attempt->jobid = memory_format("7_%zu", i);
    }
}

static bool all_are_listed(struct stage *stage)
{
    const struct snapshot *snapshot = engine_snapshot(stage->engine);
    size_t listed = 0;
    for (size_t i = 0; i < NODES; i++)
        listed += snapshot->observations[i].batch.known && snapshot->views[i].state == STATE_QUEUED;
    return listed == NODES;
}

static void test_a_long_list_is_read_beside(void **state)
{
    struct stage *stage = *state;
    char *list = long_list();
    fake_host.errand_output = list;
    put_into_queue();
    open_sweep(stage);
    stage_turn_until(stage, all_are_listed);
    assert_string_equal(engine_snapshot(stage->engine)->observations[NODES - 1].batch.reason, "Priority");
    assert_null(engine_snapshot(stage->engine)->hosts[0].trouble);
    free(list);
}

static bool was_asked(struct stage *stage)
{
    (void)stage;
    return fake_host.errands > 0;
}

static bool is_there_again(struct stage *stage)
{
    if (engine_snapshot(stage->engine)->hosts[0].state == HOST_BACKING_OFF)
        engine_refresh(stage->engine);
    return fake_host.connections == 2 && engine_snapshot(stage->engine)->hosts[0].state == HOST_READY;
}

/* A turn later the answer is there, and a thread reads it; or it is being folded. */
static void test_a_connection_that_breaks_while_a_list_is_read(void **state)
{
    struct stage *stage = *state;
    char *list = long_list();
    fake_host.errand_output = list;
    put_into_queue();
    open_sweep(stage);
    stage_turn_until(stage, was_asked);
    loop_run_once(stage->loop, true);
    fake_host_disconnect();
    stage_turn_until(stage, is_there_again);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slices_become_arrays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_connection_that_breaks_between_two_slices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_how_many_tasks_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_scheduler_that_does_not_tell_is_told_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_list_is_read_beside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_connection_that_breaks_while_a_list_is_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
