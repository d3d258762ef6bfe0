/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/canvas.h"
#include "dagtop/base/memory.h"
#include "dagtop/draw/layout.h"

/* A diamond with a long edge: a -> b, c -> d and a -> d. */
static const uint32_t diamond_sources[] = {0, 0, 1, 2, 0}, diamond_targets[] = {1, 2, 3, 3, 3};

static struct draw_graph diamond(void)
{
    return (struct draw_graph){
        .node_count = 4, .edge_count = 5, .sources = diamond_sources, .targets = diamond_targets};
}

static void put_letter(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    char letter[2] = {(char)('a' + box), '\0'};
    (void)context;
    if (height > 0)
        canvas_put_text(canvas, row, column, width, letter, 0);
}

static char *draw(const struct layout *layout)
{
    struct layout_view view = {.content = put_letter};
    struct canvas canvas;
    struct text text;
    text_init(&text, 1u << 30);
    canvas_init(&canvas, layout_width(layout), layout_height(layout));
    layout_draw(layout, &canvas, &view);
    canvas_print(&canvas, &text);
    canvas_release(&canvas);
    return text_take(&text);
}

static void assert_drawing(const struct draw_graph *graph, const struct layout_options *options, const char *expected)
{
    struct layout *layout = layout_new(graph, options);
    char *drawing = draw(layout);
    assert_string_equal(drawing, expected);
    free(drawing);
    layout_free(layout);
}

static void test_small_drawings(void **state)
{
    struct draw_graph graph = diamond();
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    (void)state;
    graph.edge_count = 4;
    assert_drawing(&graph, &options, "    ┌►[b]─┐\n[a]─┴►[c]─┴►[d]\n");
    options.ascii = true;
    assert_drawing(&graph, &options, "    .>[b]-,\n[a]-*>[c]-*>[d]\n");
    options.box = LAYOUT_BOX_DOT;
    assert_drawing(&graph, &options, "  .>o-,\no-*>o-*>o\n");
}

static void test_nothing_and_one(void **state)
{
    struct draw_graph graph = {0};
    (void)state;
    struct layout *layout = layout_new(&graph, NULL);
    assert_int_equal(layout_box_count(layout), 0);
    size_t box = 7;
    assert_false(layout_hit(layout, 0, 0, &box));
    assert_false(layout_refine(layout, 1000));
    layout_adopt(layout);
    char *drawing = draw(layout);
    assert_string_equal(drawing, "");
    free(drawing);
    layout_free(layout);
    graph.node_count = 1;
    layout = layout_new(&graph, NULL);
    assert_int_equal(layout_box(layout), LAYOUT_BOX_FULL);
    drawing = draw(layout);
    assert_string_equal(drawing, "┌─┐\n│a│\n└─┘\n");
    free(drawing);
    layout_free(layout);
}

static void test_bad_edges_are_left_out(void **state)
{
    static const uint32_t sources[] = {0, 1, 2, 1, 1, 9, 0, 0}, targets[] = {1, 2, 0, 1, 2, 0, 9, 1};
    struct draw_graph graph = {.node_count = 3, .edge_count = 8, .sources = sources, .targets = targets};
    (void)state;
    struct layout *layout = layout_new(&graph, NULL);
    assert_int_equal(layout_dropped_edges(layout), 1);
    assert_int_equal(layout_edge_count(layout), 2);
    layout_free(layout);
}

static void test_queries(void **state)
{
    struct draw_graph graph = diamond();
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    size_t count, box, source, target;
    (void)state;
    struct layout *layout = layout_new(&graph, &options);
    for (size_t i = 0; i < 4; i++) {
        struct layout_rectangle area = layout_rectangle(layout, i);
        assert_true(layout_hit(layout, area.row, area.column, &box));
        assert_int_equal(box, i);
        assert_true(layout_hit(layout, area.row + area.height - 1, area.column + area.width - 1, &box));
        assert_int_equal(box, i);
        assert_false(layout_hit(layout, area.row, area.column + area.width, &box));
        assert_int_equal(layout_members(layout, i, &count)[0], i);
        assert_int_equal(count, 1);
    }
    assert_false(layout_hit(layout, -1, -1, &box));
    assert_false(layout_hit(layout, 1000, 1000, &box));
    assert_int_equal(layout_layer(layout, 3), 2);
    assert_int_equal(layout_move(layout, 1, LAYOUT_TO_SUCCESSOR), 3);
    assert_int_equal(layout_move(layout, 1, LAYOUT_TO_PREDECESSOR), 0);
    assert_int_equal(layout_move(layout, 0, LAYOUT_TO_PREDECESSOR), 0);
    assert_int_equal(layout_move(layout, 0, LAYOUT_TO_NEXT), 0);
    size_t other = layout_move(layout, 1, LAYOUT_TO_NEXT);
    if (other == 1)
        other = layout_move(layout, 1, LAYOUT_TO_PREVIOUS);
    assert_int_equal(other, 2);
    layout_edge(layout, 2, &source, &target);
    assert_int_equal(source, 0);
    assert_int_equal(target, 3);
    layout_free(layout);
}

