/* SPDX-License-Identifier: Apache-2.0 */
/* The experiment grid: permutations of a sweep by two of their parameters, coloured by a metric. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/result_grid.h"
#include "ui_private.h"

enum { HEAD_MOST = 16, CELL_LEAST = 6, CELL_MOST = 14 };

struct grid_pane {
    struct name_list parameters, metrics;
    size_t across, down, metric; /* indices; down equal to across: one line; metric beyond the last: states only */
    struct result_grid grid;
    bool made;
    unsigned *metrics_seen; /* of each node: attempt and number of metrics whose names are known */
    uint64_t revision;      /* of the snapshot that the grid was made from */
    size_t shown;           /* nodes that the filter left then */
    char *filter;
    size_t row, column, top, left;
};

/* What the filter hides is not in the grid: so are other parameters kept to one value. */
static bool is_shown(const struct ui *ui, size_t node)
{
    return ui->rows.row_of[node] != SIZE_MAX;
}

static const struct attributes *node_parameters(const void *argument, size_t row)
{
    const struct ui *ui = argument;
    return is_shown(ui, row) ? &ui->snapshot->workflow->nodes[row].sweep : NULL;
}

static const struct attributes *node_metrics(const void *argument, size_t row)
{
    return &((const struct ui *)argument)->snapshot->observations[row].report.metrics;
}

static enum node_state node_state(const void *argument, size_t row)
{
    return ((const struct ui *)argument)->snapshot->views[row].state;
}

static double node_progress(const void *argument, size_t row)
{
    return ((const struct ui *)argument)->snapshot->views[row].progress;
}

/* The value of a parameter, which most nodes have at the same place. */
static const char *value_of(const struct attributes *parameters, const char *name, size_t place)
{
    if (place < parameters->count && strcmp(parameters->items[place].key, name) == 0)
        return parameters->items[place].value;
    return attributes_get(parameters, name);
}

/* True where a parameter has more than one value. */
static bool varies(const struct snapshot *snapshot, const struct name_list *parameters, size_t place)
{
    const char *first = NULL;
    for (size_t i = 0; i < snapshot->workflow->node_count; i++) {
        const char *value = value_of(&snapshot->workflow->nodes[i].sweep, parameters->names[place], place);
        if (value && first && strcmp(value, first) != 0)
            return true;
        first = first ? first : value;
    }
    return false;
}

/* The axes to begin with: the first two parameters that vary, repeats last of all. */
static void choose_axes(struct grid_pane *pane, const struct snapshot *snapshot)
{
    size_t chosen[2] = {0, 0}, count = 0;
    for (int repeats = 0; repeats < 2; repeats++)
        for (size_t i = 0; i < pane->parameters.count && count < 2; i++)
            if ((strcmp(pane->parameters.names[i], "repeat") == 0) == repeats && varies(snapshot, &pane->parameters, i))
                chosen[count++] = i;
    pane->across = chosen[0];
    pane->down = count > 1 ? chosen[1] : chosen[0];
}

static void find_parameters(const struct ui *ui, struct grid_pane *pane)
{
    for (size_t i = 0; i < ui->snapshot->workflow->node_count; i++)
        table_value_add_names(&pane->parameters, &ui->snapshot->workflow->nodes[i].sweep);
    choose_axes(pane, ui->snapshot);
}

static struct grid_pane *grid_of(struct ui *ui)
{
    if (ui->experiments)
        return ui->experiments;
    struct grid_pane *pane = ui->experiments = memory_new(sizeof *pane);
    find_parameters(ui, pane);
    return pane;
}

/* The axes stay where the workflow still has these parameters. */
void pane_grid_renew(struct ui *ui)
{
    struct grid_pane *pane = ui->experiments;
    size_t across, down;
    if (!pane)
        return;
    struct name_list before = pane->parameters;
    size_t across_before = pane->across, down_before = pane->down;
    pane->parameters = (struct name_list){0};
    find_parameters(ui, pane);
    if (across_before < before.count && result_find_name(&pane->parameters, before.names[across_before], &across) &&
        result_find_name(&pane->parameters, before.names[down_before], &down)) {
        pane->across = across;
        pane->down = down;
    }
    name_list_release(&before);
    free(pane->metrics_seen);
    pane->metrics_seen = NULL;
    pane->made = false;
}

