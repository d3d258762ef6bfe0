/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/clock.h"
#include "dagtop/load/workflow_file.h"
#include "src/ui/ui_private.h"
#include "tests/screen/fake_engine.h"
#include "tests/screen/scenes.h"

enum { PATIENCE_MILLISECONDS = 30000 };

struct stage {
    wall_time now;
    struct engine *engine;
    struct term *term;
    struct loop *loop;
    struct ui *ui;
};

static wall_time stage_now(void *argument)
{
    return ((struct stage *)argument)->now;
}

static void stage_init(struct stage *stage, const char *scene, struct loop *loop)
{
    *stage = (struct stage){.now = 1795000000000, .loop = loop};
    stage->engine = scene_make(scene, &stage->now);
    stage->term = term_open_headless(80, 24, false);
    struct ui_options options = {
        .loop = loop, .engine = stage->engine, .term = stage->term, .now = stage_now, .argument = stage};
    stage->ui = ui_new(&options);
    ui_draw(stage->ui);
}

static void stage_release(struct stage *stage)
{
    ui_free(stage->ui);
    term_close(stage->term);
    engine_free(stage->engine);
    if (stage->loop)
        loop_free(stage->loop);
}

static void press(struct stage *stage, const char *name)
{
    struct key key;
    assert_true(key_parse(name, &key));
    ui_take_key(stage->ui, key);
    ui_draw(stage->ui);
}

static size_t node_named(const struct stage *stage, const char *name)
{
    size_t node;
    assert_true(workflow_find(stage->ui->snapshot->workflow, name, &node));
    return node;
}

static size_t box_of(const struct stage *stage, const char *name)
{
    size_t box;
    assert_true(pane_graph_box_of(&stage->ui->graph, node_named(stage, name), &box));
    return box;
}

/* The cell before a box, from left to right: its arrowhead. */
static const struct cell *arrow_to(const struct stage *stage, const char *name)
{
    const struct graph_pane *graph = &stage->ui->graph;
    struct rectangle pane = stage->ui->plan.panes[PANE_GRAPH];
    struct layout_rectangle place = layout_rectangle(graph->layout, box_of(stage, name));
    int title = stage->ui->plan.titles ? 1 : 0;
    return canvas_at(&stage->ui->canvas, pane.row + title + place.row + 1 - graph->row,
        pane.column + place.column - 1 - graph->column);
}

static void end_well(struct stage *stage, const char *name)
{
    struct observation *observation = fake_engine_observation(stage->engine, name);
    for (size_t i = 0; i < observation->attempt_count; i++) {
        struct attempt *attempt = &observation->attempts[i];
        attempt->decision = DECISION_RUN;
        attempt->started = attempt->started ? attempt->started : stage->now - 2000;
        attempt->ended = stage->now - 1000;
        attempt->exited = true;
        attempt->exit_code = 0;
    }
}

/* Nodes end: boxes stay where they are, lines become bright. */
static void test_states_move_nothing(void **state)
{
    struct stage stage;
    static const char *const benches[] = {"bench-a", "bench-b", "bench-c", "bench-d"};
    (void)state;
    stage_init(&stage, "eleven", NULL);
    press(&stage, "2");
    press(&stage, "z");
    press(&stage, "g");
    const struct layout *layout = stage.ui->graph.layout;
    assert_int_equal(layout_box(layout), LAYOUT_BOX_FULL);
    assert_false(layout_is_folded(layout));
    assert_int_equal(arrow_to(&stage, "bench-e")->style, STYLE_EDGE_PASSED);
    struct layout_rectangle before = layout_rectangle(layout, box_of(&stage, "end"));
    assert_int_equal(stage.ui->graph.passed[box_of(&stage, "bench-a")], 0);
    for (int i = 0; i < 4; i++)
        end_well(&stage, benches[i]);
    fake_engine_update(stage.engine);
    ui_changed(stage.ui, ENGINE_CHANGED_STATES);
    ui_draw(stage.ui);
    assert_ptr_equal(stage.ui->graph.layout, layout);
    struct layout_rectangle after = layout_rectangle(layout, box_of(&stage, "end"));
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(stage.ui->graph.passed[box_of(&stage, "bench-a")], 1);
    assert_int_equal(stage.ui->graph.passed[box_of(&stage, "bench-e")], 0);
    assert_int_equal(arrow_to(&stage, "end")->style, STYLE_EDGE);
    stage_release(&stage);
}