/* Every corner of a route lies straight before or beside the one before it; the ends are at the boxes. */
static void test_routes(void **state)
{
    struct draw_graph graph = diamond();
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct layout_options options = {
            .direction = i & 1 ? LAYOUT_LEFT_TO_RIGHT : LAYOUT_TOP_TO_BOTTOM, .separate_edges = i > 1};
        struct layout *layout = layout_new(&graph, &options);
        for (size_t edge = 0; edge < layout_edge_count(layout); edge++) {
            struct layout_point points[64];
            size_t source, target, box, count = layout_route(layout, edge, points, 64);
            layout_edge(layout, edge, &source, &target);
            assert_in_range(count, 1, 64);
            for (size_t k = 1; k < count; k++)
                assert_true((points[k].row == points[k - 1].row) != (points[k].column == points[k - 1].column));
            int down = i & 1 ? 0 : 1, right = i & 1 ? 1 : 0;
            assert_true(layout_hit(layout, points[0].row - down, points[0].column - right, &box));
            assert_int_equal(box, source);
            struct layout_point end = points[count - 1];
            assert_true(layout_hit(layout, end.row + down, end.column + right, &box));
            assert_int_equal(box, target);
        }
        layout_free(layout);
    }
}

struct made {
    struct draw_graph graph;
    uint32_t *sources, *targets, *kinds;
    uint16_t *widths;
};

static void made_release(struct made *made)
{
    free(made->sources);
    free(made->targets);
    free(made->kinds);
    free(made->widths);
}

/* A biclique of a by b nodes, or, with b 0, a chain of a nodes. */
static struct made make(uint32_t a, uint32_t b)
{
    size_t nodes = a + b, edges = b ? (size_t)a * b : a - 1;
    struct made made = {.sources = memory_new_array(edges, sizeof(uint32_t)),
        .targets = memory_new_array(edges, sizeof(uint32_t)),
        .kinds = memory_new_array(nodes, sizeof(uint32_t)),
        .widths = memory_new_array(nodes, sizeof(uint16_t))};
    for (size_t i = 0; i < edges; i++) {
        made.sources[i] = (uint32_t)(b ? i / b : i);
        made.targets[i] = (uint32_t)(b ? a + i % b : i + 1);
    }
    for (size_t i = 0; i < nodes; i++) {
        made.kinds[i] = b && i >= a;
        made.widths[i] = 200;
    }
    made.graph = (struct draw_graph){.node_count = nodes,
        .edge_count = edges,
        .sources = made.sources,
        .targets = made.targets,
        .kinds = made.kinds,
        .line_widths = made.widths};
    return made;
}

static void test_biclique(void **state)
{
    struct made made = make(100, 100);
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    (void)state;
    struct layout *layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_height(layout), 100);
    assert_int_equal(layout_width(layout), 2 * 202 + 3);
    assert_int_equal(layout_drawn_crossings(layout), 0);
    layout_free(layout);
    options.fold = LAYOUT_FOLD_ALL;
    layout = layout_new(&made.graph, &options);
    assert_true(layout_is_folded(layout));
    assert_int_equal(layout_box_count(layout), 2);
    assert_int_equal(layout_height(layout), 1);
    layout_free(layout);
    made_release(&made);
}

static void test_chain_of_ten_thousand(void **state)
{
    struct made made = make(10000, 0);
    struct layout_options options = {.width = 80, .height = 24, .fold = LAYOUT_FOLD_AUTO};
    (void)state;
    struct layout *layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_box_count(layout), 10000);
    assert_int_equal(layout_layer(layout, 9999), 9999);
    layout_free(layout);
    made_release(&made);
}

