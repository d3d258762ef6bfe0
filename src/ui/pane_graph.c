/* SPDX-License-Identifier: Apache-2.0 */
/* The graph: a box a node, lines for dependencies, a cursor that walks along them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/draw/layout.h"
#include "dagtop/model/job_kind.h"
#include "graph_group.h"
#include "ui_private.h"

enum {
    NAME_LINE_MOST = 20, /* cells of a name in a box of one line */
    NAME_FULL_MOST = 28,
    FULL_WIDTH_LEAST = 12,
    MANY_NODES = 1000 /* from here on no box has a border */
};

static unsigned name_cells(const struct node *node, unsigned most)
{
    size_t cells = utf8_width(node->name);
    return cells < most ? (unsigned)cells : most;
}

/* The arrays of a draw_graph, to be freed together. */
struct graph_arrays {
    uint32_t *sources, *targets;
    uint16_t *line_widths, *full_widths, *full_heights;
    uint32_t *kinds;
};

static void fill_arrays(const struct workflow *workflow, struct graph_arrays *arrays)
{
    size_t edges = 0, count = workflow->node_count;
    arrays->sources = memory_new_array(workflow->edge_count + 1, sizeof *arrays->sources);
    arrays->targets = memory_new_array(workflow->edge_count + 1, sizeof *arrays->targets);
    arrays->line_widths = memory_new_array(count + 1, sizeof *arrays->line_widths);
    arrays->full_widths = memory_new_array(count + 1, sizeof *arrays->full_widths);
    arrays->full_heights = memory_new_array(count + 1, sizeof *arrays->full_heights);
    arrays->kinds = memory_new_array(count + 1, sizeof *arrays->kinds);
    job_kind_fill(workflow, arrays->kinds);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = &workflow->nodes[i];
        unsigned full = name_cells(node, NAME_FULL_MOST) + 2;
        arrays->line_widths[i] = (uint16_t)(name_cells(node, NAME_LINE_MOST) + 2);
        arrays->full_widths[i] = (uint16_t)(full > FULL_WIDTH_LEAST ? full : FULL_WIDTH_LEAST);
        arrays->full_heights[i] = 2;
        for (size_t j = 0; j < node->child_count && edges < workflow->edge_count; j++, edges++) {
            arrays->sources[edges] = (uint32_t)i;
            arrays->targets[edges] = (uint32_t)node->children[j];
        }
    }
}

static void free_arrays(struct graph_arrays *arrays)
{
    free(arrays->sources);
    free(arrays->targets);
    free(arrays->line_widths);
    free(arrays->full_widths);
    free(arrays->full_heights);
    free(arrays->kinds);
}

/* A group needs room for its name and counts, whatever the states will be. */
static void measure_group(
    void *context, const uint32_t *members, size_t count, bool full, unsigned *width, unsigned *height)
{
    const struct ui *ui = context;
    struct text name;
    text_init(&name, 0);
    graph_group_name(ui->snapshot->workflow, members, count, GROUP_NAME_MOST, &name);
    unsigned cells = (unsigned)utf8_width(name.data) + 2;
    text_release(&name);
    *height = full ? 2 : 1;
    unsigned counts = graph_group_counts_width(count);
    *width = !full ? cells + 1 + counts : cells > counts ? cells : counts;
}

static struct layout *make_layout(const struct ui *ui, int width, int height)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    struct graph_arrays arrays;
    fill_arrays(workflow, &arrays);
    struct draw_graph graph = {.node_count = workflow->node_count,
        .edge_count = workflow->edge_count,
        .sources = arrays.sources,
        .targets = arrays.targets,
        .line_widths = arrays.line_widths,
        .full_widths = arrays.full_widths,
        .full_heights = arrays.full_heights,
        .kinds = arrays.kinds};
    struct layout_options options = {.width = width,
        .height = height,
        .ascii = ui->ascii,
        .fold = ui->unfolded ? LAYOUT_FOLD_NONE : LAYOUT_FOLD_AUTO,
        .measure = measure_group,
        .measure_context = (void *)ui};
    if (workflow->node_count >= MANY_NODES)
        options.box = LAYOUT_BOX_LINE;
    struct layout *layout = layout_new(&graph, &options);
    if (layout_box(layout) == LAYOUT_BOX_DOT) {
        /* A dot says too little: rather boxes with names, and a drawing that is larger than the pane. */
        layout_free(layout);
        options.box = LAYOUT_BOX_LINE;
        layout = layout_new(&graph, &options);
    }
    free_arrays(&arrays);
    return layout;
}