void pane_grid_release(struct ui *ui)
{
    struct grid_pane *pane = ui->experiments;
    if (!pane)
        return;
    result_grid_release(&pane->grid);
    name_list_release(&pane->parameters);
    name_list_release(&pane->metrics);
    free(pane->metrics_seen);
    free(pane->filter);
    free(pane);
    ui->experiments = NULL;
}

/* Names of metrics come with the jobs: only those nodes are looked at that have got some. */
static void add_metric_names(struct grid_pane *pane, const struct snapshot *snapshot)
{
    size_t count = snapshot->workflow->node_count;
    if (!pane->metrics_seen)
        pane->metrics_seen = memory_new_array(count, sizeof *pane->metrics_seen);
    for (size_t i = 0; i < count; i++) {
        const struct attributes *metrics = &snapshot->observations[i].report.metrics;
        unsigned seen = snapshot->views[i].attempt << 10 | (unsigned)metrics->count;
        if (seen != pane->metrics_seen[i] && snapshot->workflow->nodes[i].sweep.count)
            table_value_add_names(&pane->metrics, metrics);
        pane->metrics_seen[i] = seen;
    }
}

/* True where the rows of the grid are those of before: with a filter, states and metrics may decide about that. */
static bool has_same_rows(const struct ui *ui, const struct grid_pane *pane)
{
    return pane->made && !*pane->filter && !*ui->rows.filter && pane->shown == ui->rows.count;
}

/* The grid of the snapshot as it is now; false where there is none. */
static bool update(struct ui *ui, struct grid_pane *pane)
{
    const struct snapshot *snapshot = ui->snapshot;
    bool same_rows = has_same_rows(ui, pane);
    if (pane->made && pane->revision == snapshot->revision && pane->shown == ui->rows.count &&
        strcmp(pane->filter, ui->rows.filter) == 0)
        return pane->grid.cells != NULL;
    pane->made = true;
    pane->revision = snapshot->revision;
    pane->shown = ui->rows.count;
    free(pane->filter);
    pane->filter = memory_copy_text(ui->rows.filter);
    if (!pane->parameters.count)
        return false;
    add_metric_names(pane, snapshot);
    struct result_grid_question question = {.across = pane->parameters.names[pane->across],
        .down = pane->down == pane->across ? NULL : pane->parameters.names[pane->down]};
    if (pane->metric < pane->metrics.count)
        question.metric = result_metric_name(pane->metrics.names[pane->metric], &question.less_is_better);
    const struct result_source source = {.count = snapshot->workflow->node_count,
        .argument = ui,
        .parameters = node_parameters,
        .metrics = node_metrics,
        .state = node_state,
        .progress = node_progress};
    if (same_rows && pane->grid.cells) {
        result_grid_count(&pane->grid, &source, &question);
        return true;
    }
    result_grid_release(&pane->grid);
    if (result_grid_make(&pane->grid, &source, &question) != STATUS_OK)
        return false;
    pane->row = pane->row < pane->grid.down.count ? pane->row : pane->grid.down.count - 1;
    pane->column = pane->column < pane->grid.across.count ? pane->column : pane->grid.across.count - 1;
    return true;
}

static void cell_text(const struct grid_pane *pane, size_t index, char *text, size_t size)
{
    const struct result_cell *cell = &pane->grid.cells[index];
    bool best = pane->grid.has_best && pane->grid.best == index;
    if (cell->rows == 0)
        snprintf(text, size, "%s", "");
    else if (cell->values)
        snprintf(text, size, "%s%.4g", best ? "*" : "", cell->value);
    else if (cell->progress > 0 && cell->progress < 100)
        snprintf(text, size, "%.0f%%", cell->progress);
    else if (cell->rows > 1)
        snprintf(text, size, "%u/%u", cell->states[STATE_DONE] + cell->states[STATE_SKIPPED], cell->rows);
    else
        snprintf(text, size, "%s", state_word(result_cell_state(cell)));
}

