/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/model/workflow.h"

static size_t add(struct workflow *workflow, const char *name)
{
    size_t index;
    assert_int_equal(workflow_add_node(workflow, name, &index), STATUS_OK);
    return index;
}

static void edge(struct workflow *workflow, size_t parent, size_t child)
{
    assert_int_equal(workflow_add_edge(workflow, parent, child), STATUS_OK);
}

static void test_nodes_are_found_by_name(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    size_t first = add(workflow, "fetch-data"), index = 7;
    add(workflow, "compute");
    assert_int_equal(workflow_add_node(workflow, "fetch-data", &index), STATUS_EXISTS);
    assert_int_equal(index, first);
    assert_int_equal(workflow_add_node(workflow, "../x", &index), STATUS_INVALID);
    assert_int_equal(workflow->node_count, 2);
    assert_true(workflow_find(workflow, "compute", &index));
    assert_int_equal(index, 1);
    assert_false(workflow_find(workflow, "analyze", &index));
    assert_string_equal(workflow->nodes[0].host, "localhost");
    assert_int_equal(workflow->nodes[0].kind, NODE_KIND_LOCAL);
    workflow_free(workflow);
}

static void test_names(void **state)
{
    (void)state;
    char long_name[242];
    memset(long_name, 'x', 241);
    long_name[241] = '\0';
    static const char *const good[] = {"a", "train-[1]", "epoch_30 lr_0.1", "\u00fcber", "a'b\"$(c)", "a.b", "a-"};
    static const char *const bad[] = {
        "", "/", "a/b", ".", "..", ".a", "-a", "a\nb", "a\x7f", "a\x1b[m", "\xff", "a\xc2", "\xc2\x9b"};
    struct error error;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(node_name_check(good[i], &error), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error.message[0] = '\0';
        assert_int_equal(node_name_check(bad[i], &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, "name"));
        assert_int_equal(node_name_check(bad[i], NULL), STATUS_INVALID);
    }
    assert_int_equal(node_name_check(long_name, &error), STATUS_INVALID);
    assert_int_equal(node_name_check(long_name + 1, &error), STATUS_OK);
}

static void test_kinds(void **state)
{
    (void)state;
    enum node_kind kind;
    assert_true(node_kind_from_word("slurm", &kind));
    assert_int_equal(kind, NODE_KIND_SLURM);
    assert_string_equal(node_kind_word(NODE_KIND_WSL), "wsl");
    assert_false(node_kind_from_word("Slurm", &kind));
}

static void test_finish_sorts_and_orders(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    size_t end = add(workflow, "end"), a = add(workflow, "a"), b = add(workflow, "b"), start = add(workflow, "start");
    edge(workflow, start, b);
    edge(workflow, start, a);
    edge(workflow, start, b);
    edge(workflow, b, end);
    edge(workflow, a, end);
    edge(workflow, b, end);
    assert_int_equal(workflow_add_edge(workflow, a, a), STATUS_INVALID);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_OK);
        assert_int_equal(workflow->edge_count, 4);
        static const size_t order[] = {3, 1, 2, 0};
        static const unsigned layer[] = {2, 1, 1, 0};
        assert_memory_equal(workflow->order, order, sizeof order);
        assert_memory_equal(workflow->layer, layer, sizeof layer);
        assert_int_equal(workflow->nodes[start].child_count, 2);
        assert_int_equal(workflow->nodes[start].children[0], a);
        assert_int_equal(workflow->nodes[start].children[1], b);
        assert_int_equal(workflow->nodes[end].parent_count, 2);
        assert_int_equal(workflow->nodes[end].parents[0], a);
        assert_int_equal(workflow->nodes[end].parents[1], b);
    }
    workflow_free(workflow);
}

static void test_a_cycle_is_shown_as_a_path(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    size_t out = add(workflow, "out"), b = add(workflow, "b"), a = add(workflow, "a"), c = add(workflow, "c");
    edge(workflow, a, b);
    edge(workflow, b, c);
    edge(workflow, c, a);
    edge(workflow, a, out);
    size_t *cycle = NULL, length = 0;
    struct error error;
    assert_int_equal(workflow_finish(workflow, &cycle, &length, &error), STATUS_INVALID);
    assert_string_equal(error.message, "a cycle of 3 nodes: b -> c -> a -> b");
    assert_int_equal(length, 3);
    assert_int_equal(cycle[0], b);
    assert_int_equal(cycle[1], c);
    assert_int_equal(cycle[2], a);
    free(cycle);
    assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_INVALID);
    workflow_free(workflow);
}

static void test_a_long_cycle_is_cut(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    char name[241];
    memset(name, 'x', sizeof name - 1);
    name[240] = '\0';
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, 8, "n%06u", i);
        name[7] = 'x';
        add(workflow, name);
        if (i)
            edge(workflow, i - 1, i);
    }
    edge(workflow, 99, 0);
    struct error error;
    assert_int_equal(workflow_finish(workflow, NULL, NULL, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "a cycle of 100 nodes: n000000x"));
    assert_non_null(strstr(error.message, "... -> n000000x"));
    workflow_free(workflow);
}

static void test_large_graphs_are_affordable(void **state)
{
    (void)state;
    struct workflow *workflow = workflow_new();
    char name[16];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        add(workflow, name);
    }
    /* Each node of a block of 100 depends on each node of the block before it: 990,000 edges, 5,000 of them twice. */
    for (size_t parent = 0; parent < 9900; parent++)
        for (size_t i = 0; i < 100; i++)
            edge(workflow, parent, (parent / 100 + 1) * 100 + i);
    for (size_t i = 0; i < 5000; i++)
        edge(workflow, i, (i / 100 + 1) * 100 + i % 100);
    assert_int_equal(workflow_finish(workflow, NULL, NULL, NULL), STATUS_OK);
    assert_int_equal(workflow->edge_count, 990000);
    assert_int_equal(workflow->layer[9999], 99);
    workflow_free(workflow);
}

static void hash_of(const char *const *names, size_t count, char hash[17])
{
    struct workflow *workflow = workflow_new();
    for (size_t i = 0; i < count; i++)
        add(workflow, names[i]);
    workflow_node_set_hash(workflow, hash);
    workflow_free(workflow);
}

static void test_node_set_hash(void **state)
{
    (void)state;
    char one[17], other[17], third[17], none[17];
    hash_of((const char *const[]){"a", "b", "c"}, 3, one);
    hash_of((const char *const[]){"c", "a", "b"}, 3, other);
    hash_of((const char *const[]){"a", "bc"}, 2, third);
    hash_of(NULL, 0, none);
    assert_string_equal(one, other);
    assert_string_not_equal(one, third);
    assert_int_equal(strlen(one), 16);
    assert_string_equal(none, "0000000000000000");
    assert_string_equal(one, "df7b1391b1e47c7c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes_are_found_by_name),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_finish_sorts_and_orders),
        cmocka_unit_test(test_a_cycle_is_shown_as_a_path),
        cmocka_unit_test(test_a_long_cycle_is_cut),
        cmocka_unit_test(test_large_graphs_are_affordable),
        cmocka_unit_test(test_node_set_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
