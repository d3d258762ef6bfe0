/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a layout: folds, layers, orders and places, and chooses between directions and sizes of boxes. */
#include "layout_state.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "layering.h"

enum {
    WIDTH_LIMIT = 1000,
    HEIGHT_LIMIT = 100,
    NODE_LIMIT = 1 << 28,
    FEW_CROSSINGS = 20,
    USUAL_WORK = 3000000,
    LEAST_WORK = 200000,
    BOTH_ORDERS_LIMIT = 1000, /* items up to which the net graph is searched too */
    TRY_ALL_LIMIT = 3000,     /* items up to which a drawing that will not fit is placed both ways all the same */
};

static const struct layout_options no_options;

static uint16_t cut(unsigned value, unsigned limit)
{
    return (uint16_t)(value < 1 ? 1 : value > limit ? limit : value);
}

static struct box_size size_of_node(const struct draw_graph *graph, size_t node)
{
    unsigned line = graph->line_widths ? graph->line_widths[node] : 1;
    unsigned bar = graph->bar_widths ? graph->bar_widths[node] : line;
    unsigned full = graph->full_widths ? graph->full_widths[node] : line;
    unsigned height = graph->full_heights ? graph->full_heights[node] : 1;
    return (struct box_size){
        cut(line, WIDTH_LIMIT), cut(bar, WIDTH_LIMIT), cut(full, WIDTH_LIMIT), cut(height, HEIGHT_LIMIT)};
}

/* The width that the caller gives a class; its height comes back too. */
static uint16_t measure_class(const struct layout_options *options, const uint32_t *members, size_t count,
    enum layout_box box, unsigned width, unsigned *height)
{
    options->measure(options->measure_context, members, count, box, &width, height);
    return cut(width, WIDTH_LIMIT);
}

static struct box_size size_of_class(
    const struct draw_graph *graph, const struct layout_options *options, const uint32_t *members, size_t count)
{
    struct box_size size = size_of_node(graph, members[0]);
    for (size_t i = 1; i < count; i++) {
        struct box_size other = size_of_node(graph, members[i]);
        size.line_width = other.line_width > size.line_width ? other.line_width : size.line_width;
        size.bar_width = other.bar_width > size.bar_width ? other.bar_width : size.bar_width;
        size.full_width = other.full_width > size.full_width ? other.full_width : size.full_width;
        size.full_height = other.full_height > size.full_height ? other.full_height : size.full_height;
    }
    if (count > 1 && options->measure) {
        unsigned height = 1, full_height = size.full_height;
        size.line_width = measure_class(options, members, count, LAYOUT_BOX_LINE, size.line_width, &height);
        if (graph->bar_widths)
            size.bar_width = measure_class(options, members, count, LAYOUT_BOX_BAR, size.bar_width, &height);
        size.full_width = measure_class(options, members, count, LAYOUT_BOX_FULL, size.full_width, &full_height);
        size.full_height = cut(full_height, HEIGHT_LIMIT);
    }
    return size;
}

/* The ranks that boxes had before: of a folded box the first known one of its members. NULL where none are given. */
static int32_t *ranks_before(const struct layout *layout, const struct layout_options *options)
{
    if (!options->before)
        return NULL;
    int32_t *ranks = memory_new_array(layout->boxes.count, sizeof *ranks);
    for (uint32_t box = 0; box < layout->boxes.count; box++) {
        size_t count;
        const uint32_t *members = layout_members(layout, box, &count);
        ranks[box] = -1;
        for (size_t i = 0; i < count && ranks[box] < 0; i++)
            ranks[box] = options->before[members[i]];
    }
    return ranks;
}

/* Layers and the pieces of long edges; where these would be too many, the longest edges are left out. */
static void make_layers(struct layout *layout, bool separate, const atomic_bool *stop)
{
    uint32_t layer_count, *layer = layering_new(&layout->boxes, &layer_count), span = layer_count;
    while (!layered_init(&layout->layered, &layout->boxes, layer, layer_count, separate)) {
        span /= 2;
        box_graph_drop_long(&layout->boxes, layer, span);
    }
    free(layer);
    layout->layered.stop = stop;
}

/* Takes the best order that is known of the graph that is searched. */
static void take_order(struct layout *layout)
{
    const uint32_t *best = ordering_best(layout->ordering);
    size_t count = layout->layered.item_count;
    uint32_t **order = &layout->orders[layout->net_graph.layer_count ? 1 : 0];
    if (!*order)
        *order = memory_new_array(count, sizeof **order);
    if (layout->net_graph.layer_count)
        net_graph_extract(&layout->layered, &layout->net_graph, best, *order);
    else if (count)
        memcpy(*order, best, count * sizeof *best);
    layout->shown_crossings = ordering_crossings(layout->ordering);
}

