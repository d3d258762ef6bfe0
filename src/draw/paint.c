/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the part of a layout that a canvas shows: lines first into a grid of sides, then as characters, then boxes. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "glyph.h"
#include "layout_state.h"

/* Sides along and across the flow, before they are turned to the directions of the screen. */
enum flow_side { FLOW_BACK = 1, FLOW_ON = 2, CROSS_LOW = 4, CROSS_HIGH = 8 };

struct line_cell {
    uint32_t net; /* 1 + the net, 0 for none */
    uint16_t style;
    uint8_t sides; /* of flow_side */
    bool crossing, arrow;
};

struct painter {
    const struct layout *layout;
    const struct placement *placement;
    struct canvas *canvas;
    const struct layout_view *view;
    struct line_cell *cells;
    int32_t flow_from, flow_to, cross_from, cross_to; /* the part that is shown */
    uint8_t *passed;                                  /* by item: every source that reaches it has passed */
    uint8_t *from_marked;                             /* by item: a marked box leads to it */
    uint8_t *to_marked;                               /* by item: it leads to a marked box */
    bool marking;                                     /* only the style of lines between marked boxes is set */
    uint16_t style;
    uint32_t net;
};

static struct line_cell *cell_at(const struct painter *painter, int32_t flow, int32_t cross)
{
    if (flow < painter->flow_from || flow >= painter->flow_to || cross < painter->cross_from ||
        cross >= painter->cross_to)
        return NULL;
    size_t breadth = (size_t)(painter->cross_to - painter->cross_from);
    return &painter->cells[(size_t)(flow - painter->flow_from) * breadth + (size_t)(cross - painter->cross_from)];
}