static void test_paths(void **state)
{
    struct stage stage;
    (void)state;
    stage_init(&stage, "eleven", NULL);
    press(&stage, "2");
    press(&stage, "z");
    ui_select(stage.ui, node_named(&stage, "bench-b"));
    press(&stage, "p");
    ui_select(stage.ui, node_named(&stage, "start"));
    ui_draw(stage.ui);
    const uint8_t *marked = stage.ui->graph.marked;
    assert_int_equal(marked[box_of(&stage, "start")] + marked[box_of(&stage, "fetch-3")], 2);
    assert_int_equal(marked[box_of(&stage, "bench-b")], 1);
    assert_int_equal(marked[box_of(&stage, "bench-a")] + marked[box_of(&stage, "end")], 0);
    assert_int_equal(arrow_to(&stage, "fetch-3")->style, STYLE_EDGE_MARKED);
    press(&stage, "p");
    press(&stage, "P");
    size_t chain = 0;
    for (size_t box = 0; box < layout_box_count(stage.ui->graph.layout); box++)
        chain += stage.ui->graph.marked[box];
    /* Nodes that take no time need not be on it. */
    assert_in_range(chain, 2, 4);
    stage_release(&stage);
}

static void test_neighbourhood(void **state)
{
    struct stage stage;
    size_t box;
    (void)state;
    stage_init(&stage, "eleven", NULL);
    press(&stage, "2");
    press(&stage, "z");
    ui_select(stage.ui, node_named(&stage, "bench-b"));
    press(&stage, ")");
    assert_int_equal(layout_box_count(stage.ui->graph.layout), 6);
    assert_false(pane_graph_box_of(&stage.ui->graph, node_named(&stage, "start"), &box));
    assert_false(pane_graph_box_of(&stage.ui->graph, node_named(&stage, "bench-a"), &box));
    press(&stage, ")");
    assert_true(pane_graph_box_of(&stage.ui->graph, node_named(&stage, "start"), &box));
    ui_select(stage.ui, node_named(&stage, "bench-a"));
    ui_draw(stage.ui);
    assert_true(pane_graph_box_of(&stage.ui->graph, node_named(&stage, "bench-a"), &box));
    press(&stage, "b");
    assert_int_equal(stage.ui->graph.shown_wish.steps, 0);
    assert_true(pane_graph_box_of(&stage.ui->graph, node_named(&stage, "bench-e"), &box));
    stage_release(&stage);
}

/* Turns of the loop until no thread makes a layout that is waited for. */
static void wait_for_layout(struct stage *stage)
{
    int64_t end = clock_monotonic() + PATIENCE_MILLISECONDS;
    do {
        loop_run_once(stage->loop, true);
        ui_redraw(stage->ui);
        assert_true(clock_monotonic() < end);
    } while (pane_graph_is_busy(stage->ui));
}

static void test_large_by_a_thread(void **state)
{
    struct stage stage;
    (void)state;
    stage_init(&stage, "large-sweep", loop_new());
    assert_null(stage.ui->graph.layout);
    assert_true(pane_graph_is_busy(stage.ui));
    wait_for_layout(&stage);
    assert_int_equal(layout_box_count(stage.ui->graph.layout), 2);
    press(&stage, "2");
    press(&stage, "Z");
    assert_int_equal(layout_box_count(stage.ui->graph.layout), 2);
    wait_for_layout(&stage);
    assert_int_equal(layout_box_count(stage.ui->graph.layout), 10000);
    /* Another wish ends what is under way; the first one again needs no work at all. */
    press(&stage, "d");
    const struct graph_job *job = stage.ui->graph.job;
    press(&stage, "-");
    assert_true(pane_graph_is_busy(stage.ui));
    assert_ptr_not_equal(stage.ui->graph.job, job);
    wait_for_layout(&stage);
    assert_int_equal(layout_box(stage.ui->graph.layout), LAYOUT_BOX_DOT);
    press(&stage, "+");
    assert_true(pane_graph_is_busy(stage.ui));
    press(&stage, "-");
    assert_false(pane_graph_is_busy(stage.ui));
    /* Ended while a thread is at work: nobody waits for it. */
    press(&stage, "d");
    assert_true(pane_graph_is_busy(stage.ui));
    stage_release(&stage);
}

