/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/sweep/result_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"

/* The values of a parameter as they come, and where each stands in the end. */
struct axis {
    const char *name; /* NULL: one value for all */
    struct name_list values;
    struct map *indices;
    size_t last;   /* index that was found last */
    size_t *order; /* of the value that came as number i */
};

static void axis_init(struct axis *axis, const char *name)
{
    *axis = (struct axis){.name = name, .indices = map_new()};
}

static void axis_release(struct axis *axis)
{
    name_list_release(&axis->values);
    map_free(axis->indices);
    free(axis->order);
}

/* In a product, a row has the value of the row before, or the next one, or the first again: sets last. */
static bool guess(struct axis *axis, const char *value)
{
    size_t count = axis->values.count;
    const size_t places[] = {axis->last, axis->last + 1, 0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i] < count && strcmp(axis->values.names[places[i]], value) == 0) {
            axis->last = places[i];
            return true;
        }
    return false;
}

/* The number of a row's value on an axis, added where it is new; false where the row has none. */
static bool axis_find(struct axis *axis, const struct attributes *parameters, size_t *index)
{
    uintptr_t found = axis->values.count;
    const char *value = axis->name ? attributes_get(parameters, axis->name) : "";
    if (!value)
        return false;
    if (guess(axis, value))
        found = axis->last;
    else if (!map_get(axis->indices, value, &found)) {
        map_set(axis->indices, value, found);
        name_list_add(&axis->values, value);
    }
    *index = axis->last = found;
    return true;
}

struct ordered {
    char *name;
    double number;
    size_t index;
};

static int compare(const void *one, const void *other)
{
    const struct ordered *left = one, *right = other;
    if (left->number < right->number)
        return -1;
    if (left->number > right->number)
        return 1;
    return left->index < right->index ? -1 : 1;
}

/* Numbers in their order where all values are numbers; else as they came. */
static void axis_sort(struct axis *axis)
{
    size_t count = axis->values.count;
    struct ordered *ordered = memory_new_array(count, sizeof *ordered);
    bool numbers = true;
    for (size_t i = 0; i < count; i++) {
        ordered[i] = (struct ordered){.name = axis->values.names[i], .index = i};
        numbers = numbers && result_number(ordered[i].name, &ordered[i].number);
    }
    if (numbers)
        qsort(ordered, count, sizeof *ordered, compare);
    axis->order = memory_new_array(count, sizeof *axis->order);
    for (size_t i = 0; i < count; i++) {
        axis->values.names[i] = ordered[i].name;
        axis->order[ordered[i].index] = i;
    }
    free(ordered);
}

static bool passes(const struct attributes *filter, const struct attributes *parameters)
{
    for (size_t i = 0; filter && i < filter->count; i++) {
        const char *value = attributes_get(parameters, filter->items[i].key);
        if (!value || strcmp(value, filter->items[i].value) != 0)
            return false;
    }
    return parameters && parameters->count > 0;
}

static void count_in(struct result_cell *cell, const struct result_source *source,
    const struct result_grid_question *question, size_t row)
{
    enum node_state state = source->state(source->argument, row);
    double progress = source->progress(source->argument, row), number;
    if (cell->rows++ == 0)
        cell->first = row;
    cell->states[state]++;
    if (state_lets_children_start(state))
        progress = 100;
    if (progress >= 0)
        cell->progress += (progress - cell->progress) / (double)++cell->progresses;
    if (question->metric &&
        result_number(attributes_get(source->metrics(source->argument, row), question->metric), &number))
        cell->value += (number - cell->value) / (double)++cell->values;
}

/* Shades by place between the lowest and the highest value, and the best cell. */
static void judge(struct result_grid *grid, bool less_is_better)
{
    size_t count = grid->across.count * grid->down.count;
    for (size_t i = 0; i < count; i++) {
        struct result_cell *cell = &grid->cells[i];
        cell->progress = cell->progresses ? cell->progress : -1;
        if (!cell->values)
            continue;
        if (!grid->has_best || cell->value < grid->lowest)
            grid->lowest = cell->value;
        if (!grid->has_best || cell->value > grid->highest)
            grid->highest = cell->value;
        double best = grid->has_best ? grid->cells[grid->best].value : 0;
        if (!grid->has_best || (less_is_better ? cell->value < best : cell->value > best))
            grid->best = i;
        grid->has_best = true;
    }
    double span = grid->highest - grid->lowest;
    for (size_t i = 0; i < count; i++) {
        struct result_cell *cell = &grid->cells[i];
        double place = span > 0 ? (cell->value - grid->lowest) / span : 1;
        if (span > 0 && less_is_better)
            place = 1 - place;
        if (cell->values)
            cell->shade = (unsigned)fmin(RESULT_GRID_SHADES - 1, place * RESULT_GRID_SHADES);
    }
}