/*
 * Goes on with the search in the net graph: its crossings are nearer to those of the lines where few links make a
 * bundle, farther where many do. So both orders are placed.
 */
static void search_net_graph(struct layout *layout, bool loyal, size_t work)
{
    const struct layered *layered = &layout->layered;
    struct order order = {
        .items = layout->orders[0], .position = memory_new_array(layered->item_count, sizeof *order.position)};
    int32_t *before = memory_new_array(layered->item_count, sizeof *before);
    struct nets nets;
    for (uint32_t layer = 0; layer < layered->layer_count; layer++) {
        for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
            order.position[order.items[i]] = i - layered->layer_start[layer];
            before[order.items[i]] = (int32_t)(i - layered->layer_start[layer]);
        }
    }
    nets_init(&nets, layered, &order);
    net_graph_init(&layout->net_graph, layered, &nets);
    ordering_free(layout->ordering);
    layout->ordering = ordering_new(&layout->net_graph, before, loyal);
    ordering_work(layout->ordering, work);
    take_order(layout);
    nets_release(&nets);
    free(order.position);
    free(before);
}

static void search_order(struct layout *layout, const struct layout_options *options)
{
    int32_t *before = ranks_before(layout, options);
    size_t work = options->effort == 1 ? LEAST_WORK : USUAL_WORK * (size_t)(options->effort + 1);
    bool both = !options->separate_edges && layout->layered.item_count <= BOTH_ORDERS_LIMIT;
    layout->ordering = ordering_new(&layout->layered, before, before != NULL);
    ordering_work(layout->ordering, both ? work / 2 : work);
    take_order(layout);
    if (both && layout->shown_crossings > 0 && !layered_is_stopped(&layout->layered))
        search_net_graph(layout, before != NULL, work / 2);
    layout->before = before;
}

/* Everything up to the order; fold is owned by the layout then. */
static struct layout *order_graph(
    const struct draw_graph *graph, const struct layout_options *options, struct fold *fold)
{
    struct layout *layout = memory_new(sizeof *layout);
    uint32_t count = (uint32_t)(fold ? fold_class_count(fold) : graph->node_count);
    uint32_t *box_of = fold ? memory_new_array(graph->node_count, sizeof *box_of) : NULL;
    layout->node_count = graph->node_count;
    layout->separate = options->separate_edges;
    layout->has_bars = graph->bar_widths;
    layout->fold = fold;
    layout->single = memory_new_array(graph->node_count, sizeof *layout->single);
    for (size_t i = 0; i < graph->node_count; i++) {
        layout->single[i] = (uint32_t)i;
        if (fold)
            box_of[i] = (uint32_t)fold_class_of(fold, i);
    }
    box_graph_init(&layout->boxes, graph, box_of, count);
    layout->sizes = memory_new_array(count, sizeof *layout->sizes);
    for (uint32_t box = 0; box < count; box++) {
        size_t members_count;
        const uint32_t *members = layout_members(layout, box, &members_count);
        layout->sizes[box] = size_of_class(graph, options, members, members_count);
    }
    make_layers(layout, options->separate_edges, options->stop);
    free(box_of);
    search_order(layout, options);
    return layout;
}

struct candidate {
    bool left_to_right;
    enum layout_box box;
};

/* Cells beyond the available ones; a limit of 0 is none. */
static int64_t excess(int64_t width, int64_t height, const struct layout_options *options)
{
    int64_t over_width = options->width > 0 && width > options->width ? width - options->width : 0;
    int64_t over_height = options->height > 0 && height > options->height ? height - options->height : 0;
    /* A row is worth about two columns: cells are twice as high as wide. */
    return over_width + 2 * over_height;
}

