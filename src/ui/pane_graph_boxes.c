/* SPDX-License-Identifier: Apache-2.0 */
/* What boxes and lines of the graph look like as things stand. Every part has its reserved place: no change of a state
 * moves anything. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "graph_group.h"
#include "ui_private.h"

size_t pane_graph_node_of(const struct ui *ui, size_t box)
{
    size_t count, own;
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    bool inside = pane_graph_box_of(&ui->graph, ui->selected, &own) && own == box;
    return inside || count == 0 ? ui->selected : members[0];
}

/* How many members of a box are so: hidden by the filter, marked, concerned by the open question. */
static void style_box(struct ui *ui, size_t box)
{
    size_t count, shown = 0, marked = 0, concerned = 0;
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
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

/* Adds what can be reached along the edges. */
static void add_reached(const struct layout *layout, size_t from, bool down, uint8_t *set)
{
    uint32_t *queue = memory_new_array(layout_box_count(layout), sizeof *queue);
    size_t begin = 0, end = 1, count;
    queue[0] = (uint32_t)from;
    set[from] = 1;
    while (begin < end) {
        size_t box = queue[begin++];
        const uint32_t *others =
            down ? layout_successors(layout, box, &count) : layout_predecessors(layout, box, &count);
        for (size_t i = 0; i < count; i++) {
            if (set[others[i]])
                continue;
            set[others[i]] = 1;
            queue[end++] = others[i];
        }
    }
    free(queue);
}

/* Everything on a way between the two boxes, whichever comes first. */
static void mark_path(struct graph_pane *graph, size_t from, size_t to)
{
    size_t boxes = layout_box_count(graph->layout);
    uint8_t *after = memory_new_array(boxes, 1), *before = memory_new_array(boxes, 1);
    add_reached(graph->layout, from, true, after);
    bool forward = after[to];
    memset(after, 0, boxes);
    add_reached(graph->layout, forward ? from : to, true, after);
    add_reached(graph->layout, forward ? to : from, false, before);
    for (size_t i = 0; i < boxes; i++)
        graph->marked[i] = after[i] && before[i];
    free(after);
    free(before);
}

static void mark_critical(struct ui *ui)
{
    size_t boxes = layout_box_count(ui->graph.layout), count;
    ui_estimate(ui);
    for (size_t box = 0; box < boxes; box++) {
        const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
        for (size_t i = 0; i < count; i++)
            ui->graph.marked[box] |= ui->estimate.critical[members[i]];
    }
}

static void mark_neighbours(struct graph_pane *graph, size_t box)
{
    size_t count;
    const uint32_t *others = layout_successors(graph->layout, box, &count);
    for (size_t i = 0; i < count; i++)
        graph->marked[others[i]] = 1;
    others = layout_predecessors(graph->layout, box, &count);
    for (size_t i = 0; i < count; i++)
        graph->marked[others[i]] = 1;
    graph->marked[box] = 1;
}

static void mark_lines(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    size_t box, other;
    bool selected = pane_graph_box_of(graph, ui->selected, &box);
    memset(graph->marked, 0, layout_box_count(graph->layout));
    if (graph->path && selected && pane_graph_box_of(graph, graph->path_from, &other))
        mark_path(graph, other, box);
    else if (graph->critical)
        mark_critical(ui);
    else if (selected)
        mark_neighbours(graph, box);
}

void pane_graph_mark(struct ui *ui)
{
    struct graph_pane *graph = &ui->graph;
    size_t boxes = layout_box_count(graph->layout), count, box;
    for (size_t i = 0; i < boxes; i++) {
        const uint32_t *members = pane_graph_members(graph, i, &count);
        enum node_state state = graph_group_state(ui->snapshot, members, count);
        graph->styles[i] = (uint16_t)theme_state_style(state);
        graph->passed[i] = state_lets_children_start(state);
        style_box(ui, i);
    }
    mark_lines(ui);
    if (pane_graph_box_of(graph, ui->selected, &box) && graph->styles[box] != STYLE_CONCERNED)
        graph->styles[box] = (uint16_t)ui_selected_style(ui, PANE_GRAPH);
}

/* Percent of a node; negative where nobody knows. */
static double percent_of(const struct node_view *view)
{
    return state_lets_children_start(view->state) ? 100 : view->progress;
}

static void draw_percent(struct canvas *canvas, int row, int end, double percent, unsigned style)
{
    char words[16];
    snprintf(words, sizeof words, "%.0f%%", floor(percent));
    if (percent >= 0)
        ink_right(canvas, row, end - GRAPH_PERCENT, GRAPH_PERCENT, words, style);
}

static void draw_bar(struct canvas *canvas, struct rectangle place, double percent, unsigned style)
{
    ink_bar(canvas, place.row, place.column, place.width - GRAPH_PERCENT - 1, percent, style, style);
    draw_percent(canvas, place.row, place.column + place.width, percent, style);
}

/* The lower row of a box with border, or the end of a line: a bar, or in words what a bar cannot say. */
static void draw_progress(
    const struct ui *ui, struct canvas *canvas, struct rectangle place, size_t node, unsigned style)
{
    const struct node_view *view = &ui->snapshot->views[node];
    char words[32];
    int64_t elapsed = ui_elapsed(ui, node);
    bool works = ui->snapshot->workflow->nodes[node].work != NODE_WORK_MILESTONE;
    bool trouble = view->state == STATE_FAILED || view->state == STATE_LOST || view->state == STATE_CANCELLED;
    if (trouble) {
        bool fits = view->reason && ink_width(view->reason) <= place.width;
        ink_text(canvas, place.row, place.column, place.width, fits ? view->reason : state_word(view->state), style);
    } else if ((view->state == STATE_RUNNING && view->progress < 0) || !works) {
        int used = ink_text(canvas, place.row, place.column, place.width, state_word(view->state), style) + 1;
        if (works && elapsed >= 0 && ink_width(ink_duration(elapsed, words)) <= place.width - used)
            ink_right(canvas, place.row, place.column + used, place.width - used, words, style);
    } else {
        draw_bar(canvas, place, percent_of(view), style);
    }
}

/* Glyph and letter of the state, and the sign of marked boxes and of those that a question is about. */
static void draw_signs(
    const struct ui *ui, struct canvas *canvas, struct rectangle place, size_t box, enum node_state state)
{
    char letter[2] = {state_letter(state), '\0'};
    size_t count;
    unsigned style = ui->graph.styles[box];
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    bool marked = false, concerned = false;
    for (size_t i = 0; i < count; i++) {
        marked = marked || ui->marks[members[i]];
        concerned = concerned || (ui->concerned_count > 0 && ui->concerned[members[i]]);
    }
    ink_text(canvas, place.row, place.column, place.width, state_glyph(state), style);
    ink_text(canvas, place.row, place.column + 1, place.width - 1, letter, style);
    if (place.width >= GRAPH_SIGNS && (concerned || marked))
        canvas_put(canvas, place.row, place.column + 2, concerned ? '!' : 0x25cf, style);
}

/* The first member that a person should see: in trouble, else running. */
static size_t surfacing_member(const struct ui *ui, const uint32_t *members, size_t count)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        enum node_state state = ui->snapshot->views[members[i]].state;
        if (state == STATE_FAILED || state == STATE_LOST)
            return members[i];
        if (state == STATE_RUNNING && best == SIZE_MAX)
            best = members[i];
    }
    return best;
}