/* Boxes that are opened, closed or change their size leave the one under the cursor where it was. */
static void test_the_cursor_stays(void **state)
{
    static const char *const keys[] = {"o", "o", "-", "+"};
    struct stage stage;
    int row, column, new_row, new_column;
    (void)state;
    stage_init(&stage, "large-tangle", NULL);
    press(&stage, "2");
    ui_select(stage.ui, node_named(&stage, "run-5000"));
    press(&stage, "c");
    assert_true(pane_graph_cursor(stage.ui, &row, &column));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        press(&stage, keys[i]);
        assert_true(pane_graph_cursor(stage.ui, &new_row, &new_column));
        assert_int_equal(new_row, row);
        assert_int_equal(new_column, column);
    }
    stage_release(&stage);
}

/* Another engine of the workflow in words takes the place of the stage's. */
static void renew(struct stage *stage, const char *words)
{
    struct error_list errors, warnings;
    struct workflow *workflow;
    error_list_init(&errors);
    error_list_init(&warnings);
    assert_int_equal(
        workflow_file_parse(words, strlen(words), "scene.yaml", NULL, &workflow, &errors, &warnings), STATUS_OK);
    error_list_release(&errors);
    error_list_release(&warnings);
    struct engine *before = stage->engine;
    stage->engine = fake_engine_new(workflow, &stage->now);
    fake_engine_update(stage->engine);
    ui_set_engine(stage->ui, stage->engine);
    engine_free(before);
    ui_draw(stage->ui);
}

static struct layout_rectangle place_of(const struct stage *stage, const char *name)
{
    return layout_rectangle(stage->ui->graph.layout, box_of(stage, name));
}

/* The file is another: its nodes stand in another order, one is gone, one is new. Who was on the left is there. */
static void test_another_file(void **state)
{
    static const char first[] = "workflow:\n  name: it\n  nodes:\n    start: {exec: a}\n    one: {exec: b}\n"
                                "    two: {exec: c}\n    three: {exec: d}\n    four: {exec: e}\n    end: {exec: f}\n"
                                "  dependencies: [[start, [one, two, three, four], end]]\n";
    static const char second[] = "workflow:\n  name: it\n  nodes:\n    end: {exec: f}\n    four: {exec: e}\n"
                                 "    new: {exec: g}\n    three: {exec: d}\n    one: {exec: b}\n    start: {exec: a}\n"
                                 "  dependencies: [[start, [one, new, three, four], end]]\n";
    static const char *const middle[] = {"one", "three", "four"};
    struct stage stage;
    int columns[3], row, column, row_after, column_after;
    (void)state;
    stage_init(&stage, "eleven", NULL);
    renew(&stage, first);
    press(&stage, "2");
    press(&stage, "z");
    ui_select(stage.ui, node_named(&stage, "three"));
    press(&stage, "Space");
    press(&stage, "p");
    assert_int_equal(layout_direction(stage.ui->graph.layout), LAYOUT_TOP_TO_BOTTOM);
    for (int i = 0; i < 3; i++)
        columns[i] = place_of(&stage, middle[i]).column;
    assert_true(columns[0] < columns[1] && columns[1] < columns[2]);
    assert_true(pane_graph_cursor(stage.ui, &row, &column));
    renew(&stage, second);
    assert_int_equal(stage.ui->selected, node_named(&stage, "three"));
    assert_true(stage.ui->marks[node_named(&stage, "three")]);
    assert_int_equal(stage.ui->mark_count, 1);
    assert_int_equal(stage.ui->graph.path_from, node_named(&stage, "three"));
    assert_true(stage.ui->graph.path && stage.ui->zoomed && stage.ui->focus == PANE_GRAPH);
    assert_int_equal(layout_direction(stage.ui->graph.layout), LAYOUT_TOP_TO_BOTTOM);
    for (int i = 0; i + 1 < 3; i++)
        assert_true(place_of(&stage, middle[i]).column < place_of(&stage, middle[i + 1]).column);
    assert_true(pane_graph_cursor(stage.ui, &row_after, &column_after));
    assert_int_equal(row_after, row);
    stage_release(&stage);
}