/* The least excess that a candidate can have, by the sizes of its boxes alone. */
static int64_t least_excess(
    const struct layout *layout, struct candidate candidate, const struct layout_options *options)
{
    const struct layered *layered = &layout->layered;
    int64_t *across = memory_new_array(layered->layer_count, sizeof *across);
    int64_t *along = memory_new_array(layered->layer_count, sizeof *along);
    int64_t widest = 0, total = 0;
    for (uint32_t item = 0; item < layered->item_count; item++) {
        uint32_t layer = layered->layer[item];
        int64_t width = 1, height = 1;
        if (item < layered->box_count && placement_is_line(candidate.box)) {
            const struct box_size *size = &layout->sizes[item];
            width = (candidate.box == LAYOUT_BOX_BAR ? size->bar_width : size->line_width) + 2;
        } else if (item < layered->box_count && candidate.box == LAYOUT_BOX_FULL) {
            width = layout->sizes[item].full_width + 2;
            height = layout->sizes[item].full_height + 2;
        }
        int64_t length = candidate.left_to_right ? width : height;
        across[layer] += candidate.left_to_right ? height : width + 1;
        along[layer] = length > along[layer] ? length : along[layer];
    }
    for (uint32_t i = 0; i < layered->layer_count; i++) {
        int64_t extent = across[i] - (candidate.left_to_right ? 0 : 1);
        widest = extent > widest ? extent : widest;
        total += along[i] + (i ? 1 : 0);
    }
    free(across);
    free(along);
    return candidate.left_to_right ? excess(total, widest, options) : excess(widest, total, options);
}

static int64_t placed_excess(const struct placement *placement, const struct layout_options *options)
{
    return placement->left_to_right ? excess(placement->flow_size, placement->cross_size, options)
                                    : excess(placement->cross_size, placement->flow_size, options);
}

/* What a drawing costs who reads it: its cells and its crossings, of which a few do not matter. */
static double burden(const struct placement *placement)
{
    return (double)placement->flow_size * placement->cross_size * (double)(placement->crossings + FEW_CROSSINGS);
}

/* Keeps the better of two placements in *best and frees the other: less excess, then less burden. */
static void keep_better(struct placement **best, struct placement *other, const struct layout_options *options)
{
    if (options->width > 0)
        placement_tighten(other, options->width);
    bool better = !*best;
    if (*best) {
        int64_t old = placed_excess(*best, options), now = placed_excess(other, options);
        better = now < old || (now == old && burden(other) < burden(*best));
    }
    struct placement *worse = better ? *best : other;
    if (better)
        *best = other;
    placement_free(worse);
}

/* Places all orders that are known and keeps the best placement. */
static void place(const struct layout *layout, struct candidate candidate, const struct layout_options *options,
    struct placement **best)
{
    for (unsigned i = 0; i < 2 && layout->orders[i] && !layered_is_stopped(&layout->layered); i++)
        keep_better(best,
            placement_new(&layout->layered, layout->orders[i], layout->before, layout->sizes, candidate.left_to_right,
                candidate.box, options->ascii),
            options);
}

/*
 * The shown drawing beside those that the search's other good orders make: crossings of lines, and cells, are not quite
 * those that were searched for.
 */
static void place_finalists(struct layout *layout, const struct layout_options *options)
{
    const struct finalists *finalists = ordering_finalists(layout->ordering);
    bool left_to_right = layout->placement->left_to_right;
    enum layout_box box = layout->placement->box;
    if (layout->separate || layout->before)
        return;
    uint32_t *items = memory_new_array(layout->layered.item_count, sizeof *items);
    for (unsigned i = 0; i < finalists->count && !layered_is_stopped(&layout->layered); i++) {
        const uint32_t *order = finalists->orders[i].items;
        if (layout->net_graph.layer_count) {
            net_graph_extract(&layout->layered, &layout->net_graph, order, items);
            order = items;
        }
        keep_better(&layout->placement,
            placement_new(&layout->layered, order, layout->before, layout->sizes, left_to_right, box, options->ascii),
            options);
    }
    free(items);
}

/* The directions to try: both, or the one asked for. */
static unsigned directions(const struct layout_options *options, bool left_to_right[2])
{
    left_to_right[0] = options->direction != LAYOUT_TOP_TO_BOTTOM;
    left_to_right[1] = false;
    return options->direction == LAYOUT_DIRECTION_AUTO ? 2 : 1;
}

/* Places with one size of boxes where that can fit; sure: in any case. NULL where it does not fit. */
static struct placement *place_size(
    const struct layout *layout, enum layout_box box, const struct layout_options *options, bool sure)
{
    struct placement *best = NULL;
    bool left_to_right[2];
    unsigned count = directions(options, left_to_right);
    struct candidate candidates[2];
    int64_t least[2] = {0};
    for (unsigned i = 0; i < count; i++) {
        candidates[i] = (struct candidate){left_to_right[i], box};
        least[i] = least_excess(layout, candidates[i], options);
    }
    if (sure && count == 2 && layout->layered.item_count > TRY_ALL_LIMIT) {
        /* Too large to try both: the one that is better even without lines. */
        if (least[1] < least[0])
            candidates[0] = candidates[1];
        count = 1;
    }
    for (unsigned i = 0; i < count; i++)
        if (sure || least[i] == 0)
            place(layout, candidates[i], options, &best);
    if (best && !sure && placed_excess(best, options) > 0) {
        placement_free(best);
        best = NULL;
    }
    return best;
}