static void draw_matrix(const struct ui *ui, struct canvas *canvas, struct rectangle place, size_t box)
{
    size_t count;
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    for (size_t i = 0; i < count && place.width > 0; i++) {
        int row = (int)(i / (size_t)place.width), column = (int)(i % (size_t)place.width);
        enum node_state state = ui->snapshot->views[members[i]].state;
        unsigned style = members[i] == ui->selected ? ui->graph.styles[box] : (unsigned)theme_state_style(state);
        char letter[2] = {state_letter(state), '\0'};
        if (row < place.height)
            ink_text(canvas, place.row + row, place.column + column, 1, letter, style);
    }
}

static double percent_of_group(const struct ui *ui, const uint32_t *members, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double percent = percent_of(&ui->snapshot->views[members[i]]);
        sum += percent > 0 ? percent : 0;
    }
    return count > 0 ? sum / (double)count : -1;
}

/* Bar, counts and the member that must be seen, below the title of a group. */
static void draw_group_rows(
    const struct ui *ui, struct canvas *canvas, struct rectangle place, size_t box, const char *counts)
{
    size_t count;
    unsigned style = ui->graph.styles[box];
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    size_t member = surfacing_member(ui, members, count);
    place.row++;
    draw_bar(canvas, place, percent_of_group(ui, members, count), style);
    ink_text(canvas, ++place.row, place.column, place.width, counts, style);
    if (member == SIZE_MAX)
        return;
    unsigned own = (unsigned)theme_state_style(ui->snapshot->views[member].state);
    ink_text(canvas, ++place.row, place.column, 1, state_glyph(ui->snapshot->views[member].state), own);
    ink_text(canvas, place.row, place.column + 2, place.width - 2, ui->snapshot->workflow->nodes[member].name, own);
}