/* A chain with so many long edges that their pieces would fill the memory: the longest are left out and counted. */
static void test_too_many_long_edges(void **state)
{
    enum { NODES = 2100 };
    struct made made = make(NODES, 0);
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE, .effort = 1};
    (void)state;
    made.sources = realloc(made.sources, 4 * NODES * sizeof *made.sources);
    made.targets = realloc(made.targets, 4 * NODES * sizeof *made.targets);
    assert_non_null(made.sources);
    assert_non_null(made.targets);
    for (uint32_t i = 0; i < 3 * NODES; i++) {
        made.sources[made.graph.edge_count] = i % (NODES / 3);
        made.targets[made.graph.edge_count++] = NODES - 1 - (i * 7 + i / NODES) % (NODES / 2);
    }
    made.graph.sources = made.sources;
    made.graph.targets = made.targets;
    struct layout *layout = layout_new(&made.graph, &options);
    assert_true(layout_dropped_edges(layout) > 0);
    assert_true(layout_edge_count(layout) >= NODES - 1);
    layout_free(layout);
    made_release(&made);
}

static void test_isolated_nodes_stand_in_columns(void **state)
{
    struct draw_graph graph = {.node_count = 10000};
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    (void)state;
    struct layout *layout = layout_new(&graph, &options);
    assert_in_range(layout_height(layout), 1, 400);
    assert_in_range(layout_width(layout), 1, 400);
    size_t beside = layout_move(layout, 5, LAYOUT_TO_SUCCESSOR);
    assert_int_equal(layout_layer(layout, beside), 1);
    assert_int_equal(layout_rectangle(layout, beside).row, layout_rectangle(layout, 5).row);
    assert_int_equal(layout_move(layout, beside, LAYOUT_TO_PREDECESSOR), 5);
    assert_int_equal(layout_move(layout, 5, LAYOUT_TO_PREDECESSOR), 5);
    layout_free(layout);
}

/* Every part of a drawing, in a pane of any size, is a part of the whole. */
static void test_parts_equal_the_whole(void **state)
{
    static const uint32_t sources[] = {0, 0, 0, 1, 2, 3, 1, 2, 0, 5, 6, 4},
                          targets[] = {1, 2, 3, 4, 4, 4, 5, 5, 6, 7, 7, 7};
    struct draw_graph graph = {.node_count = 8, .edge_count = 12, .sources = sources, .targets = targets};
    struct layout_view view = {.content = put_letter};
    struct canvas whole, part;
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct layout_options options = {.direction = i & 1 ? LAYOUT_LEFT_TO_RIGHT : LAYOUT_TOP_TO_BOTTOM,
            .box = i < 2   ? LAYOUT_BOX_FULL
                   : i < 4 ? LAYOUT_BOX_LINE
                           : LAYOUT_BOX_DOT};
        struct layout *layout = layout_new(&graph, &options);
        view.row = view.column = 0;
        canvas_init(&whole, layout_width(layout), layout_height(layout));
        layout_draw(layout, &whole, &view);
        canvas_init(&part, 3, 2);
        for (view.row = -2; view.row <= layout_height(layout); view.row++) {
            for (view.column = -3; view.column <= layout_width(layout); view.column++) {
                canvas_clear(&part, 0);
                layout_draw(layout, &part, &view);
                for (int k = 0; k < 6; k++) {
                    const struct cell *cell = canvas_at(&whole, view.row + k / 3, view.column + k % 3);
                    assert_int_equal(canvas_at(&part, k / 3, k % 3)->code_point, cell ? cell->code_point : ' ');
                }
            }
        }
        canvas_release(&whole);
        canvas_release(&part);
        layout_free(layout);
    }
}

static void test_fits_what_is_there(void **state)
{
    struct made made = make(3, 12);
    struct layout_options options = {.width = 1000, .height = 80};
    (void)state;
    struct layout *layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_box(layout), LAYOUT_BOX_FULL);
    assert_int_equal(layout_direction(layout), LAYOUT_LEFT_TO_RIGHT);
    layout_free(layout);
    options.height = 20;
    layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_box(layout), LAYOUT_BOX_LINE);
    assert_int_equal(layout_height(layout), 12);
    layout_free(layout);
    options.width = 50;
    layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_box(layout), LAYOUT_BOX_DOT);
    layout_free(layout);
    options.fold = LAYOUT_FOLD_AUTO;
    options.width = 500;
    options.height = 3;
    layout = layout_new(&made.graph, &options);
    assert_true(layout_is_folded(layout));
    assert_int_equal(layout_box_of_node(layout, 14), 1);
    layout_free(layout);
    options = (struct layout_options){.width = 3, .height = 1};
    layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_box(layout), LAYOUT_BOX_LINE);
    layout_free(layout);
    made_release(&made);
}

