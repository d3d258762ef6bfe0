/* SPDX-License-Identifier: Apache-2.0 */
/* The graph: a box a node or a group of alike nodes, lines for dependencies, a cursor that walks along them. */
#include <stdio.h>

#include "ui_private.h"

static void draw_layout(struct ui *ui, struct canvas *canvas)
{
    struct graph_pane *graph = &ui->graph;
    pane_graph_follow(ui);
    pane_graph_mark(ui);
    struct layout_view view = {.row = graph->row,
        .column = graph->column,
        .content = pane_graph_draw_content,
        .context = ui,
        .box_styles = graph->styles,
        .edge_style = STYLE_EDGE,
        .passed_style = STYLE_EDGE_PASSED,
        .passed = graph->passed,
        .marked_style = STYLE_EDGE_MARKED,
        .marked = graph->marked};
    layout_draw(graph->layout, canvas, &view);
    pane_graph_draw_minimap(ui, canvas);
}

void pane_graph_draw(struct ui *ui, struct canvas *canvas)
{
    struct graph_pane *graph = &ui->graph;
    char words[64];
    if (ui->snapshot->workflow->node_count == 0) {
        ink_text(canvas, 0, 1, canvas->width - 1, "This workflow has no nodes", STYLE_DIM);
        return;
    }
    graph->width = canvas->width;
    graph->height = canvas->height;
    pane_graph_lay_out(ui);
    if (graph->layout) {
        draw_layout(ui, canvas);
        return;
    }
    snprintf(words, sizeof words, "Drawing %zu nodes\u2026", ui->snapshot->workflow->node_count);
    ink_text(canvas, 0, 1, canvas->width - 1, words, STYLE_DIM);
}

/* Which way the drawing goes on beyond the pane. */
static void append_arrows(const struct graph_pane *graph, struct text *title)
{
    int width = layout_width(graph->layout), height = layout_height(graph->layout);
    bool wide = width > graph->width, high = height > graph->height;
    if (wide || high)
        text_append_format(title, " %s%s%s%s", wide && graph->column > 0 ? "\u2190" : "",
            high && graph->row > 0 ? "\u2191" : "", high && graph->row + graph->height < height ? "\u2193" : "",
            wide && graph->column + graph->width < width ? "\u2192" : "");
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
    struct text words;
    text_init(&words, 0);
    if (pane_graph_is_busy(ui))
        text_append_string(&words, " drawing\u2026");
    if (graph->shown_wish.steps > 0)
        text_append_format(&words, " %u near", graph->shown_wish.steps);
    if (graph->path)
        text_append_format(&words, " path from %s", ui->snapshot->workflow->nodes[graph->path_from].name);
    else if (graph->critical)
        text_append_string(&words, " longest chain");
    if (graph->follow)
        text_append_string(&words, " follows");
    if (graph->better)
        text_append_string(&words, " A better");
    if (layout_is_folded(graph->layout))
        text_append_string(&words, " folded");
    append_arrows(graph, &words);
    text_append_string(title, words.length > 0 ? words.data + 1 : "");
    text_release(&words);
}

void pane_graph_click(struct ui *ui, int row, int column)
{
    const struct graph_pane *graph = &ui->graph;
    size_t box;
    if (graph->layout && layout_hit(graph->layout, row + graph->row, column + graph->column, &box))
        ui_select(ui, pane_graph_node_of(ui, box));
}

bool pane_graph_act(struct ui *ui, enum ui_action action)
{
    return ui->graph.layout && pane_graph_move(ui, action);
}
