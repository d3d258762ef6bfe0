/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the graph: the cursor, the part that is seen, and what is drawn how. */
#include <stdio.h>
#include <string.h>

#include "ui_private.h"

enum { PAN_ROWS = 4, PAN_COLUMNS = 12, STEPS_USUAL = 2, STEPS_MOST = 99 };

/* Where the view must begin so that a box is in it: with little movement, or with everything in the middle. */
static int follow_axis(int now, int visible, int place, int size, int whole)
{
    int margin = visible > size + 4 ? 2 : 0;
    if (whole <= visible)
        return (whole - visible) / 2;
    if (place - margin < now)
        now = place - margin;
    if (place + size + margin > now + visible)
        now = place + size + margin - visible;
    if (now > whole - visible)
        now = whole - visible;
    return now < 0 ? 0 : now;
}

static bool runs(const struct ui *ui, size_t node)
{
    return node < ui->rows.node_count && ui->snapshot->views[node].state == STATE_RUNNING;
}

/* The node that began to run last; SIZE_MAX where nothing runs. */
static size_t newest_running(const struct ui *ui)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        if (runs(ui, i) && (best == SIZE_MAX || ui->snapshot->views[i].started > ui->snapshot->views[best].started))
            best = i;
    }
    return best;
}

static void follow_running(struct ui *ui)
{
    size_t node = runs(ui, ui->selected) ? ui->selected : newest_running(ui);
    if (node != SIZE_MAX && node != ui->selected)
        ui_select(ui, node);
}

void pane_graph_follow(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    size_t box;
    if (graph->follow)
        follow_running(ui);
    if (graph->shown == ui->selected || !pane_graph_box_of(graph, ui->selected, &box))
        return;
    struct layout_rectangle place = layout_rectangle(graph->layout, box);
    bool centre = graph->shown == (size_t)NO_NODE;
    if (graph->held || centre) {
        graph->row = place.row + place.height / 2 - (graph->held ? graph->held_row : graph->height / 2);
        graph->column = place.column + place.width / 2 - (graph->held ? graph->held_column : graph->width / 2);
    }
    graph->row = follow_axis(graph->row, graph->height, place.row, place.height, layout_height(graph->layout));
    graph->column = follow_axis(graph->column, graph->width, place.column, place.width, layout_width(graph->layout));
    graph->shown = ui->selected;
    graph->held = false;
}

static void pan_axis(int *now, int step, int most)
{
    if (most <= 0)
        return;
    *now += step;
    if (*now > most)
        *now = most;
    if (*now < 0)
        *now = 0;
}

static void pan(struct ui *ui, int rows, int columns)
{
    struct graph_pane *graph = &ui->graph;
    pan_axis(&graph->row, rows, layout_height(graph->layout) - graph->height);
    pan_axis(&graph->column, columns, layout_width(graph->layout) - graph->width);
}

/* Within a group the cursor goes from member to member before it leaves. */
static bool walk_group(struct ui *ui, size_t box, enum layout_move move)
{
    size_t count;
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    for (size_t i = 0; i < count; i++) {
        if (members[i] != ui->selected)
            continue;
        if (move == LAYOUT_TO_NEXT && i + 1 < count)
            ui_select(ui, members[i + 1]);
        else if (move == LAYOUT_TO_PREVIOUS && i > 0)
            ui_select(ui, members[i - 1]);
        else
            return false;
        return true;
    }
    return false;
}

static void walk(struct ui *ui, enum layout_move move)
{
    size_t box;
    ui->graph.follow = false;
    if (!pane_graph_box_of(&ui->graph, ui->selected, &box) || walk_group(ui, box, move))
        return;
    size_t next = layout_move(ui->graph.layout, box, move);
    if (next != box)
        ui_select(ui, pane_graph_node_of(ui, next));
}

/* What n looks for: what the filter leaves, or what went wrong. */
static bool is_hit(const struct ui *ui, size_t node)
{
    enum node_state state = ui->snapshot->views[node].state;
    if (ui->rows.filter[0])
        return ui->rows.row_of[node] != SIZE_MAX;
    return state == STATE_FAILED || state == STATE_LOST;
}