/* The largest boxes that fit. Sure: one-line boxes where none do. */
static bool choose_placement(struct layout *layout, const struct layout_options *options, bool sure)
{
    if (options->box != LAYOUT_BOX_AUTO) {
        layout->placement = place_size(layout, options->box, options, sure);
        return layout->placement;
    }
    for (enum layout_box box = LAYOUT_BOX_FULL; box <= LAYOUT_BOX_DOT && !layout->placement; box++) {
        /* Before nodes become dots, folding is tried. */
        if ((box != LAYOUT_BOX_DOT || sure) && (box != LAYOUT_BOX_BAR || layout->has_bars))
            layout->placement = place_size(layout, box, options, false);
    }
    if (!layout->placement && sure)
        layout->placement = place_size(layout, LAYOUT_BOX_LINE, options, true);
    return layout->placement;
}

/* The folded layout, or NULL where folding changes nothing. */
static struct layout *fold_graph(const struct draw_graph *graph, const struct layout_options *options)
{
    uint32_t *own = graph->kinds && !options->colours ? fold_colours(graph) : NULL;
    const uint32_t *colours = graph->kinds && options->colours ? options->colours : own;
    struct fold *fold = fold_new_coloured(graph->node_count, colours, options->open);
    if (fold_class_count(fold) < graph->node_count) {
        struct layout *layout = order_graph(graph, options, fold);
        layout->colours = own;
        return layout;
    }
    fold_free(fold);
    free(own);
    return NULL;
}

static bool may_fit_unfolded(const struct draw_graph *graph, const struct layout_options *options)
{
    return options->width <= 0 || options->height <= 0 ||
           graph->node_count <= (size_t)options->width * (size_t)options->height;
}

/* The layout with what is chosen; it has no placement where it was stopped. */
static struct layout *make(const struct draw_graph *graph, const struct layout_options *options)
{
    struct layout *layout = NULL, *folded = NULL;
    if (options->fold == LAYOUT_FOLD_NONE || (options->fold == LAYOUT_FOLD_AUTO && may_fit_unfolded(graph, options))) {
        layout = order_graph(graph, options, NULL);
        if (choose_placement(layout, options, options->fold == LAYOUT_FOLD_NONE))
            return layout;
    }
    folded = fold_graph(graph, options);
    if (folded) {
        layout_free(layout);
        layout = folded;
    }
    if (!layout)
        layout = order_graph(graph, options, NULL);
    choose_placement(layout, options, true);
    return layout;
}

struct layout *layout_new(const struct draw_graph *graph, const struct layout_options *options)
{
    options = options ? options : &no_options;
    if (graph->node_count > NODE_LIMIT)
        broken("a graph of %zu nodes", graph->node_count);
    struct layout *layout = make(graph, options);
    if (layout->placement && layout->placement->crossings > 0) {
        place_finalists(layout, options);
        channel_dodge(layout->placement);
    }
    if (layered_is_stopped(&layout->layered)) {
        layout_free(layout);
        return NULL;
    }
    layout->layered.stop = layout->net_graph.stop = NULL;
    return layout;
}

void layout_free(struct layout *layout)
{
    if (!layout)
        return;
    placement_free(layout->placement);
    ordering_free(layout->ordering);
    layered_release(&layout->net_graph);
    layered_release(&layout->layered);
    free(layout->before);
    free(layout->colours);
    free(layout->orders[0]);
    free(layout->orders[1]);
    box_graph_release(&layout->boxes);
    fold_free(layout->fold);
    free(layout->sizes);
    free(layout->single);
    free(layout);
}

bool layout_refine(struct layout *layout, size_t work)
{
    ordering_work(layout->ordering, work);
    return ordering_crossings(layout->ordering) < layout->shown_crossings;
}

void layout_adopt(struct layout *layout)
{
    struct placement *old = layout->placement;
    struct candidate candidate = {old->left_to_right, old->box};
    struct layout_options options = {.ascii = old->ascii, .width = old->tight ? old->flow_size : 0};
    take_order(layout);
    if (layout->separate) {
        /* Layered crossings are what is asked for. */
        placement_free(layout->placement);
        layout->placement = NULL;
    }
    place(layout, candidate, &options, &layout->placement);
    place_finalists(layout, &options);
    channel_dodge(layout->placement);
}