static void measure(void *context, const uint32_t *members, size_t count, bool full, unsigned *width, unsigned *height)
{
    (void)context;
    (void)members;
    assert_int_equal(*width, 200);
    assert_int_equal(*height, 1);
    *width = (unsigned)count;
    *height = full ? 2 : 1;
}

static void test_folded_boxes_are_measured(void **state)
{
    struct made made = make(30, 20);
    struct layout_options options = {.fold = LAYOUT_FOLD_ALL, .box = LAYOUT_BOX_FULL, .measure = measure};
    (void)state;
    struct layout *layout = layout_new(&made.graph, &options);
    assert_int_equal(layout_content(layout, 0).width, 30);
    assert_int_equal(layout_content(layout, 1).width, 20);
    assert_int_equal(layout_content(layout, 1).height, 2);
    layout_free(layout);
    made_release(&made);
}

static void test_refinement_only_improves(void **state)
{
    uint32_t sources[300], targets[300];
    uint64_t seed = 7;
    struct draw_graph graph = {.node_count = 120, .edge_count = 300, .sources = sources, .targets = targets};
    struct layout_options options = {.effort = 1, .direction = LAYOUT_LEFT_TO_RIGHT, .separate_edges = true};
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        sources[i] = (uint32_t)(seed >> 33) % 100;
        targets[i] = sources[i] + 1 + (uint32_t)(seed >> 50) % 20;
    }
    struct layout *layout = layout_new(&graph, &options), *again = layout_new(&graph, &options);
    uint64_t first = layout_layered_crossings(layout);
    bool better = false;
    assert_int_equal(layout_layered_crossings(again), first);
    for (unsigned i = 0; i < 20; i++)
        better = layout_refine(layout, 200000);
    assert_int_equal(layout_layered_crossings(layout), first);
    assert_true(better);
    layout_adopt(layout);
    assert_true(layout_layered_crossings(layout) < first);
    layout_free(layout);
    layout_free(again);
}

/* Seeded with where they stood, boxes keep their order when one is added. */
static void test_order_is_kept(void **state)
{
    uint32_t sources[40], targets[40];
    int32_t before[21];
    struct draw_graph graph = {.node_count = 20, .edge_count = 0, .sources = sources, .targets = targets};
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE, .before = before};
    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        sources[i] = i;
        targets[i] = 10 + i;
        before[i] = before[i + 10] = (int32_t)(9 - i);
    }
    sources[10] = 3;
    targets[10] = 20;
    before[20] = -1;
    graph.node_count = 21;
    graph.edge_count = 11;
    struct layout *layout = layout_new(&graph, &options);
    for (size_t i = 1; i < 10; i++) {
        assert_true(layout_rank(layout, i) < layout_rank(layout, i - 1));
        assert_true(layout_rank(layout, i + 10) < layout_rank(layout, i + 9));
    }
    layout_free(layout);
}

enum { SMALL_GRAPHS = 300, SMALL_NODES = 6, SMALL_EDGES = 8 };

/* The least sum of the lengths of all edges, by trying every layering. */
static unsigned least_length(const struct draw_graph *graph)
{
    unsigned least = UINT32_MAX, all = 1;
    for (size_t i = 0; i < graph->node_count; i++)
        all *= SMALL_NODES;
    for (unsigned number = 0; number < all; number++) {
        unsigned layers[SMALL_NODES], rest = number, length = 0;
        bool fits = true;
        for (size_t i = 0; i < graph->node_count; i++, rest /= SMALL_NODES)
            layers[i] = rest % SMALL_NODES;
        for (size_t i = 0; i < graph->edge_count; i++) {
            fits = fits && layers[graph->sources[i]] < layers[graph->targets[i]];
            length += layers[graph->targets[i]] - layers[graph->sources[i]];
        }
        least = fits && length < least ? length : least;
    }
    return least;
}

/* No layers make the edges shorter in total. */
static void test_edges_are_short(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (unsigned round = 0; round < SMALL_GRAPHS; round++) {
        uint32_t sources[SMALL_EDGES], targets[SMALL_EDGES], length = 0;
        struct draw_graph graph = {.node_count = SMALL_NODES, .sources = sources, .targets = targets};
        for (unsigned source = 0; source < SMALL_NODES; source++) {
            for (unsigned target = source + 1; target < SMALL_NODES && graph.edge_count < SMALL_EDGES; target++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                sources[graph.edge_count] = source;
                targets[graph.edge_count] = target;
                graph.edge_count += (seed >> 33) % 3 == 0;
            }
        }
        struct layout *layout = layout_new(&graph, NULL);
        for (size_t i = 0; i < graph.edge_count; i++)
            length += layout_layer(layout, targets[i]) - layout_layer(layout, sources[i]);
        assert_int_equal(length, least_length(&graph));
        layout_free(layout);
    }
}