/* What is opened stays open; where the selected node is gone, one beside it is selected. */
static void test_another_file_of_a_fold(void **state)
{
    static const char first[] =
        "workflow:\n  name: it\n  nodes:\n    start: {exec: a}\n    end: {exec: b}\n"
        "    run-1: {exec: c}\n    run-2: {exec: c}\n    run-3: {exec: c}\n    run-4: {exec: c}\n"
        "  dependencies: [[start, 'run-[1-4]', end]]\n";
    static const char second[] =
        "workflow:\n  name: it\n  nodes:\n    start: {exec: a}\n    end: {exec: b}\n"
        "    run-1: {exec: c}\n    run-2: {exec: c}\n    run-4: {exec: c}\n    run-5: {exec: c}\n"
        "  dependencies: [[start, 'run-[1-2,4-5]', end]]\n";
    struct stage stage;
    (void)state;
    stage_init(&stage, "eleven", NULL);
    renew(&stage, first);
    press(&stage, "2");
    press(&stage, "z");
    press(&stage, "Z");
    assert_true(layout_is_folded(stage.ui->graph.layout));
    ui_select(stage.ui, node_named(&stage, "run-3"));
    press(&stage, "o");
    assert_non_null(stage.ui->graph.colours);
    assert_null(layout_colours(stage.ui->graph.layout));
    assert_true(box_of(&stage, "run-1") != box_of(&stage, "run-2"));
    renew(&stage, second);
    assert_int_equal(stage.ui->selected, node_named(&stage, "run-4"));
    assert_true(box_of(&stage, "run-1") != box_of(&stage, "run-2"));
    assert_true(box_of(&stage, "run-1") != box_of(&stage, "run-4"));
    stage_release(&stage);
}

/* Two files while the graph is not on the screen: what was drawn last is still what the next drawing goes by. */
static void test_files_that_nobody_sees(void **state)
{
    static const char first[] = "workflow:\n  name: it\n  nodes:\n    start: {exec: a}\n    one: {exec: b}\n"
                                "    two: {exec: c}\n    three: {exec: d}\n    end: {exec: f}\n"
                                "  dependencies: [[start, [one, two, three], end]]\n";
    static const char second[] = "workflow:\n  name: it\n  nodes:\n    end: {exec: f}\n    three: {exec: d}\n"
                                 "    two: {exec: c}\n    one: {exec: b}\n    start: {exec: a}\n"
                                 "  dependencies: [[start, [three, two, one], end]]\n";
    static const char third[] = "workflow:\n  name: it\n  nodes:\n    before-1: {exec: g}\n    before-2: {exec: h}\n"
                                "    before-3: {exec: i}\n    end: {exec: f}\n    three: {exec: d}\n"
                                "    two: {exec: c}\n    one: {exec: b}\n    start: {exec: a}\n"
                                "  dependencies: [[start, [three, two, one], end]]\n";
    struct stage stage;
    (void)state;
    stage_init(&stage, "eleven", NULL);
    renew(&stage, first);
    press(&stage, "2");
    press(&stage, "z");
    assert_int_equal(layout_direction(stage.ui->graph.layout), LAYOUT_TOP_TO_BOTTOM);
    assert_true(place_of(&stage, "one").column < place_of(&stage, "three").column);
    press(&stage, "3");
    renew(&stage, second);
    assert_null(stage.ui->graph.layout);
    renew(&stage, third);
    assert_null(stage.ui->graph.layout);
    press(&stage, "2");
    assert_int_equal(layout_direction(stage.ui->graph.layout), LAYOUT_TOP_TO_BOTTOM);
    assert_true(place_of(&stage, "one").column < place_of(&stage, "three").column);
    stage_release(&stage);
}

/* A grid of more nodes than before. */
static void test_another_file_of_a_sweep(void **state)
{
    static const char first[] = "workflow:\n  name: it\n  nodes:\n    a: {exec: a, sweep: {x: 1, y: 1}}\n"
                                "    b: {exec: b, sweep: {x: 2, y: 1}}\n";
    struct text second;
    struct stage stage;
    (void)state;
    text_init(&second, 0);
    text_append_string(&second, first);
    for (int i = 3; i < 300; i++)
        text_append_format(&second, "    n%d: {exec: c, sweep: {x: %d, y: 2}}\n", i, i);
    stage_init(&stage, "eleven", NULL);
    renew(&stage, first);
    press(&stage, "6");
    renew(&stage, second.data);
    assert_int_equal(stage.ui->lower, PANE_GRID);
    stage_release(&stage);
    text_release(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_move_nothing),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_neighbourhood),
        cmocka_unit_test(test_large_by_a_thread),
        cmocka_unit_test(test_the_cursor_stays),
        cmocka_unit_test(test_another_file),
        cmocka_unit_test(test_another_file_of_a_fold),
        cmocka_unit_test(test_files_that_nobody_sees),
        cmocka_unit_test(test_another_file_of_a_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