void pane_graph_release(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    layout_free(graph->layout);
    free(graph->styles);
    free(graph->passed);
    free(graph->marked);
    *graph = (struct graph_pane){0};
}

static void lay_out(struct ui *ui, int width, int height)
{
    struct graph_pane *graph = &ui->graph;
    if (graph->layout && graph->width == width && graph->height == height)
        return;
    pane_graph_release(ui);
    graph->layout = make_layout(ui, width, height);
    graph->width = width;
    graph->height = height;
    size_t boxes = layout_box_count(graph->layout);
    graph->styles = memory_new_array(boxes + 1, sizeof *graph->styles);
    graph->passed = memory_new_array(boxes + 1, sizeof *graph->passed);
    graph->marked = memory_new_array(boxes + 1, sizeof *graph->marked);
    graph->shown = (size_t)NO_NODE;
}

/* The node that a box stands for: its own, or of a group the selected one, else the first. */
static size_t box_node(const struct ui *ui, size_t box)
{
    size_t count;
    const uint32_t *members = layout_members(ui->graph.layout, box, &count);
    bool inside = ui->selected < ui->rows.node_count && layout_box_of_node(ui->graph.layout, ui->selected) == box;
    return inside || count == 0 ? ui->selected : members[0];
}

static enum node_state box_state(const struct ui *ui, size_t box)
{
    size_t count;
    const uint32_t *members = layout_members(ui->graph.layout, box, &count);
    return graph_group_state(ui->snapshot, members, count);
}

/* How many members of a box are so: hidden by the filter, marked, concerned by the open question. */
static void style_box(struct ui *ui, size_t box)
{
    size_t count, shown = 0, marked = 0, concerned = 0;
    const uint32_t *members = layout_members(ui->graph.layout, box, &count);
    for (size_t i = 0; i < count; i++) {
        shown += ui->rows.row_of[members[i]] != SIZE_MAX;
        marked += ui->marks[members[i]];
        concerned += ui->concerned_count > 0 && ui->concerned[members[i]];
    }
    if (concerned > 0)
        ui->graph.styles[box] = STYLE_CONCERNED;
    else if (marked > 0)
        ui->graph.styles[box] = STYLE_MARKED_BOX;
    else if (shown == 0 && ui->rows.filter[0])
        ui->graph.styles[box] = STYLE_HIDDEN;
}

static void mark_boxes(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    size_t boxes = layout_box_count(graph->layout), count;
    for (size_t i = 0; i < boxes; i++) {
        enum node_state state = box_state(ui, i);
        graph->styles[i] = (uint16_t)theme_state_style(state);
        graph->passed[i] = state_lets_children_start(state);
        graph->marked[i] = 0;
        style_box(ui, i);
    }
    if (ui->selected >= ui->snapshot->workflow->node_count)
        return;
    size_t box = layout_box_of_node(graph->layout, ui->selected);
    const uint32_t *others = layout_successors(graph->layout, box, &count);
    for (size_t i = 0; i < count; i++)
        graph->marked[others[i]] = 1;
    others = layout_predecessors(graph->layout, box, &count);
    for (size_t i = 0; i < count; i++)
        graph->marked[others[i]] = 1;
    graph->marked[box] = 1;
    if (graph->styles[box] != STYLE_CONCERNED)
        graph->styles[box] = (uint16_t)ui_selected_style(ui, PANE_GRAPH);
}

