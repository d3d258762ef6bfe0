/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about a finished layout. */
#include <stdlib.h>

#include "layout_state.h"

int layout_width(const struct layout *layout)
{
    const struct placement *placement = layout->placement;
    return placement->left_to_right ? placement->flow_size : placement->cross_size;
}

int layout_height(const struct layout *layout)
{
    const struct placement *placement = layout->placement;
    return placement->left_to_right ? placement->cross_size : placement->flow_size;
}

enum layout_direction layout_direction(const struct layout *layout)
{
    return layout->placement->left_to_right ? LAYOUT_LEFT_TO_RIGHT : LAYOUT_TOP_TO_BOTTOM;
}

enum layout_box layout_box(const struct layout *layout)
{
    return layout->placement->box;
}

bool layout_is_folded(const struct layout *layout)
{
    return layout->boxes.count < layout->node_count;
}

size_t layout_box_count(const struct layout *layout)
{
    return layout->boxes.count;
}

size_t layout_box_of_node(const struct layout *layout, size_t node)
{
    return layout->fold ? fold_class_of(layout->fold, node) : node;
}

const uint32_t *layout_members(const struct layout *layout, size_t box, size_t *count)
{
    if (layout->fold)
        return fold_members(layout->fold, box, count);
    *count = 1;
    return layout->single + box;
}

static struct layout_rectangle turn(
    const struct placement *placement, int32_t flow, int32_t cross, int32_t along, int32_t across)
{
    if (placement->left_to_right)
        return (struct layout_rectangle){.row = cross, .column = flow, .height = across, .width = along};
    return (struct layout_rectangle){.row = flow, .column = cross, .height = along, .width = across};
}

struct layout_rectangle layout_rectangle(const struct layout *layout, size_t box)
{
    const struct placement *placement = layout->placement;
    return turn(placement, placement->layer_flow[placement->layered->layer[box]], placement->start[box],
        placement->length[box], placement->size[box]);
}

struct layout_rectangle layout_content(const struct layout *layout, size_t box)
{
    const struct placement *placement = layout->placement;
    struct layout_rectangle area = layout_rectangle(layout, box);
    if (placement->box == LAYOUT_BOX_DOT) {
        area.width = area.height = 0;
        return area;
    }
    int32_t border = placement->box == LAYOUT_BOX_FULL ? 1 : 0;
    area.row += border;
    area.height -= 2 * border;
    area.column += 1;
    area.width -= 2;
    return area;
}

/* The last of count ascending numbers that is at most value; -1 where all are larger. */
static int64_t last_at_most(const int32_t *numbers, size_t count, int32_t value)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (numbers[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t)low - 1;
}

bool layout_hit(const struct layout *layout, int row, int column, size_t *box)
{
    const struct placement *placement = layout->placement;
    const struct layered *layered = placement->layered;
    int32_t flow = placement->left_to_right ? column : row, cross = placement->left_to_right ? row : column;
    int64_t layer = last_at_most(placement->layer_flow, layered->layer_count, flow);
    if (layer < 0)
        return false;
    uint32_t first = layered->layer_start[layer], low = first, high = layered->layer_start[layer + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (placement->start[placement->order.items[middle]] <= cross)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == first)
        return false;
    uint32_t item = placement->order.items[low - 1];
    if (item >= layered->box_count || cross >= placement->start[item] + placement->size[item] ||
        flow >= placement->layer_flow[layer] + placement->length[item])
        return false;
    *box = item;
    return true;
}

unsigned layout_layer(const struct layout *layout, size_t box)
{
    return layout->layered.layer[box];
}

const uint32_t *layout_colours(const struct layout *layout)
{
    return layout->colours;
}

int32_t layout_rank(const struct layout *layout, size_t box)
{
    return layout->placement->start[box];
}

/* Twice the middle of an item across the flow. */
static int64_t centre(const struct placement *placement, size_t item)
{
    return 2 * (int64_t)placement->start[item] + placement->size[item];
}