static void draw_cell(const struct ui *ui, struct canvas *canvas, const struct grid_pane *pane, size_t index,
    struct rectangle place, bool chosen)
{
    const struct result_cell *cell = &pane->grid.cells[index];
    enum node_state state = result_cell_state(cell);
    char text[64];
    if (cell->rows == 0)
        return;
    cell_text(pane, index, text, sizeof text);
    unsigned style = cell->values ? STYLE_GRID_0 + cell->shade : theme_state_style(state);
    canvas_fill(canvas, place.row, place.column, 1, place.width - 1, ' ', style);
    ink_text(canvas, place.row, place.column, 1, state_glyph(state), cell->values ? style : theme_state_style(state));
    ink_right(canvas, place.row, place.column + 1, place.width - 2, text, style);
    if (chosen)
        canvas_set_style(canvas, place.row, place.column, 1, place.width - 1, ui_selected_style(ui, PANE_GRID));
}

static int widest(const struct name_list *names, int least, int most)
{
    int cells = least;
    for (size_t i = 0; i < names->count && i < 1000 && cells < most; i++)
        cells = ink_width(names->names[i]) > cells ? ink_width(names->names[i]) : cells;
    return cells < most ? cells : most;
}

/* Scrolls so that place is among shown ones from *first on. */
static void keep_shown(size_t *first, size_t place, size_t shown)
{
    shown = shown ? shown : 1;
    *first = place < *first ? place : place >= *first + shown ? place - shown + 1 : *first;
}

/* From the worst to the best value, with both ends. */
static void draw_legend(struct canvas *canvas, const struct grid_pane *pane)
{
    char text[64];
    bool less;
    int row = canvas->height - 1, column = 1;
    if (!pane->grid.has_best || row < 3 || pane->metric >= pane->metrics.count)
        return;
    result_metric_name(pane->metrics.names[pane->metric], &less);
    snprintf(text, sizeof text, "%.4g ", less ? pane->grid.highest : pane->grid.lowest);
    column += ink_text(canvas, row, column, 12, text, STYLE_DIM);
    for (unsigned shade = 0; shade < RESULT_GRID_SHADES; shade++, column += 2)
        canvas_fill(canvas, row, column, 1, 2, ' ', STYLE_GRID_0 + shade);
    snprintf(text, sizeof text, " %.4g  * best", less ? pane->grid.lowest : pane->grid.highest);
    ink_text(canvas, row, column, canvas->width - column, text, STYLE_DIM);
}

void pane_grid_draw(struct ui *ui, struct canvas *canvas)
{
    struct grid_pane *pane = grid_of(ui);
    if (!update(ui, pane)) {
        ink_text(canvas, 0, 2, canvas->width - 2,
            pane->parameters.count ? "No permutation fits the filter"
                                   : "No node has parameters: dagtop sweep makes some that do",
            STYLE_DIM);
        return;
    }
    const struct result_grid *grid = &pane->grid;
    int head = widest(&grid->down, 4, HEAD_MOST), width = widest(&grid->across, CELL_LEAST, CELL_MOST) + 3;
    int lines = canvas->height - 1 - (grid->has_best && canvas->height > 3 ? 1 : 0);
    size_t columns = canvas->width > head + 2 + width ? (size_t)((canvas->width - head - 2) / width) : 1;
    keep_shown(&pane->top, pane->row, lines > 0 ? (size_t)lines : 1);
    keep_shown(&pane->left, pane->column, columns);
    canvas_fill(canvas, 0, 0, 1, canvas->width, ' ', STYLE_COLUMN);
    for (size_t i = 0; i < columns && pane->left + i < grid->across.count; i++)
        ink_right(canvas, 0, head + 2 + (int)i * width, width - 1, grid->across.names[pane->left + i], STYLE_COLUMN);
    for (int line = 0; line < lines && pane->top + (size_t)line < grid->down.count; line++) {
        size_t row = pane->top + (size_t)line;
        ink_right(canvas, line + 1, 1, head, grid->down.names[row], STYLE_COLUMN);
        for (size_t i = 0; i < columns && pane->left + i < grid->across.count; i++)
            draw_cell(ui, canvas, pane, row * grid->across.count + pane->left + i,
                (struct rectangle){line + 1, head + 2 + (int)i * width, 1, width},
                row == pane->row && pane->left + i == pane->column);
    }
    draw_legend(canvas, pane);
}

