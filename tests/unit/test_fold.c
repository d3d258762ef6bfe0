/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* What is open changes no colour: a box opens and closes without another look at the graph. */
static void test_colours_hold_whatever_is_open(void **state)
{
    struct draw_graph graph = sweep();
    uint8_t open[8] = {0, 1, 0, 0, 0, 1, 0, 0};
    (void)state;
    uint32_t *colours = fold_colours(&graph);
    struct fold *fold = fold_new(&graph, open), *other = fold_new_coloured(graph.node_count, colours, open);
    assert_int_equal(fold_class_count(fold), fold_class_count(other));
    for (size_t i = 0; i < graph.node_count; i++)
        assert_int_equal(fold_class_of(fold, i), fold_class_of(other, i));
    fold_free(fold);
    fold_free(other);
    free(colours);
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

enum { RANDOM_GRAPHS = 2000, NODES_MOST = 16, EDGES_MOST = 40, LONG_CHAIN = 10000 };

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

/* The set of colours before (after) a node, a bit for each. */
static uint32_t colours_beside(const struct draw_graph *graph, const uint32_t *colours, uint32_t node, bool before)
{
    uint32_t set = 0;
    for (size_t i = 0; i < graph->edge_count; i++) {
        if ((before ? graph->targets : graph->sources)[i] == node)
            set |= 1u << colours[(before ? graph->sources : graph->targets)[i]];
    }
    return set;
}

/* Colour refinement as it is defined, round by round: equal colours are the number of the first node that has them. */
static void refine_plainly(const struct draw_graph *graph, uint32_t *colours)
{
    bool changed = true;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        colours[i] = 0;
        while (graph->kinds[colours[i]] != graph->kinds[i])
            colours[i]++;
    }
    while (changed) {
        uint32_t next[NODES_MOST];
        changed = false;
        for (uint32_t i = 0; i < graph->node_count; i++) {
            next[i] = 0;
            while (colours[next[i]] != colours[i] ||
                   colours_beside(graph, colours, next[i], true) != colours_beside(graph, colours, i, true) ||
                   colours_beside(graph, colours, next[i], false) != colours_beside(graph, colours, i, false))
                next[i]++;
            changed = changed || next[i] != colours[i];
        }
        memcpy(colours, next, sizeof next);
    }
}

static void test_random_graphs(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (int round = 0; round < RANDOM_GRAPHS; round++) {
        uint32_t from[EDGES_MOST], to[EDGES_MOST], kind[NODES_MOST], expected[NODES_MOST], ends[2];
        struct draw_graph graph = {.node_count = 1 + random_below(&seed, NODES_MOST), .sources = from, .targets = to};
        graph.kinds = kind;
        for (size_t i = 0; i < graph.node_count; i++)
            kind[i] = 7 * random_below(&seed, 2);
        for (uint32_t i = random_below(&seed, EDGES_MOST); i > 0; i--) {
            ends[0] = random_below(&seed, (uint32_t)graph.node_count);
            ends[1] = random_below(&seed, (uint32_t)graph.node_count);
            from[graph.edge_count] = ends[0] < ends[1] ? ends[0] : ends[1];
            to[graph.edge_count] = ends[0] < ends[1] ? ends[1] : ends[0];
            graph.edge_count += ends[0] != ends[1];
        }
        refine_plainly(&graph, expected);
        struct fold *fold = fold_new(&graph, NULL);
        for (size_t i = 0; i < graph.node_count; i++)
            assert_int_equal(fold_class_of(fold, i), fold_class_of(fold, expected[i]));
        for (size_t i = 0; i < graph.node_count; i++)
            for (size_t k = 0; k < i; k++)
                assert_int_equal(fold_class_of(fold, i) == fold_class_of(fold, k), expected[i] == expected[k]);
        fold_free(fold);
    }
}

/* Thousands of rounds in each of which a node would be looked at that hangs on all others. */
static void test_a_chain_with_a_hub(void **state)
{
    static uint32_t from[2 * LONG_CHAIN], to[2 * LONG_CHAIN], same[LONG_CHAIN + 1];
    struct draw_graph graph = {.node_count = LONG_CHAIN + 1, .sources = from, .targets = to, .kinds = same};
    (void)state;
    for (uint32_t i = 0; i < LONG_CHAIN; i++) {
        from[graph.edge_count] = LONG_CHAIN;
        to[graph.edge_count++] = i;
        from[graph.edge_count] = i;
        to[graph.edge_count] = i + 1;
        graph.edge_count += i + 1 < LONG_CHAIN;
    }
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), LONG_CHAIN + 1);
    fold_free(fold);
}

/* Thousands of rounds, each of which concerns few nodes. */
static void test_a_long_chain(void **state)
{
    static uint32_t from[LONG_CHAIN], to[LONG_CHAIN], same[LONG_CHAIN];
    struct draw_graph graph = {.node_count = LONG_CHAIN, .sources = from, .targets = to, .kinds = same};
    (void)state;
    for (uint32_t i = 0; i + 1 < LONG_CHAIN; i++) {
        from[i] = i;
        to[i] = i + 1;
    }
    graph.edge_count = LONG_CHAIN - 1;
    struct fold *fold = fold_new(&graph, NULL);
    assert_int_equal(fold_class_count(fold), LONG_CHAIN);
    fold_free(fold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_parts_fold),
        cmocka_unit_test(test_other_neighbours_do_not_fold),
        cmocka_unit_test(test_open_nodes_stand_alone),
        cmocka_unit_test(test_colours_hold_whatever_is_open),
        cmocka_unit_test(test_a_chain_with_a_hub),
        cmocka_unit_test(test_without_kinds_nothing_folds),
        cmocka_unit_test(test_a_chain_of_one_kind),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_a_long_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