/* To the next hit along the flow, round at the end. */
static void step_hit(struct ui *ui, bool forward)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    size_t count = workflow->node_count, place = 0;
    while (place < count && workflow->order[place] != ui->selected)
        place++;
    for (size_t i = 1; i <= count; i++) {
        size_t node = workflow->order[forward ? (place + i) % count : (place + count - i) % count];
        if (is_hit(ui, node)) {
            ui->graph.follow = false;
            ui_select(ui, node);
            return;
        }
    }
    ui_show_message(ui, false, ui->rows.filter[0] ? "Nothing fits the filter" : "Nothing has failed; / searches");
}

/* o: the folded box under the cursor opens; a node that was opened goes back into its box with all of its kind. */
static void open_or_close(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    size_t box, count, changed = 0;
    if (!pane_graph_box_of(graph, ui->selected, &box))
        return;
    const uint32_t *members = pane_graph_members(graph, box, &count);
    for (size_t i = 0; count > 1 && i < count; i++, changed++)
        graph->open[members[i]] = 1;
    for (size_t i = 0; count == 1 && i < ui->rows.node_count; i++) {
        bool alike = graph->open[i] && graph->kinds[i] == graph->kinds[ui->selected];
        changed += alike;
        graph->open[i] = graph->open[i] && !alike;
    }
    graph->wish.opened += changed > 0;
    if (changed > 0)
        graph->wish.direction = layout_direction(graph->layout);
    if (changed == 0)
        ui_show_message(ui, false, "This box stands for one node; Z folds or unfolds everything");
}

static void fold_or_unfold(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    bool folded =
        graph->wish.fold == LAYOUT_FOLD_AUTO ? layout_is_folded(graph->layout) : graph->wish.fold == LAYOUT_FOLD_ALL;
    memset(graph->open, 0, ui->rows.node_count);
    graph->wish.opened++;
    graph->wish.fold = folded ? LAYOUT_FOLD_NONE : LAYOUT_FOLD_ALL;
    graph->wish.direction = graph->chosen;
}

/* Folded or not, as it is shown: another size alone must not change what is drawn. */
static void resize_boxes(struct ui *ui, int step)
{
    struct graph_pane *graph = &ui->graph;
    enum layout_box now = graph->wish.box == LAYOUT_BOX_AUTO ? layout_box(graph->layout) : graph->wish.box;
    int box = (int)now + step;
    if (box < LAYOUT_BOX_FULL || box > LAYOUT_BOX_DOT)
        return;
    graph->wish.box = (enum layout_box)box;
    graph->wish.direction = graph->chosen;
    if (graph->wish.fold == LAYOUT_FOLD_AUTO)
        graph->wish.fold = layout_is_folded(graph->layout) ? LAYOUT_FOLD_ALL : LAYOUT_FOLD_NONE;
}

/* Everything as it is chosen without a key. */
static void fit(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    memset(graph->open, 0, ui->rows.node_count);
    graph->wish = (struct graph_wish){.fold = LAYOUT_FOLD_AUTO, .opened = graph->wish.opened + 1};
    graph->chosen = LAYOUT_DIRECTION_AUTO;
    graph->path = graph->critical = false;
}

static void set_steps(struct ui *ui, unsigned steps)
{
    char words[80];
    if (steps > STEPS_MOST || ui->selected >= ui->rows.node_count)
        return;
    ui->graph.wish.steps = steps;
    ui->graph.wish.center = ui->selected;
    snprintf(
        words, sizeof words, "Only what is within %u step%s of the node; b shows all", steps, steps == 1 ? "" : "s");
    ui_show_message(ui, false, steps > 0 ? words : "All nodes");
}

static void turn_path(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    graph->path = !graph->path && ui->selected < ui->rows.node_count;
    graph->path_from = ui->selected;
    ui_show_message(ui, false, graph->path ? "Move to the other end of the path; p ends" : "No path is shown");
}

static void turn_critical(struct ui *ui)
{
    ui->graph.critical = !ui->graph.critical;
    ui_show_message(ui, false,
        ui->graph.critical ? "The longest chain by the time that nodes take" : "The longest chain is not shown");
}

static void turn_follow(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    graph->follow = !graph->follow;
    if (graph->follow)
        follow_running(ui);
    ui_show_message(ui, false, graph->follow ? "Following what runs" : "Not following what runs");
}