void pane_grid_title(struct ui *ui, struct text *title)
{
    const struct grid_pane *pane = grid_of(ui);
    text_append_string(title, "6 Grid");
    if (!pane->parameters.count)
        return;
    text_append_format(title, "  %s", pane->parameters.names[pane->across]);
    if (pane->down != pane->across)
        text_append_format(title, " x %s", pane->parameters.names[pane->down]);
    text_append_byte(title, '\t');
    if (pane->metric < pane->metrics.count)
        text_append_format(title, "mean of %s", pane->metrics.names[pane->metric]);
    else
        text_append_string(title, "states");
}

/* The nodes of the chosen cell: the one after the selected one, the first where it is none of them. */
static void select_in_cell(struct ui *ui, const struct grid_pane *pane, bool next)
{
    const struct result_grid *grid = &pane->grid;
    size_t count = ui->snapshot->workflow->node_count, cell = pane->row * grid->across.count + pane->column;
    size_t first = grid->cells[cell].rows > 0 ? grid->cells[cell].first : SIZE_MAX, after = SIZE_MAX;
    for (size_t i = ui->selected + 1; next && ui->selected < count && i < count && after == SIZE_MAX; i++)
        if (grid->places[i] == cell)
            after = i;
    if (after != SIZE_MAX || first != SIZE_MAX)
        ui_select(ui, after != SIZE_MAX ? after : first);
}

static void move(struct ui *ui, struct grid_pane *pane, long rows, long columns)
{
    long row = (long)pane->row + rows, column = (long)pane->column + columns;
    long last_row = (long)pane->grid.down.count - 1, last_column = (long)pane->grid.across.count - 1;
    pane->row = (size_t)(row < 0 ? 0 : row > last_row ? last_row : row);
    pane->column = (size_t)(column < 0 ? 0 : column > last_column ? last_column : column);
    select_in_cell(ui, pane, false);
}

/* The other parameter of an axis; the other axis keeps its own where it can. */
static void turn(struct grid_pane *pane, size_t *axis, const size_t *other)
{
    size_t count = pane->parameters.count;
    for (size_t i = 0; i < count; i++) {
        *axis = (*axis + 1) % count;
        if (*axis != *other)
            break;
    }
    pane->row = pane->column = pane->top = pane->left = 0;
    pane->made = false;
}

bool pane_grid_act(struct ui *ui, enum ui_action action)
{
    struct grid_pane *pane = grid_of(ui);
    if (!update(ui, pane))
        return false;
    switch (action) {
    case UI_UP:
    case UI_DOWN:
        move(ui, pane, action == UI_UP ? -1 : 1, 0);
        return true;
    case UI_LEFT:
    case UI_RIGHT:
        move(ui, pane, 0, action == UI_LEFT ? -1 : 1);
        return true;
    case UI_TOP:
        move(ui, pane, -(long)pane->row, -(long)pane->column);
        return true;
    case UI_BOTTOM:
        move(ui, pane, (long)pane->grid.down.count, (long)pane->grid.across.count);
        return true;
    case UI_GRID_NEXT:
        select_in_cell(ui, pane, true);
        return true;
    case UI_GRID_BEST:
        if (!pane->grid.has_best)
            return false;
        pane->row = pane->grid.best / pane->grid.across.count;
        pane->column = pane->grid.best % pane->grid.across.count;
        select_in_cell(ui, pane, false);
        return true;
    case UI_GRID_ACROSS:
        turn(pane, &pane->across, &pane->down);
        return true;
    case UI_GRID_DOWN:
        turn(pane, &pane->down, &pane->across);
        return true;
    case UI_GRID_METRIC:
        pane->metric = pane->metric < pane->metrics.count ? pane->metric + 1 : 0;
        pane->made = false;
        return true;
    default:
        return false;
    }
}