static void add_sides(const struct painter *painter, int32_t flow, int32_t cross, unsigned sides)
{
    struct line_cell *cell = cell_at(painter, flow, cross);
    if (!cell)
        return;
    if (cell->net && cell->net != painter->net && !painter->marking)
        cell->crossing = true;
    cell->net = painter->net;
    cell->style = painter->style;
    cell->sides |= (uint8_t)sides;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* A line along the flow over the cells from first to last. */
static void add_along(const struct painter *painter, int32_t first, int32_t last, int32_t cross)
{
    if (cross < painter->cross_from || cross >= painter->cross_to)
        return;
    first = larger(first, painter->flow_from);
    last = smaller(last, painter->flow_to - 1);
    for (int32_t flow = first; flow <= last; flow++)
        add_sides(painter, flow, cross, FLOW_BACK | FLOW_ON);
}

/* A line across the flow; its end cells go on to the inside only. */
static void add_across(const struct painter *painter, int32_t flow, int32_t low, int32_t high)
{
    if (flow < painter->flow_from || flow >= painter->flow_to)
        return;
    int32_t first = larger(low, painter->cross_from), last = smaller(high, painter->cross_to - 1);
    for (int32_t cross = first; cross <= last; cross++)
        add_sides(painter, flow, cross, (cross > low ? CROSS_LOW : 0) | (cross < high ? CROSS_HIGH : 0));
}

/* The end of a net at a lower item: the arrowhead of a box, or a line that goes on. */
static void add_end(const struct painter *painter, int32_t flow, int32_t cross, uint32_t item)
{
    add_sides(painter, flow, cross, FLOW_BACK | FLOW_ON);
    struct line_cell *cell = cell_at(painter, flow, cross);
    if (cell && item < painter->placement->layered->box_count)
        cell->arrow = true;
}

static bool is_drawn(const struct painter *painter, const struct pin *pin, bool upper)
{
    return !painter->marking || (upper ? painter->from_marked : painter->to_marked)[pin->item];
}

/* The first of a net's ascending pins from begin to end that is shown. */
static uint32_t first_shown(const struct painter *painter, const struct pin *pins, uint32_t begin, uint32_t end)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (pins[middle].place < painter->cross_from)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

struct net_flow {
    int32_t first_track, last_track, arrow; /* along the flow */
};

static void add_pins(const struct painter *painter, const struct net *net, const struct net_flow *at)
{
    const struct pin *pins = painter->placement->nets.pins;
    for (uint32_t i = first_shown(painter, pins, net->first, net->middle); i < net->middle; i++) {
        if (pins[i].place >= painter->cross_to)
            break;
        if (!is_drawn(painter, &pins[i], true))
            continue;
        add_along(painter, layout_line_begin(painter->placement, pins[i].item), at->first_track - 1, pins[i].place);
        add_sides(painter, at->first_track, pins[i].place, FLOW_BACK);
    }
    for (uint32_t i = first_shown(painter, pins, net->middle, net->end); i < net->end; i++) {
        if (pins[i].place >= painter->cross_to)
            break;
        if (!is_drawn(painter, &pins[i], false))
            continue;
        add_sides(painter, at->last_track, pins[i].place, FLOW_ON);
        add_along(painter, at->last_track + 1, at->arrow - 1, pins[i].place);
        add_end(painter, at->arrow, pins[i].place, pins[i].item);
    }
}

/* The extent of a net's drawn pins from begin to end, widened from *low and *high. */
static void extent_of(
    const struct painter *painter, uint32_t begin, uint32_t end, bool upper, int32_t *low, int32_t *high)
{
    const struct pin *pins = painter->placement->nets.pins;
    for (uint32_t i = begin; i < end; i++) {
        if (is_drawn(painter, &pins[i], upper)) {
            *low = smaller(*low, pins[i].place);
            break;
        }
    }
    for (uint32_t i = end; i > begin; i--) {
        if (is_drawn(painter, &pins[i - 1], upper)) {
            *high = larger(*high, pins[i - 1].place);
            break;
        }
    }
}

static void add_tracks(const struct painter *painter, const struct net *net, const struct net_flow *at)
{
    int32_t low = INT32_MAX, high = INT32_MIN;
    if (net->bridge == NO_BRIDGE) {
        extent_of(painter, net->first, net->middle, true, &low, &high);
        extent_of(painter, net->middle, net->end, false, &low, &high);
        add_across(painter, at->first_track, low, high);
        return;
    }
    low = high = net->bridge;
    extent_of(painter, net->first, net->middle, true, &low, &high);
    add_across(painter, at->first_track, low, high);
    low = high = net->bridge;
    extent_of(painter, net->middle, net->end, false, &low, &high);
    add_across(painter, at->last_track, low, high);
    add_sides(painter, at->first_track, net->bridge, FLOW_ON);
    add_along(painter, at->first_track + 1, at->last_track - 1, net->bridge);
    add_sides(painter, at->last_track, net->bridge, FLOW_BACK);
}

static bool any_marked(const uint8_t *marks, const struct pin *pins, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        if (marks[pins[i].item])
            return true;
    return false;
}

static bool all_passed(const struct painter *painter, const struct net *net)
{
    for (uint32_t i = net->first; i < net->middle; i++)
        if (!painter->passed[painter->placement->nets.pins[i].item])
            return false;
    return true;
}

static void add_net(struct painter *painter, uint32_t number, uint32_t layer)
{
    const struct placement *placement = painter->placement;
    const struct net *net = &placement->nets.nets[number];
    const struct pin *pins = placement->nets.pins;
    int32_t first = layout_first_track(placement, layer), arrow = placement->layer_flow[layer + 1] - 1;
    struct net_flow at = {first + net->first_track, first + net->last_track, arrow};
    if (net->high < painter->cross_from || net->low >= painter->cross_to)
        return;
    if (painter->marking && !(any_marked(painter->from_marked, pins, net->first, net->middle) &&
                                any_marked(painter->to_marked, pins, net->middle, net->end)))
        return;
    painter->net = number + 1;
    if (!painter->marking)
        painter->style =
            painter->passed && all_passed(painter, net) ? painter->view->passed_style : painter->view->edge_style;
    if (net->first_track == NO_TRACK) {
        add_along(painter, layout_line_begin(placement, pins[net->first].item), arrow - 1, net->low);
        add_end(painter, arrow, net->low, pins[net->middle].item);
        return;
    }
    add_tracks(painter, net, &at);
    add_pins(painter, net, &at);
}

/* The first layer whose end or gap reaches into what is shown. */
static uint32_t first_layer(const struct painter *painter)
{
    const struct placement *placement = painter->placement;
    uint32_t low = 0, high = placement->layered->layer_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (placement->layer_flow[middle + 1] <= painter->flow_from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_nets(struct painter *painter)
{
    const struct placement *placement = painter->placement;
    uint32_t layers = placement->layered->layer_count;
    for (uint32_t layer = first_layer(painter); layer + 1 < layers; layer++) {
        if (placement->layer_flow[layer] >= painter->flow_to)
            break;
        for (uint32_t net = placement->nets.gap_start[layer]; net < placement->nets.gap_start[layer + 1]; net++)
            add_net(painter, net, layer);
    }
}

static uint32_t glyph_of(const struct painter *painter, const struct line_cell *cell)
{
    bool to_right = painter->placement->left_to_right, ascii = painter->placement->ascii;
    unsigned sides = 0;
    if (cell->arrow)
        return glyph_arrow(to_right, ascii);
    if (cell->crossing)
        return glyph_crossing(ascii);
    if (cell->sides & FLOW_BACK)
        sides |= to_right ? SIDE_WEST : SIDE_NORTH;
    if (cell->sides & FLOW_ON)
        sides |= to_right ? SIDE_EAST : SIDE_SOUTH;
    if (cell->sides & CROSS_LOW)
        sides |= to_right ? SIDE_NORTH : SIDE_WEST;
    if (cell->sides & CROSS_HIGH)
        sides |= to_right ? SIDE_SOUTH : SIDE_EAST;
    return glyph_line(sides, ascii);
}

static void write_lines(const struct painter *painter)
{
    for (int32_t flow = painter->flow_from; flow < painter->flow_to; flow++) {
        for (int32_t cross = painter->cross_from; cross < painter->cross_to; cross++) {
            const struct line_cell *cell = cell_at(painter, flow, cross);
            if (!cell->net)
                continue;
            int row = painter->placement->left_to_right ? cross : flow;
            int column = painter->placement->left_to_right ? flow : cross;
            canvas_put(painter->canvas, row - painter->view->row, column - painter->view->column,
                glyph_of(painter, cell), cell->style);
        }
    }
}

/* By item whether all sources behind it have passed: boxes and their trunks as the box, target trunks as all before. */
static void spread_passed(struct painter *painter)
{
    const struct layered *layered = painter->placement->layered;
    if (!painter->view->passed)
        return;
    painter->passed = memory_new_array(layered->item_count, 1);
    for (uint32_t item = 0; item < layered->item_count; item++) {
        painter->passed[item] = 1;
        if (layered->kind[item] != ITEM_TARGET_TRUNK)
            painter->passed[item] = painter->view->passed[layered->owner[item]];
        for (uint32_t i = layered->up.start[item];
             layered->kind[item] == ITEM_TARGET_TRUNK && i < layered->up.start[item + 1]; i++)
            painter->passed[item] &= painter->passed[layered->up.items[i]];
    }
}

/* Pieces of trunks lie on a marked way where it comes from a marked box and leads to one. */
static void spread_marked(struct painter *painter)
{
    const struct layered *layered = painter->placement->layered;
    if (!painter->view->marked)
        return;
    painter->from_marked = memory_new_array(layered->item_count, 1);
    painter->to_marked = memory_new_array(layered->item_count, 1);
    for (uint32_t item = 0; item < layered->item_count; item++) {
        if (item < layered->box_count)
            painter->from_marked[item] = painter->to_marked[item] = painter->view->marked[item];
        for (uint32_t i = layered->up.start[item]; item >= layered->box_count && i < layered->up.start[item + 1]; i++)
            painter->from_marked[item] |= painter->from_marked[layered->up.items[i]];
    }
    for (uint32_t item = layered->item_count; item > layered->box_count; item--)
        for (uint32_t i = layered->down.start[item - 1]; i < layered->down.start[item]; i++)
            painter->to_marked[item - 1] |= painter->to_marked[layered->down.items[i]];
}

static void put_border(const struct painter *painter, int row, int column, int height, int width, unsigned style)
{
    static const unsigned corners[4] = {
        SIDE_EAST | SIDE_SOUTH, SIDE_SOUTH | SIDE_WEST, SIDE_NORTH | SIDE_EAST, SIDE_NORTH | SIDE_WEST};
    bool ascii = painter->placement->ascii;
    uint32_t level = glyph_line(SIDE_EAST | SIDE_WEST, ascii), upright = glyph_line(SIDE_NORTH | SIDE_SOUTH, ascii);
    canvas_fill(painter->canvas, row, column + 1, 1, width - 2, level, style);
    canvas_fill(painter->canvas, row + height - 1, column + 1, 1, width - 2, level, style);
    canvas_fill(painter->canvas, row + 1, column, height - 2, 1, upright, style);
    canvas_fill(painter->canvas, row + 1, column + width - 1, height - 2, 1, upright, style);
    for (unsigned i = 0; i < 4; i++)
        canvas_put(painter->canvas, i < 2 ? row : row + height - 1, i % 2 ? column + width - 1 : column,
            glyph_line(corners[i], ascii), style);
}

static void put_dot(const struct painter *painter, struct layout_rectangle area, unsigned style)
{
    bool wide = area.width > 1, ascii = painter->placement->ascii;
    canvas_fill(painter->canvas, area.row, area.column, area.height, area.width, glyph_dot(false, wide, ascii), style);
    uint32_t first = painter->view->dot ? painter->view->dot : glyph_dot(true, wide, ascii);
    canvas_put(painter->canvas, area.row, area.column, first, style);
}

static void put_box(const struct painter *painter, uint32_t box)
{
    const struct layout_view *view = painter->view;
    struct layout_rectangle area = layout_rectangle(painter->layout, box);
    struct layout_rectangle content = layout_content(painter->layout, box);
    unsigned style = view->box_styles ? view->box_styles[box] : 0;
    area.row -= view->row;
    area.column -= view->column;
    content.row -= view->row;
    content.column -= view->column;
    if (painter->placement->box == LAYOUT_BOX_DOT) {
        put_dot(painter, area, style);
    } else {
        canvas_fill(painter->canvas, area.row, area.column, area.height, area.width, ' ', style);
        if (painter->placement->box == LAYOUT_BOX_FULL) {
            put_border(painter, area.row, area.column, area.height, area.width, style);
        } else {
            canvas_fill(painter->canvas, area.row, area.column, area.height, 1, '[', style);
            canvas_fill(painter->canvas, area.row, area.column + area.width - 1, area.height, 1, ']', style);
        }
    }
    if (view->content)
        view->content(view->context, box, painter->canvas, content.row, content.column, content.height, content.width);
}

/* The first item of a layer that is shown, by its index in the order. */
static uint32_t first_item(const struct painter *painter, uint32_t layer)
{
    const struct placement *placement = painter->placement;
    uint32_t low = placement->layered->layer_start[layer], high = placement->layered->layer_start[layer + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, item = placement->order.items[middle];
        if (placement->start[item] + placement->size[item] <= painter->cross_from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_boxes(const struct painter *painter)
{
    const struct placement *placement = painter->placement;
    const struct layered *layered = placement->layered;
    for (uint32_t layer = first_layer(painter); layer < layered->layer_count; layer++) {
        if (placement->layer_flow[layer] >= painter->flow_to)
            break;
        for (uint32_t i = first_item(painter, layer); i < layered->layer_start[layer + 1]; i++) {
            uint32_t item = placement->order.items[i];
            if (placement->start[item] >= painter->cross_to)
                break;
            if (item < layered->box_count)
                put_box(painter, item);
        }
    }
}

/* The part of the drawing that the canvas shows. False where that is nothing. */
static bool clip_to_canvas(struct painter *painter)
{
    const struct layout_view *view = painter->view;
    bool to_right = painter->placement->left_to_right;
    int64_t row_end = (int64_t)view->row + painter->canvas->height;
    int64_t column_end = (int64_t)view->column + painter->canvas->width;
    int64_t height = layout_height(painter->layout), width = layout_width(painter->layout);
    int32_t row_from = larger(view->row, 0), column_from = larger(view->column, 0);
    row_end = row_end < height ? row_end : height;
    column_end = column_end < width ? column_end : width;
    if (row_from >= row_end || column_from >= column_end)
        return false;
    painter->flow_from = to_right ? column_from : row_from;
    painter->flow_to = (int32_t)(to_right ? column_end : row_end);
    painter->cross_from = to_right ? row_from : column_from;
    painter->cross_to = (int32_t)(to_right ? row_end : column_end);
    return true;
}

void layout_draw(const struct layout *layout, struct canvas *canvas, const struct layout_view *view)
{
    static const struct layout_view plain;
    struct painter painter = {.layout = layout, .placement = layout->placement, .canvas = canvas};
    painter.view = view ? view : &plain;
    if (!clip_to_canvas(&painter))
        return;
    painter.cells = memory_new_array(
        (size_t)(painter.flow_to - painter.flow_from) * (size_t)(painter.cross_to - painter.cross_from),
        sizeof *painter.cells);
    spread_passed(&painter);
    spread_marked(&painter);
    add_nets(&painter);
    if (painter.view->marked) {
        painter.marking = true;
        painter.style = painter.view->marked_style;
        add_nets(&painter);
    }
    write_lines(&painter);
    put_boxes(&painter);
    free(painter.cells);
    free(painter.passed);
    free(painter.from_marked);
    free(painter.to_marked);
}
