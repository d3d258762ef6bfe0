/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dagtop/draw/fold.h"

/* prep -> train 1..4; train 1 and 2 -> mean 5, train 3 and 4 -> mean 6; mean -> report 7. */
static const uint32_t sources[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, targets[] = {1, 2, 3, 4, 5, 5, 6, 6, 7, 7};
static const uint32_t kinds[] = {0, 1, 1, 1, 1, 2, 2, 3};

static struct draw_graph sweep(void)
{
    return (struct draw_graph){
        .node_count = 8, .edge_count = 10, .sources = sources, .targets = targets, .kinds = kinds};
}

static void test_same_parts_fold(void **state)
{
    struct draw_graph graph = sweep();
    size_t count;
    (void)state;
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), 4);
    assert_int_equal(fold_class_of(fold, 1), fold_class_of(fold, 4));
    const uint32_t *members = fold_members(fold, fold_class_of(fold, 5), &count);
    assert_int_equal(count, 2);
    assert_int_equal(members[0], 5);
    assert_int_equal(members[1], 6);
    fold_free(fold);
}

/* A train without its mean plays another part. */
static void test_other_neighbours_do_not_fold(void **state)
{
    struct draw_graph graph = sweep();
    (void)state;
    uint32_t other[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6};
    uint32_t others[] = {1, 2, 3, 4, 5, 5, 6, 7, 7, 7};
    graph.sources = other;
    graph.targets = others;
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_of(fold, 1), fold_class_of(fold, 3));
    assert_int_not_equal(fold_class_of(fold, 4), fold_class_of(fold, 3));
    fold_free(fold);
}

static void test_open_nodes_stand_alone(void **state)
{
    struct draw_graph graph = sweep();
    uint8_t open[8] = {0, 1, 0, 0, 0, 0, 0, 0};
    size_t count;
    (void)state;
    struct fold *fold = fold_new(&graph, open);
    assert_int_equal(fold_class_count(fold), 5);
    fold_members(fold, fold_class_of(fold, 1), &count);
    assert_int_equal(count, 1);
    fold_members(fold, fold_class_of(fold, 2), &count);
    assert_int_equal(count, 3);
    fold_free(fold);
}

static void test_without_kinds_nothing_folds(void **state)
{
    struct draw_graph graph = sweep();
    (void)state;
    graph.kinds = NULL;
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), 8);
    fold_free(fold);
    graph = (struct draw_graph){0};
    fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), 0);
    fold_free(fold);
}

/* Equal names along a chain must not fold into a box that depends on itself. */
static void test_a_chain_of_one_kind(void **state)
{
    static const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 3}, same[] = {5, 5, 5, 5};
    struct draw_graph graph = {.node_count = 4, .edge_count = 3, .sources = from, .targets = to, .kinds = same};
    (void)state;
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), 4);
    fold_free(fold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_parts_fold),
        cmocka_unit_test(test_other_neighbours_do_not_fold),
        cmocka_unit_test(test_open_nodes_stand_alone),
        cmocka_unit_test(test_without_kinds_nothing_folds),
        cmocka_unit_test(test_a_chain_of_one_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
