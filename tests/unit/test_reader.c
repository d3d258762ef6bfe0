/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dagtop/draw/reader.h"

static const char *const names[] = {"a", "b", "c", "d"};

struct sample {
    const char *text;
    enum reader_flow flow;
    size_t missing_boxes, loose_ends, edges;
    struct reader_edge edge[4];
};

/* Drawings made by hand, true and broken ones. */
static const struct sample samples[] = {
    {"[a]─►[b]\n[c]─►[d]\n", READER_LEFT_TO_RIGHT, 0, 0, 2, {{0, 1}, {2, 3}}},
    {"[a]──┐┌►[b]\n[c]─┐└┼►[d]\n    └─┘\n", READER_LEFT_TO_RIGHT, 0, 0, 2, {{0, 3}, {2, 1}}},
    {"[a]─┬►[b]\n[c]─┴►[d]\n", READER_LEFT_TO_RIGHT, 0, 0, 4, {{0, 1}, {0, 3}, {2, 1}, {2, 3}}},
    {"[a]-*>[b]\n[c]-*>[d]\n", READER_LEFT_TO_RIGHT, 0, 0, 4, {{0, 1}, {0, 3}, {2, 1}, {2, 3}}},
    {"[a]-,.>[b]\n[c]-+'[d]\n    `->\n", READER_LEFT_TO_RIGHT, 0, 1, 1, {{2, 1}}},
    {"[a]─ ─►[b]\n[c]\n", READER_LEFT_TO_RIGHT, 1, 2, 0, {{0, 0}}},
    {"[a] [c]\n │   │\n ▼   ▼\n[b] [d]\n", READER_TOP_TO_BOTTOM, 0, 0, 2, {{0, 1}, {2, 3}}},
    {"[a] [c]\n |   |\n `-*-'\n   v\n  [b] [d]\n", READER_TOP_TO_BOTTOM, 0, 0, 2, {{0, 1}, {2, 1}}},
    {"┌───┐  ┌─┐\n│a  │─►│b│\n└───┘  └─┘\n[c][d]\n", READER_LEFT_TO_RIGHT, 0, 0, 1, {{0, 1}}},
    {"[a]─┐[c]\n[ ]─┼►[b]\n    └►[d]\n", READER_LEFT_TO_RIGHT, 0, 0, 2, {{0, 1}, {0, 3}}},
    {"", READER_LEFT_TO_RIGHT, 4, 0, 0, {{0, 0}}},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *sample = &samples[i];
        struct reader_result result;
        assert_int_equal(reader_read(sample->text, names, 4, sample->flow, &result, NULL), STATUS_OK);
        assert_int_equal(result.boxes_missing, sample->missing_boxes);
        assert_int_equal(result.edge_count, sample->edges);
        for (size_t k = 0; k < sample->edges; k++) {
            assert_int_equal(result.edges[k].source, sample->edge[k].source);
            assert_int_equal(result.edges[k].target, sample->edge[k].target);
        }
        assert_int_equal(result.loose_ends, sample->loose_ends);
        reader_result_release(&result);
    }
}

static void test_comparison_counts_both_ways(void **state)
{
    static const uint32_t sources[] = {0, 0, 0, 2}, targets[] = {1, 1, 3, 3};
    struct reader_result result;
    size_t missing, false_edges;
    (void)state;
    assert_int_equal(reader_read(samples[0].text, names, 4, READER_LEFT_TO_RIGHT, &result, NULL), STATUS_OK);
    reader_compare(&result, sources, targets, 4, &missing, &false_edges);
    assert_int_equal(missing, 1);
    assert_int_equal(false_edges, 0);
    reader_compare(&result, sources, targets, 2, &missing, &false_edges);
    assert_int_equal(missing, 0);
    assert_int_equal(false_edges, 1);
    reader_result_release(&result);
}

static void test_names_that_look_like_drawings(void **state)
{
    static const char *const odd[] = {"a]─►[b", "日本", "e\xcc\x81", "e", "x y"};
    struct reader_result result;
    (void)state;
    assert_int_equal(
        reader_read("[a]─►[b]─►[日本]\n[e\xcc\x81]─────►[x y]\n[e]\n", odd, 5, READER_LEFT_TO_RIGHT, &result, NULL),
        STATUS_OK);
    assert_int_equal(result.boxes_missing, 0);
    assert_int_equal(result.edge_count, 2);
    assert_int_equal(result.edges[0].target, 1);
    assert_int_equal(result.edges[1].source, 2);
    assert_int_equal(result.edges[1].target, 4);
    reader_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_comparison_counts_both_ways),
        cmocka_unit_test(test_names_that_look_like_drawings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
