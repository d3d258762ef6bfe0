/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphs: the first bytes choose the options, the others are edges between at most 64 nodes, any at all. The layout is
 * asked, refined and drawn in a pane of any size; the whole drawing is read back and must state the edges of its boxes.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/canvas.h"
#include "dagtop/base/memory.h"
#include "dagtop/draw/layout.h"
#include "dagtop/draw/reader.h"
#include "fuzz.h"

enum { NODES = 64, EDGES = 300, OPTIONS = 8 };

struct input {
    uint32_t sources[EDGES], targets[EDGES], kinds[NODES];
    uint16_t widths[NODES], bars[NODES], heights[NODES];
    uint8_t open[NODES];
    int32_t before[NODES];
    struct draw_graph graph;
    struct layout_options options;
};

static void choose_options(struct input *input, const uint8_t *byte)
{
    input->options = (struct layout_options){.direction = byte[0] % 3,
        .box = byte[1] % (LAYOUT_BOX_DOT + 1),
        .fold = byte[2] % 3,
        .width = byte[3] % 128,
        .height = byte[4] % 64,
        .ascii = byte[5] & 1,
        .separate_edges = byte[5] >> 1 & 1,
        .effort = 1,
        .open = byte[5] & 4 ? input->open : NULL,
        .before = byte[5] & 8 ? input->before : NULL};
    input->graph.node_count = byte[6] % (NODES + 1);
    input->graph.kinds = byte[5] & 16 ? input->kinds : NULL;
    input->graph.full_heights = byte[5] & 32 ? input->heights : NULL;
    input->graph.bar_widths = byte[5] & 64 ? input->bars : NULL;
}

static void make_graph(struct input *input, const uint8_t *data, size_t size)
{
    uint8_t first[OPTIONS] = {0};
    memcpy(first, data, size < OPTIONS ? size : OPTIONS);
    choose_options(input, first);
    for (size_t i = OPTIONS; i + 1 < size && input->graph.edge_count < EDGES; i += 2) {
        input->sources[input->graph.edge_count] = data[i] % (NODES + 2);
        input->targets[input->graph.edge_count++] = data[i + 1] % (NODES + 2);
    }
    for (unsigned i = 0; i < NODES; i++) {
        input->kinds[i] = i * first[7] % 5;
        input->widths[i] = (uint16_t)(2 + i * first[7] % 9);
        input->bars[i] = input->widths[i] + 5;
        input->heights[i] = (uint16_t)(i * first[7] % 4);
        input->open[i] = (i * first[7] & 16) != 0;
        input->before[i] = (int32_t)(i * first[7] % 11) - 2;
    }
    input->graph.sources = input->sources;
    input->graph.targets = input->targets;
    input->graph.line_widths = input->widths;
}

static void name_of(size_t box, char name[8])
{
    name[0] = (char)('A' + box / 26);
    name[1] = (char)('a' + box % 26);
    name[2] = '\0';
}

static void put_name(void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width)
{
    char name[8];
    (void)context;
    name_of(box, name);
    if (height > 0)
        canvas_put_text(canvas, row, column, width, name, 0);
}

/* Reads a drawing back. Edges that close a cycle were left out and count as missing. */
static void check_drawing(const struct layout *layout, const struct text *text)
{
    char names[NODES][8];
    const char *list[NODES];
    struct reader_result result;
    size_t boxes = layout_box_count(layout), edges = layout_edge_count(layout);
    bool to_right = layout_direction(layout) == LAYOUT_LEFT_TO_RIGHT;
    for (size_t i = 0; i < boxes; i++) {
        name_of(i, names[i]);
        list[i] = names[i];
    }
    if (reader_read(text->data, list, boxes, to_right ? READER_LEFT_TO_RIGHT : READER_TOP_TO_BOTTOM, &result, NULL) !=
        STATUS_OK)
        broken("a drawing that cannot be read");
    if (result.edge_count != edges || result.boxes_missing || result.loose_ends)
        broken("%zu edges read, %zu drawn, %zu boxes missing, %zu loose ends", result.edge_count, edges,
            result.boxes_missing, result.loose_ends);
    for (size_t i = 0; i < edges; i++) {
        size_t source, target;
        layout_edge(layout, i, &source, &target);
        if (result.edges[i].source != source || result.edges[i].target != target)
            broken("a false edge");
    }
    reader_result_release(&result);
}

static void draw_whole(const struct layout *layout)
{
    struct layout_view view = {.content = put_name};
    struct canvas canvas;
    struct text text;
    text_init(&text, 0);
    canvas_init(&canvas, layout_width(layout), layout_height(layout));
    layout_draw(layout, &canvas, &view);
    canvas_print(&canvas, &text);
    if (layout_box(layout) != LAYOUT_BOX_DOT)
        check_drawing(layout, &text);
    canvas_release(&canvas);
    text_release(&text);
}

static void ask(const struct layout *layout, const struct input *input)
{
    struct layout_view view = {.row = input->options.height - 20,
        .column = input->options.width - 20,
        .passed = input->open,
        .marked = input->open + 1};
    struct canvas canvas;
    canvas_init(&canvas, input->options.width, input->options.height);
    layout_draw(layout, &canvas, &view);
    canvas_release(&canvas);
    for (size_t box = 0; box < layout_box_count(layout); box++) {
        struct layout_rectangle area = layout_rectangle(layout, box);
        size_t found;
        if (!layout_hit(layout, area.row, area.column, &found) || found != box)
            broken("box %zu is not where it stands", box);
        for (unsigned move = LAYOUT_TO_SUCCESSOR; move <= LAYOUT_TO_PREVIOUS; move++)
            if (layout_move(layout, box, move) >= layout_box_count(layout))
                broken("a move to nowhere");
    }
    for (size_t edge = 0; edge < layout_edge_count(layout); edge++) {
        struct layout_point points[4];
        if (layout_route(layout, edge, points, 4) == 0)
            broken("an edge without a route");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input *input = memory_new(sizeof *input);
    make_graph(input, data, size);
    /* One byte more than the boxes of open is read as marked. */
    if (input->graph.node_count == NODES)
        input->graph.node_count--;
    struct layout *layout = layout_new(&input->graph, &input->options);
    if (layout) {
        ask(layout, input);
        draw_whole(layout);
        if (layout_refine(layout, 20000)) {
            layout_adopt(layout);
            draw_whole(layout);
        }
        layout_free(layout);
    }
    free(input);
    return 0;
}
