/* SPDX-License-Identifier: Apache-2.0 */
/* The whole drawing in a corner: boxes as signs, the part that is seen with full ones on a shade. */
#include <limits.h>

#include "ui_private.h"

enum {
    LEAST_WIDTH = 48, /* of a pane that has room for it */
    LEAST_HEIGHT = 14,
    MOST_WIDTH = 24,
    MOST_HEIGHT = 7,
    SEEN = 0x25cf,
    UNSEEN = 0x25cb,
    SHADE = 0x2591
};

/* How much would be covered: boxes, and above all the one under the cursor. */
static unsigned covered(const struct ui *ui, struct rectangle place)
{
    const struct graph_pane *graph = &ui->graph;
    unsigned cells = 0;
    size_t box, cursor = SIZE_MAX;
    pane_graph_box_of(graph, ui->selected, &cursor);
    for (int row = place.row; row < place.row + place.height; row++) {
        for (int column = place.column; column < place.column + place.width; column++) {
            if (layout_hit(graph->layout, row + graph->row, column + graph->column, &box))
                cells += box == cursor ? 1000 : 1;
        }
    }
    return cells;
}

/* The corner where the least is covered, first the lower right one. */
static struct rectangle place_map(const struct ui *ui, const struct canvas *canvas)
{
    struct rectangle best = {0};
    unsigned least = UINT_MAX;
    int height = canvas->height / 4 < MOST_HEIGHT ? canvas->height / 4 : MOST_HEIGHT;
    int width = canvas->width / 4 < MOST_WIDTH ? canvas->width / 4 : MOST_WIDTH;
    for (int corner = 0; corner < 4; corner++) {
        struct rectangle place = {.height = height, .width = width};
        place.row = corner % 2 == 0 ? canvas->height - height : 0;
        place.column = corner < 2 ? canvas->width - width : 0;
        unsigned cells = covered(ui, place);
        if (cells < least) {
            least = cells;
            best = place;
        }
    }
    return best;
}

static int scale(int place, int whole, int cells)
{
    int scaled = whole > 0 ? (int)((int64_t)place * cells / whole) : 0;
    return scaled < 0 ? 0 : scaled < cells ? scaled : cells - 1;
}

/* Boxes in the order of their states' weight would cost a sort: a box with the selection or in trouble stays on top. */
static void draw_boxes(const struct ui *ui, struct canvas *canvas, struct rectangle inside, struct rectangle seen)
{
    const struct graph_pane *graph = &ui->graph;
    size_t boxes = layout_box_count(graph->layout);
    unsigned failed = (unsigned)theme_state_style(STATE_FAILED);
    for (size_t box = 0; box < boxes; box++) {
        struct layout_rectangle place = layout_rectangle(graph->layout, box);
        int row = scale(place.row + place.height / 2, layout_height(graph->layout), inside.height);
        int column = scale(place.column + place.width / 2, layout_width(graph->layout), inside.width);
        const struct cell *cell = canvas_at(canvas, inside.row + row, inside.column + column);
        bool is_seen = row >= seen.row && row < seen.row + seen.height && column >= seen.column &&
                       column < seen.column + seen.width;
        if (cell && cell->style != failed)
            canvas_put(canvas, inside.row + row, inside.column + column, is_seen ? SEEN : UNSEEN, graph->styles[box]);
    }
}

void pane_graph_draw_minimap(struct ui *ui, struct canvas *canvas)
{
    const struct graph_pane *graph = &ui->graph;
    int width = layout_width(graph->layout), height = layout_height(graph->layout);
    if (canvas->width < LEAST_WIDTH || canvas->height < LEAST_HEIGHT ||
        (width <= canvas->width && height <= canvas->height))
        return;
    struct rectangle place = place_map(ui, canvas);
    struct rectangle inside = {place.row + 1, place.column + 1, place.height - 2, place.width - 2};
    struct rectangle seen = {
        .row = scale(graph->row, height, inside.height), .column = scale(graph->column, width, inside.width)};
    seen.height = scale(graph->row + canvas->height - 1, height, inside.height) - seen.row + 1;
    seen.width = scale(graph->column + canvas->width - 1, width, inside.width) - seen.column + 1;
    ink_box(canvas, place, "", STYLE_RULE, STYLE_RULE);
    canvas_fill(canvas, place.row, place.column + 2, 1, 3, 0x2500, STYLE_RULE);
    canvas_fill(canvas, inside.row + seen.row, inside.column + seen.column, seen.height, seen.width, SHADE, STYLE_RULE);
    draw_boxes(ui, canvas, inside, seen);
}