/* The picture: what is drawn, and how. */
static bool change_picture(struct ui *ui, enum ui_action action)
{
    struct graph_pane *graph = &ui->graph;
    switch (action) {
    case UI_FOLD:
        fold_or_unfold(ui);
        return true;
    case UI_OPEN_BOX:
        open_or_close(ui);
        return true;
    case UI_MATRIX:
        graph->wish.matrix = !graph->wish.matrix;
        graph->wish.box = graph->wish.matrix ? LAYOUT_BOX_FULL : LAYOUT_BOX_AUTO;
        return true;
    case UI_LARGER_BOXES:
    case UI_SMALLER_BOXES:
        resize_boxes(ui, action == UI_LARGER_BOXES ? -1 : 1);
        return true;
    case UI_DIRECTION:
        graph->chosen =
            layout_direction(graph->layout) == LAYOUT_LEFT_TO_RIGHT ? LAYOUT_TOP_TO_BOTTOM : LAYOUT_LEFT_TO_RIGHT;
        graph->wish.direction = graph->chosen;
        return true;
    case UI_FIT:
        fit(ui);
        return true;
    case UI_BETTER_DRAWING:
        pane_graph_adopt(ui);
        return true;
    case UI_NEIGHBOURHOOD:
        set_steps(ui, graph->wish.steps > 0 ? 0 : STEPS_USUAL);
        return true;
    case UI_MORE_STEPS:
        set_steps(ui, graph->wish.steps + 1);
        return true;
    case UI_FEWER_STEPS:
        set_steps(ui, graph->wish.steps > 0 ? graph->wish.steps - 1 : 0);
        return true;
    case UI_PATH:
        turn_path(ui);
        return true;
    case UI_CRITICAL_PATH:
        turn_critical(ui);
        return true;
    default:
        return false;
    }
}

/* The part of the picture that is seen. */
static bool change_view(struct ui *ui, enum ui_action action)
{
    int half = ui->graph.height / 2;
    switch (action) {
    case UI_PAN_LEFT:
    case UI_PAN_RIGHT:
        pan(ui, 0, action == UI_PAN_RIGHT ? PAN_COLUMNS : -PAN_COLUMNS);
        return true;
    case UI_PAN_UP:
    case UI_PAN_DOWN:
        pan(ui, action == UI_PAN_DOWN ? PAN_ROWS : -PAN_ROWS, 0);
        return true;
    case UI_HALF_DOWN:
    case UI_PAGE_DOWN:
        pan(ui, half, 0);
        return true;
    case UI_HALF_UP:
    case UI_PAGE_UP:
        pan(ui, -half, 0);
        return true;
    case UI_CENTER:
        ui->graph.shown = (size_t)NO_NODE;
        return true;
    case UI_FOLLOW_RUNNING:
        turn_follow(ui);
        return true;
    default:
        return false;
    }
}

static void go(struct ui *ui, size_t place)
{
    ui->graph.follow = false;
    ui_select(ui, ui->snapshot->workflow->order[place]);
}

bool pane_graph_move(struct ui *ui, enum ui_action action)
{
    bool right = layout_direction(ui->graph.layout) == LAYOUT_LEFT_TO_RIGHT;
    switch (action) {
    case UI_DOWN:
        walk(ui, right ? LAYOUT_TO_NEXT : LAYOUT_TO_SUCCESSOR);
        return true;
    case UI_UP:
        walk(ui, right ? LAYOUT_TO_PREVIOUS : LAYOUT_TO_PREDECESSOR);
        return true;
    case UI_LEFT:
        walk(ui, right ? LAYOUT_TO_PREDECESSOR : LAYOUT_TO_PREVIOUS);
        return true;
    case UI_RIGHT:
        walk(ui, right ? LAYOUT_TO_SUCCESSOR : LAYOUT_TO_NEXT);
        return true;
    case UI_NEXT_HIT:
    case UI_PREVIOUS_HIT:
        step_hit(ui, action == UI_NEXT_HIT);
        return true;
    case UI_TOP:
        go(ui, 0);
        return true;
    case UI_BOTTOM:
        go(ui, ui->rows.node_count - 1);
        return true;
    default:
        return change_view(ui, action) || change_picture(ui, action);
    }
}