/* Where each row belongs: across and down, or SIZE_MAX for rows that are left out. */
static void find_places(struct axis *across, struct axis *down, const struct result_source *source,
    const struct result_grid_question *question, size_t (*places)[2])
{
    for (size_t row = 0; row < source->count; row++) {
        const struct attributes *parameters = source->parameters(source->argument, row);
        if (!passes(question->filter, parameters) || !axis_find(across, parameters, &places[row][0]) ||
            !axis_find(down, parameters, &places[row][1]))
            places[row][0] = SIZE_MAX;
    }
}

/* Orders the axes, and remembers the cell of each row. */
static void lay_out(
    struct result_grid *grid, struct axis *across, struct axis *down, size_t count, const size_t (*places)[2])
{
    size_t width = across->values.count;
    axis_sort(across);
    axis_sort(down);
    grid->places = memory_new_array(count + 1, sizeof *grid->places);
    for (size_t row = 0; row < count; row++)
        grid->places[row] =
            places[row][0] == SIZE_MAX ? SIZE_MAX : down->order[places[row][1]] * width + across->order[places[row][0]];
    grid->cells = memory_new_array(width * down->values.count, sizeof *grid->cells);
    grid->across = across->values;
    grid->down = down->values;
    across->values = down->values = (struct name_list){0};
}

void result_grid_count(
    struct result_grid *grid, const struct result_source *source, const struct result_grid_question *question)
{
    memset(grid->cells, 0, grid->across.count * grid->down.count * sizeof *grid->cells);
    grid->has_best = false;
    for (size_t row = 0; row < source->count; row++)
        if (grid->places[row] != SIZE_MAX)
            count_in(&grid->cells[grid->places[row]], source, question, row);
    judge(grid, question->less_is_better);
}

enum status result_grid_make(
    struct result_grid *grid, const struct result_source *source, const struct result_grid_question *question)
{
    struct axis across, down;
    enum status status = STATUS_OK;
    size_t(*places)[2] = memory_new_array(source->count + 1, sizeof *places);
    *grid = (struct result_grid){0};
    axis_init(&across, question->across);
    axis_init(&down, question->down);
    find_places(&across, &down, source, question, places);
    if (!across.values.count || !down.values.count)
        status = STATUS_NOT_FOUND;
    else if (across.values.count > RESULT_GRID_CELLS_LIMIT / down.values.count)
        status = STATUS_TOO_LARGE;
    if (status == STATUS_OK) {
        lay_out(grid, &across, &down, source->count, places);
        result_grid_count(grid, source, question);
    }
    axis_release(&across);
    axis_release(&down);
    free(places);
    return status;
}

void result_grid_release(struct result_grid *grid)
{
    name_list_release(&grid->across);
    name_list_release(&grid->down);
    free(grid->places);
    free(grid->cells);
    *grid = (struct result_grid){0};
}

enum node_state result_cell_state(const struct result_cell *cell)
{
    static const enum node_state ranks[] = {STATE_FAILED, STATE_LOST, STATE_CANCELLED, STATE_RUNNING, STATE_QUEUED,
        STATE_SUBMITTED, STATE_HELD, STATE_READY, STATE_WAITING, STATE_SKIPPED};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (cell->states[ranks[i]])
            return ranks[i];
    return STATE_DONE;
}

static const struct result_row *row_of(const void *argument, size_t row)
{
    return &((const struct result_table *)argument)->rows[row];
}

static const struct attributes *table_parameters(const void *argument, size_t row)
{
    return &row_of(argument, row)->parameters;
}

static const struct attributes *table_metrics(const void *argument, size_t row)
{
    return &row_of(argument, row)->metrics;
}

static enum node_state table_state(const void *argument, size_t row)
{
    return row_of(argument, row)->state;
}

static double table_progress(const void *argument, size_t row)
{
    return row_of(argument, row)->progress;
}

struct result_source result_table_source(const struct result_table *table)
{
    return (struct result_source){.count = table->count,
        .argument = table,
        .parameters = table_parameters,
        .metrics = table_metrics,
        .state = table_state,
        .progress = table_progress};
}