/* The lower row of a box: how far a running node is, else its state and how long it took. */
static void draw_progress(
    const struct ui *ui, struct canvas *canvas, int row, int column, int width, size_t node, unsigned style)
{
    const struct node_view *view = &ui->snapshot->views[node];
    char words[48] = "";
    if (view->state == STATE_RUNNING && view->progress >= 0) {
        snprintf(words, sizeof words, "%3.0f%%", floor(view->progress));
        ink_bar(canvas, row, column, width - 5, view->progress, style, style);
        ink_right(canvas, row, column + width - 4, 4, words, style);
    } else {
        int used = ink_text(canvas, row, column, width, state_word(view->state), style);
        int left = width - used - 1;
        if (ui_elapsed(ui, node) >= 0 && ink_width(ink_duration(ui_elapsed(ui, node), words)) <= left)
            ink_right(canvas, row, column + used + 1, left, words, style);
    }
}

static void draw_group(struct ui *ui, size_t box, struct canvas *canvas, struct rectangle place, unsigned style)
{
    size_t count;
    struct text text;
    const uint32_t *members = layout_members(ui->graph.layout, box, &count);
    text_init(&text, 0);
    text_append_format(&text, "%s ", state_glyph(graph_group_state(ui->snapshot, members, count)));
    graph_group_name(ui->snapshot->workflow, members, count, GROUP_NAME_MOST, &text);
    int used = ink_text(canvas, place.row, place.column, place.width, text.data, style) + 1;
    text_clear(&text);
    bool beside = place.height < 2;
    int space = beside ? place.width - used : place.width;
    graph_group_counts(ui->snapshot, members, count, space > 0 ? (size_t)space : 0, &text);
    ink_text(canvas, place.row + !beside, place.column + (beside ? used : 0), space, text.data, style);
    text_release(&text);
}

static void draw_content(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    struct ui *ui = context;
    size_t node = box_node(ui, box), count;
    const struct node_view *view = &ui->snapshot->views[node];
    unsigned style = ui->graph.styles[box];
    layout_members(ui->graph.layout, box, &count);
    if (count > 1) {
        draw_group(ui, box, canvas, (struct rectangle){row, column, height, width}, style);
        return;
    }
    int glyph = ink_text(canvas, row, column, width, state_glyph(view->state), style);
    if (ui->concerned_count > 0 && ui->concerned[node])
        canvas_put(canvas, row, column + glyph, '!', style);
    else if (ui->marks[node])
        canvas_put(canvas, row, column + glyph, 0x25cf, style);
    ink_text(canvas, row, column + glyph + 1, width - glyph - 1, ui->snapshot->workflow->nodes[node].name, style);
    if (height > 1)
        draw_progress(ui, canvas, row + 1, column, width, node, style);
}

/* Where the view must begin so that a box is in it: with little movement, or with the box in the middle. */
static int follow(int now, int visible, int place, int size, int whole, bool center)
{
    int margin = visible > size + 4 ? 2 : 0;
    if (whole <= visible)
        return (whole - visible) / 2;
    if (center)
        now = place + size / 2 - visible / 2;
    if (place - margin < now)
        now = place - margin;
    if (place + size + margin > now + visible)
        now = place + size + margin - visible;
    if (now > whole - visible)
        now = whole - visible;
    return now < 0 ? 0 : now;
}

/* The selected box comes into view when the selection moves; else the view stays where a person has moved it. */
static void follow_selection(struct ui *ui, const struct canvas *canvas)
{
    struct graph_pane *graph = &ui->graph;
    if (graph->shown == ui->selected || ui->selected >= ui->snapshot->workflow->node_count)
        return;
    bool fresh = graph->shown == (size_t)NO_NODE;
    struct layout_rectangle place = layout_rectangle(graph->layout, layout_box_of_node(graph->layout, ui->selected));
    graph->row = follow(graph->row, canvas->height, place.row, place.height, layout_height(graph->layout), fresh);
    graph->column = follow(graph->column, canvas->width, place.column, place.width, layout_width(graph->layout), fresh);
    graph->shown = ui->selected;
}