/* The nearest box of some items; the box itself where there is none. */
static size_t nearest(const struct layout *layout, size_t box, const uint32_t *others, size_t count)
{
    int64_t own = centre(layout->placement, box), least = INT64_MAX;
    size_t best = box;
    for (size_t i = 0; i < count; i++) {
        int64_t distance = llabs(centre(layout->placement, others[i]) - own);
        if (others[i] < layout->layered.box_count && distance < least) {
            least = distance;
            best = others[i];
        }
    }
    return best;
}

/* The next box of the layer in one direction, pieces of trunks skipped. */
static size_t beside(const struct layout *layout, size_t box, int step)
{
    const struct layered *layered = &layout->layered;
    const struct order *order = &layout->placement->order;
    uint32_t layer = layered->layer[box];
    int64_t first = layered->layer_start[layer], end = layered->layer_start[layer + 1];
    for (int64_t i = first + order->position[box] + step; i >= first && i < end; i += step)
        if (order->items[i] < layered->box_count)
            return order->items[i];
    return box;
}

/* Along an edge; a box without any edge has the boxes of the layer beside its own instead. */
static size_t along(const struct layout *layout, size_t box, bool down)
{
    const struct layered *layered = &layout->layered;
    size_t after, before;
    const uint32_t *successors = layout_successors(layout, box, &after);
    const uint32_t *predecessors = layout_predecessors(layout, box, &before);
    if (after + before > 0)
        return down ? nearest(layout, box, successors, after) : nearest(layout, box, predecessors, before);
    uint32_t layer = layered->layer[box] + (down ? 1 : -1);
    if (layer >= layered->layer_count)
        return box;
    const uint32_t *items = layout->placement->order.items + layered->layer_start[layer];
    return nearest(layout, box, items, layered->layer_start[layer + 1] - layered->layer_start[layer]);
}

size_t layout_move(const struct layout *layout, size_t box, enum layout_move move)
{
    switch (move) {
    case LAYOUT_TO_SUCCESSOR:
        return along(layout, box, true);
    case LAYOUT_TO_PREDECESSOR:
        return along(layout, box, false);
    case LAYOUT_TO_NEXT:
        return beside(layout, box, 1);
    case LAYOUT_TO_PREVIOUS:
        return beside(layout, box, -1);
    }
    return box;
}

size_t layout_edge_count(const struct layout *layout)
{
    return layout->boxes.edge_count;
}

void layout_edge(const struct layout *layout, size_t edge, size_t *source, size_t *target)
{
    const struct adjacency *after = &layout->boxes.after;
    uint32_t low = 0, high = layout->boxes.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (after->start[middle + 1] <= edge)
            low = middle + 1;
        else
            high = middle;
    }
    *source = low;
    *target = after->items[edge];
}

const uint32_t *layout_successors(const struct layout *layout, size_t box, size_t *count)
{
    *count = adjacency_degree(&layout->boxes.after, (uint32_t)box);
    return layout->boxes.after.items + layout->boxes.after.start[box];
}

const uint32_t *layout_predecessors(const struct layout *layout, size_t box, size_t *count)
{
    *count = adjacency_degree(&layout->boxes.before, (uint32_t)box);
    return layout->boxes.before.items + layout->boxes.before.start[box];
}

size_t layout_dropped_edges(const struct layout *layout)
{
    return layout->boxes.dropped;
}

uint64_t layout_layered_crossings(const struct layout *layout)
{
    return crossing_count_order(&layout->layered, layout->placement->order.items);
}

uint64_t layout_drawn_crossings(const struct layout *layout)
{
    return layout->placement->crossings;
}

struct route {
    const struct layout *layout;
    struct layout_point *points;
    size_t limit, count;
    int32_t flow, cross; /* of the last point */
};

static void add_point(struct route *route, int32_t flow, int32_t cross)
{
    if (route->count > 0 && route->flow == flow && route->cross == cross)
        return;
    if (route->count < route->limit) {
        bool left_to_right = route->layout->placement->left_to_right;
        route->points[route->count] = left_to_right ? (struct layout_point){.row = cross, .column = flow}
                                                    : (struct layout_point){.row = flow, .column = cross};
    }
    route->count++;
    route->flow = flow;
    route->cross = cross;
}