/* Bars are the first thing that goes where space is short; without any there is no size of boxes for them. */
static void test_bars_where_there_is_room(void **state)
{
    static const uint16_t line[] = {4, 4, 4, 4}, bar[] = {9, 9, 9, 9};
    struct draw_graph graph = diamond();
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .width = 60, .height = 3};
    (void)state;
    graph.line_widths = line;
    graph.bar_widths = bar;
    for (int i = 0; i < 3; i++) {
        static const enum layout_box expected[] = {LAYOUT_BOX_BAR, LAYOUT_BOX_LINE, LAYOUT_BOX_LINE};
        struct layout *layout = layout_new(&graph, &options);
        assert_int_equal(layout_box(layout), expected[i]);
        assert_int_equal(layout_content(layout, 0).width, i == 0 ? 9 : 4);
        layout_free(layout);
        options.width = i == 0 ? 30 : 60;
        graph.bar_widths = i == 0 ? bar : NULL;
    }
}

static void stop_while_measuring(
    void *context, const uint32_t *members, size_t count, bool full, unsigned *width, unsigned *height)
{
    (void)members;
    (void)count;
    (void)full;
    (void)width;
    (void)height;
    atomic_store((atomic_bool *)context, true);
}

/* Nobody wants it any more: before it begins, and while its boxes are measured. */
static void test_stopped(void **state)
{
    static const uint32_t kinds[] = {0, 1, 1, 2};
    atomic_bool stop = true;
    struct draw_graph graph = diamond();
    struct layout_options options = {.fold = LAYOUT_FOLD_ALL, .stop = &stop};
    (void)state;
    graph.kinds = kinds;
    assert_null(layout_new(&graph, &options));
    atomic_store(&stop, false);
    options.measure = stop_while_measuring;
    options.measure_context = &stop;
    assert_null(layout_new(&graph, &options));
    assert_true(stop);
    options.measure = NULL;
    atomic_store(&stop, false);
    struct layout *layout = layout_new(&graph, &options);
    assert_non_null(layout);
    assert_int_equal(layout_box_count(layout), 3);
    layout_free(layout);
}

static void test_styles_of_lines(void **state)
{
    struct draw_graph graph = diamond();
    struct layout_options options = {.direction = LAYOUT_LEFT_TO_RIGHT, .box = LAYOUT_BOX_LINE};
    uint8_t passed[4] = {1, 1, 0, 0}, marked[4] = {1, 1, 0, 1};
    uint16_t boxes[4] = {11, 12, 13, 14};
    struct layout_view view = {.edge_style = 1, .passed_style = 2, .passed = passed, .box_styles = boxes};
    struct canvas canvas;
    (void)state;
    graph.edge_count = 4;
    struct layout *layout = layout_new(&graph, &options);
    canvas_init(&canvas, layout_width(layout), layout_height(layout));
    layout_draw(layout, &canvas, &view);
    struct layout_rectangle a = layout_rectangle(layout, 0), d = layout_rectangle(layout, 3);
    assert_int_equal(canvas_at(&canvas, a.row, a.column)->style, 11);
    assert_int_equal(canvas_at(&canvas, a.row, a.column + a.width)->style, 2);
    for (int row = d.row; row < d.row + d.height; row++)
        if (canvas_at(&canvas, row, d.column - 1)->code_point != ' ')
            assert_int_equal(canvas_at(&canvas, row, d.column - 1)->style, 1);
    view.marked = marked;
    view.marked_style = 3;
    layout_draw(layout, &canvas, &view);
    unsigned seen = 0;
    for (int i = 0; i < canvas.width * canvas.height; i++)
        seen += canvas.cells[i].style == 3;
    assert_true(seen > 6);
    canvas_release(&canvas);
    layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_drawings),
        cmocka_unit_test(test_nothing_and_one),
        cmocka_unit_test(test_bad_edges_are_left_out),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_biclique),
        cmocka_unit_test(test_chain_of_ten_thousand),
        cmocka_unit_test(test_too_many_long_edges),
        cmocka_unit_test(test_isolated_nodes_stand_in_columns),
        cmocka_unit_test(test_parts_equal_the_whole),
        cmocka_unit_test(test_fits_what_is_there),
        cmocka_unit_test(test_folded_boxes_are_measured),
        cmocka_unit_test(test_refinement_only_improves),
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test(test_edges_are_short),
        cmocka_unit_test(test_bars_where_there_is_room),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_styles_of_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
