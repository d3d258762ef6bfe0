/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/model/graph.h"

/* start -> a -> end, start -> b -> c -> end, and a node of its own; written in an order that is none. */
enum { END, B, C, A, START, ALONE, NODES };

static int make_workflow(void **state)
{
    static const char *const names[] = {"end", "b", "c", "a", "start", "alone"};
    static const size_t edges[][2] = {{START, A}, {A, END}, {START, B}, {B, C}, {C, END}};
    struct workflow *workflow = workflow_new();
    size_t index;
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(workflow_add_node(workflow, names[i], &index), STATUS_OK);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        assert_int_equal(workflow_add_edge(workflow, edges[i][0], edges[i][1]), STATUS_OK);
    assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_OK);
    *state = workflow;
    return 0;
}

static int free_workflow(void **state)
{
    workflow_free(*state);
    return 0;
}

static void test_downstream(void **state)
{
    bool set[NODES] = {[B] = true};
    static const bool expected[NODES] = {[B] = true, [C] = true, [END] = true};
    graph_add_downstream(*state, set);
    assert_memory_equal(set, expected, sizeof set);
}

static void test_upstream(void **state)
{
    bool set[NODES] = {[C] = true, [ALONE] = true};
    static const bool expected[NODES] = {[C] = true, [B] = true, [START] = true, [ALONE] = true};
    graph_add_upstream(*state, set);
    assert_memory_equal(set, expected, sizeof set);
}

static void test_layers(void **state)
{
    assert_int_equal(graph_layer_count(*state), 4);
    struct workflow *empty = workflow_new();
    assert_int_equal(workflow_finish(empty, NULL, NULL, NULL), STATUS_OK);
    assert_int_equal(graph_layer_count(empty), 0);
    workflow_free(empty);
}

static void test_critical_path(void **state)
{
    bool on_path[NODES];
    static const int64_t slow_a[NODES] = {[START] = 1, [A] = 10, [B] = 2, [C] = 3, [END] = 1, [ALONE] = 11};
    static const bool through_a[NODES] = {[START] = true, [A] = true, [END] = true};
    graph_critical_path(*state, slow_a, on_path);
    assert_memory_equal(on_path, through_a, sizeof on_path);
    static const int64_t slow_b[NODES] = {[START] = -1, [A] = 10, [B] = 8, [C] = 3, [END] = 1, [ALONE] = 11};
    static const bool through_b[NODES] = {[START] = true, [B] = true, [C] = true, [END] = true};
    graph_critical_path(*state, slow_b, on_path);
    assert_memory_equal(on_path, through_b, sizeof on_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_downstream),
        cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_critical_path),
    };
    return cmocka_run_group_tests(tests, make_workflow, free_workflow);
}
