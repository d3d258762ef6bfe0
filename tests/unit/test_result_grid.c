/* SPDX-License-Identifier: Apache-2.0 */
/* The experiment grid: axes, cells, values, shades and the best, with many cells too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/result_grid.h"

static int make_table(void **state)
{
    static struct result_table table;
    result_table_init(&table);
    *state = &table;
    return 0;
}

static int release_table(void **state)
{
    result_table_release(*state);
    return 0;
}

static void add(struct result_table *table, const char *epoch, const char *rate, const char *repeat,
    enum node_state state, double progress, const char *value)
{
    struct result_row row = {.name = memory_copy_text("x"), .state = state, .progress = progress};
    attributes_set(&row.parameters, "epoch", epoch);
    attributes_set(&row.parameters, "rate", rate);
    attributes_set(&row.parameters, "repeat", repeat);
    if (value)
        attributes_set(&row.metrics, "loss", value);
    result_table_add(table, &row);
}

static void add_some(struct result_table *table)
{
    add(table, "10", "fast", "1", STATE_DONE, -1, "1");
    add(table, "10", "fast", "2", STATE_DONE, -1, "3");
    add(table, "9", "fast", "1", STATE_RUNNING, 50, "7");
    add(table, "9", "fast", "2", STATE_WAITING, -1, NULL);
    add(table, "9", "slow", "1", STATE_FAILED, 20, "junk");
    add(table, "10", "slow", "1", STATE_DONE, 30, "4.5");
}

static void test_cells(void **state)
{
    struct result_table *table = *state;
    struct result_grid grid;
    add_some(table);
    struct result_source source = result_table_source(table);
    const struct result_grid_question question = {
        .across = "epoch", .down = "rate", .metric = "loss", .less_is_better = true};
    assert_int_equal(result_grid_make(&grid, &source, &question), STATUS_OK);
    assert_int_equal(grid.across.count, 2);
    assert_string_equal(grid.across.names[0], "9");
    assert_string_equal(grid.across.names[1], "10");
    assert_string_equal(grid.down.names[0], "fast");
    const struct result_cell *fast9 = &grid.cells[0], *fast10 = &grid.cells[1], *slow9 = &grid.cells[2],
                             *slow10 = &grid.cells[3];
    assert_int_equal(fast9->rows, 2);
    assert_int_equal(fast9->first, 2);
    assert_int_equal(fast9->values, 1);
    assert_true(fast9->progress == 50);
    assert_int_equal(result_cell_state(fast9), STATE_RUNNING);
    assert_true(fabs(fast10->value - 2) < 1e-12);
    assert_true(fast10->progress == 100 && slow10->progress == 100);
    assert_int_equal(result_cell_state(fast10), STATE_DONE);
    assert_int_equal(slow9->values, 0);
    assert_int_equal(result_cell_state(slow9), STATE_FAILED);
    assert_true(grid.lowest == 2 && grid.highest == 7);
    assert_true(grid.has_best);
    assert_int_equal(grid.best, 1);
    assert_int_equal(fast10->shade, RESULT_GRID_SHADES - 1);
    assert_int_equal(fast9->shade, 0);
    assert_int_equal(slow10->shade, RESULT_GRID_SHADES / 2);
    result_grid_release(&grid);
}

static void test_filters_and_single_lines(void **state)
{
    struct result_table *table = *state;
    struct result_grid grid;
    struct attributes filter = {0};
    add_some(table);
    struct result_source source = result_table_source(table);
    attributes_set(&filter, "repeat", "1");
    attributes_set(&filter, "rate", "fast");
    struct result_grid_question question = {.across = "epoch", .filter = &filter, .metric = "loss"};
    assert_int_equal(result_grid_make(&grid, &source, &question), STATUS_OK);
    assert_int_equal(grid.across.count, 2);
    assert_int_equal(grid.down.count, 1);
    assert_int_equal(grid.cells[0].rows, 1);
    assert_int_equal(grid.best, 0);
    result_grid_release(&grid);
    question.metric = NULL;
    assert_int_equal(result_grid_make(&grid, &source, &question), STATUS_OK);
    assert_false(grid.has_best);
    result_grid_release(&grid);
    question.across = "nothing";
    assert_int_equal(result_grid_make(&grid, &source, &question), STATUS_NOT_FOUND);
    attributes_release(&filter);
}

static void test_ten_thousand_cells(void **state)
{
    struct result_table *table = *state;
    struct result_grid grid;
    for (int i = 0; i < 10000; i++) {
        char epoch[16], rate[16], loss[16];
        snprintf(epoch, sizeof epoch, "%d", 99 - i % 100);
        snprintf(rate, sizeof rate, "0.%02d", i / 100);
        snprintf(loss, sizeof loss, "%d", i);
        add(table, epoch, rate, "1", STATE_DONE, -1, loss);
    }
    struct result_source source = result_table_source(table);
    const struct result_grid_question question = {.across = "epoch", .down = "rate", .metric = "loss"};
    assert_int_equal(result_grid_make(&grid, &source, &question), STATUS_OK);
    assert_int_equal(grid.across.count * grid.down.count, 10000);
    assert_string_equal(grid.across.names[99], "99");
    assert_int_equal(grid.best, 99 * 100);
    assert_int_equal(grid.cells[99 * 100].shade, RESULT_GRID_SHADES - 1);
    result_grid_release(&grid);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_table, release_table)
    const struct CMUnitTest tests[] = {
        TEST(test_cells), TEST(test_filters_and_single_lines), TEST(test_ten_thousand_cells)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