static void draw_group(const struct ui *ui, size_t box, struct canvas *canvas, struct rectangle place)
{
    size_t count;
    unsigned style = ui->graph.styles[box];
    struct text title, counts;
    const uint32_t *drawn = pane_graph_drawn_members(&ui->graph, box, &count);
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    text_init(&title, 0);
    text_init(&counts, 0);
    graph_group_name(pane_graph_names(&ui->graph), drawn, count, GROUP_NAME_MOST, &title);
    text_append_byte(&counts, '[');
    graph_group_counts(ui->snapshot, members, count, graph_group_counts_width(count), &counts);
    text_append_byte(&counts, ']');
    draw_signs(ui, canvas, place, box, graph_group_state(ui->snapshot, members, count));
    int used = GRAPH_SIGNS +
               ink_text(canvas, place.row, place.column + GRAPH_SIGNS, place.width - GRAPH_SIGNS, title.data, style) +
               1;
    if (place.height < 2)
        ink_text(canvas, place.row, place.column + used, place.width - used, counts.data, style);
    else if (ui->graph.shown_wish.matrix)
        draw_matrix(ui, canvas, (struct rectangle){place.row + 1, place.column, place.height - 1, place.width}, box);
    else
        draw_group_rows(ui, canvas, place, box, counts.data);
    text_release(&title);
    text_release(&counts);
}

static void draw_node(const struct ui *ui, size_t box, struct canvas *canvas, struct rectangle place)
{
    size_t count, node = *pane_graph_members(&ui->graph, box, &count);
    const struct node_view *view = &ui->snapshot->views[node];
    unsigned style = ui->graph.styles[box];
    bool works = ui->snapshot->workflow->nodes[node].work != NODE_WORK_MILESTONE, one_line = place.height == 1;
    int progress = layout_box(ui->graph.layout) == LAYOUT_BOX_BAR ? GRAPH_BAR + 1 + GRAPH_PERCENT : GRAPH_PERCENT;
    int space = place.width - GRAPH_SIGNS - (one_line && works ? 1 + progress : 0);
    int end = place.column + place.width;
    draw_signs(ui, canvas, place, box, view->state);
    ink_text(canvas, place.row, place.column + GRAPH_SIGNS, space, ui->snapshot->workflow->nodes[node].name, style);
    if (!one_line)
        draw_progress(ui, canvas, (struct rectangle){place.row + 1, place.column, 1, place.width}, node, style);
    else if (works && progress > GRAPH_PERCENT)
        draw_progress(ui, canvas, (struct rectangle){place.row, end - progress, 1, progress}, node, style);
    else if (works)
        draw_percent(canvas, place.row, end, percent_of(view), style);
}

/* The letter of the state: its sign would look like an arrowhead or a line. */
static void draw_dot(const struct ui *ui, size_t box, struct canvas *canvas, int row, int column)
{
    size_t count;
    const uint32_t *members = pane_graph_members(&ui->graph, box, &count);
    uint32_t letter = (unsigned char)state_letter(graph_group_state(ui->snapshot, members, count));
    canvas_put(canvas, row, column, letter, ui->graph.styles[box]);
}

void pane_graph_draw_content(
    void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    const struct ui *ui = context;
    size_t count;
    pane_graph_members(&ui->graph, box, &count);
    struct rectangle place = {row, column, height, width};
    if (height == 0)
        draw_dot(ui, box, canvas, row, column);
    else if (count > 1)
        draw_group(ui, box, canvas, place);
    else
        draw_node(ui, box, canvas, place);
}