/* The corners of one link: along the flow to the track, across, over the bridge, to the lower end. */
static void add_link(struct route *route, uint32_t link)
{
    const struct placement *placement = route->layout->placement;
    const struct nets *nets = &placement->nets;
    const struct pin *upper = &nets->pins[nets->link_upper[link]], *lower = &nets->pins[nets->link_lower[link]];
    const struct net *net = &nets->nets[upper->net];
    uint32_t layer = placement->layered->layer[upper->item];
    if (route->count == 0)
        add_point(route, layout_line_begin(placement, upper->item), upper->place);
    if (upper->place != lower->place || net->bridge != NO_BRIDGE) {
        int32_t first = layout_first_track(placement, layer);
        int32_t bridge = net->bridge == NO_BRIDGE ? lower->place : net->bridge;
        add_point(route, first + net->first_track, upper->place);
        add_point(route, first + net->first_track, bridge);
        add_point(route, first + net->last_track, bridge);
        add_point(route, first + net->last_track, lower->place);
    }
    if (lower->item < placement->layered->box_count)
        add_point(route, placement->layer_flow[layer + 1] - 1, lower->place);
}

/* The link from one item to another, or UINT32_MAX. */
static uint32_t find_link(const struct layered *layered, uint32_t upper, uint32_t lower)
{
    const struct adjacency *down = &layered->down, *up = &layered->up;
    if (adjacency_degree(down, upper) <= adjacency_degree(up, lower)) {
        for (uint32_t i = down->start[upper]; i < down->start[upper + 1]; i++)
            if (down->items[i] == lower)
                return i;
    } else {
        for (uint32_t i = up->start[lower]; i < up->start[lower + 1]; i++)
            if (up->items[i] == upper)
                return layered->up_link[i];
    }
    return UINT32_MAX;
}

/* Whether source, then the pieces from first on, then target are linked one after the other. */
static bool is_way(const struct layered *layered, uint32_t source, uint32_t first, uint32_t pieces, uint32_t target)
{
    return find_link(layered, source, first) != UINT32_MAX &&
           find_link(layered, first + pieces - 1, target) != UINT32_MAX;
}

/* The first of the pieces between two boxes: of the source's trunk, the target's, or the edge's own. */
static uint32_t find_pieces(const struct layered *layered, uint32_t source, uint32_t target, uint32_t pieces)
{
    for (uint32_t i = layered->down.start[source]; i < layered->down.start[source + 1]; i++) {
        uint32_t item = layered->down.items[i];
        bool own = layered->kind[item] == ITEM_SOURCE_TRUNK || layered->kind[item] == ITEM_SINGLE;
        if (!own || item + pieces > layered->item_count || layered->owner[item + pieces - 1] != source ||
            layered->kind[item + pieces - 1] != layered->kind[item])
            continue;
        if (is_way(layered, source, item, pieces, target))
            return item;
    }
    for (uint32_t i = layered->up.start[target]; i < layered->up.start[target + 1]; i++) {
        uint32_t item = layered->up.items[i];
        if (layered->kind[item] != ITEM_TARGET_TRUNK || item + 1 < pieces)
            continue;
        if (is_way(layered, source, item + 1 - pieces, pieces, target))
            return item + 1 - pieces;
    }
    return UINT32_MAX;
}

size_t layout_route(const struct layout *layout, size_t edge, struct layout_point *points, size_t limit)
{
    struct route route = {.layout = layout, .points = points, .limit = limit};
    const struct layered *layered = &layout->layered;
    size_t source, target;
    layout_edge(layout, edge, &source, &target);
    uint32_t from = (uint32_t)source, to = (uint32_t)target;
    uint32_t pieces = layered->layer[to] - layered->layer[from] - 1;
    if (pieces == 0) {
        add_link(&route, find_link(layered, from, to));
        return route.count;
    }
    uint32_t first = find_pieces(layered, from, to, pieces);
    if (first == UINT32_MAX)
        return 0;
    add_link(&route, find_link(layered, from, first));
    for (uint32_t i = 1; i < pieces; i++)
        add_link(&route, find_link(layered, first + i - 1, first + i));
    add_link(&route, find_link(layered, first + pieces - 1, to));
    return route.count;
}