void pane_graph_draw(struct ui *ui, struct canvas *canvas)
{
    struct graph_pane *graph = &ui->graph;
    if (ui->snapshot->workflow->node_count == 0) {
        ink_text(canvas, 0, 1, canvas->width - 1, "This workflow has no nodes", STYLE_DIM);
        return;
    }
    lay_out(ui, canvas->width, canvas->height);
    mark_boxes(ui);
    follow_selection(ui, canvas);
    struct layout_view view = {.row = graph->row,
        .column = graph->column,
        .content = draw_content,
        .context = ui,
        .box_styles = graph->styles,
        .edge_style = STYLE_EDGE,
        .passed_style = STYLE_EDGE_PASSED,
        .passed = graph->passed,
        .marked_style = STYLE_EDGE_MARKED,
        .marked = graph->marked};
    layout_draw(graph->layout, canvas, &view);
}

void pane_graph_title(struct ui *ui, struct text *title)
{
    const struct graph_pane *graph = &ui->graph;
    text_append_string(title, "2 Graph");
    if (ui->focus == PANE_GRAPH && ui->selected < ui->snapshot->workflow->node_count)
        text_append_format(title, " %s", ui->snapshot->workflow->nodes[ui->selected].name);
    text_append_string(title, "\t");
    if (!graph->layout)
        return;
    if (layout_is_folded(graph->layout))
        text_append_string(title, "folded");
    bool wide = layout_width(graph->layout) > graph->width, high = layout_height(graph->layout) > graph->height;
    if (wide || high)
        text_append_format(title, "%s%s%s%s%s", layout_is_folded(graph->layout) ? " " : "",
            wide && graph->column > 0 ? "\u2190" : "", high && graph->row > 0 ? "\u2191" : "",
            high && graph->row + graph->height < layout_height(graph->layout) ? "\u2193" : "",
            wide && graph->column + graph->width < layout_width(graph->layout) ? "\u2192" : "");
}

/* Within a group the cursor goes from member to member before it leaves. */
static bool walk_group(struct ui *ui, size_t box, enum layout_move move)
{
    size_t count;
    const uint32_t *members = layout_members(ui->graph.layout, box, &count);
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
    const struct layout *layout = ui->graph.layout;
    if (ui->selected >= ui->snapshot->workflow->node_count)
        return;
    size_t box = layout_box_of_node(layout, ui->selected);
    if (walk_group(ui, box, move))
        return;
    size_t next = layout_move(layout, box, move);
    if (next != box)
        ui_select(ui, box_node(ui, next));
}

void pane_graph_click(struct ui *ui, int row, int column)
{
    const struct graph_pane *graph = &ui->graph;
    size_t count;
    for (size_t box = 0; graph->layout && box < layout_box_count(graph->layout); box++) {
        struct layout_rectangle place = layout_rectangle(graph->layout, box);
        int down = row + graph->row - place.row, right = column + graph->column - place.column;
        const uint32_t *members = layout_members(graph->layout, box, &count);
        if (down >= 0 && down < place.height && right >= 0 && right < place.width && count > 0)
            ui_select(ui, box_node(ui, box));
        (void)members;
    }
}

static void pan(struct ui *ui, int rows)
{
    struct graph_pane *graph = &ui->graph;
    int most = layout_height(graph->layout) - graph->height;
    if (most <= 0)
        return;
    graph->row += rows;
    if (graph->row > most)
        graph->row = most;
    if (graph->row < 0)
        graph->row = 0;
}

bool pane_graph_act(struct ui *ui, enum ui_action action)
{
    const struct workflow *workflow = ui->snapshot->workflow;
    if (!ui->graph.layout)
        return false;
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
    case UI_FOLD:
        ui->unfolded = !ui->unfolded;
        pane_graph_release(ui);
        return true;
    case UI_TOP:
        ui_select(ui, workflow->order[0]);
        return true;
    case UI_BOTTOM:
        ui_select(ui, workflow->order[workflow->node_count - 1]);
        return true;
    case UI_HALF_DOWN:
    case UI_PAGE_DOWN:
        pan(ui, ui->graph.height / 2);
        return true;
    case UI_HALF_UP:
    case UI_PAGE_UP:
        pan(ui, -ui->graph.height / 2);
        return true;
    default:
        return false;
    }
}
