/* SPDX-License-Identifier: Apache-2.0 */
/* What a layout holds; shared by the files that make it, ask it and draw it. */
#ifndef DAGTOP_DRAW_LAYOUT_STATE_H
#define DAGTOP_DRAW_LAYOUT_STATE_H

#include "dagtop/draw/fold.h"
#include "dagtop/draw/layout.h"
#include "net_graph.h"
#include "ordering.h"
#include "placement.h"

struct layout {
    size_t node_count;
    struct fold *fold; /* NULL: every node is a box */
    uint32_t *single;  /* the numbers of the nodes, members of their boxes where nothing is folded */
    struct box_graph boxes;
    struct box_size *sizes;
    struct layered layered;
    struct layered net_graph; /* empty where only the layered graph is searched */
    struct ordering *ordering;
    uint32_t *orders[2]; /* items by layer: the best order of the layered graph and, or NULL, of the net graph */
    bool has_bars;       /* one-line boxes with a bar are another size than those without */
    uint32_t *colours;   /* of nodes, where they were found out for this layout; else NULL */
    int32_t *before;     /* of boxes: ranks in an earlier drawing; NULL: none was given */
    bool separate;       /* long edges do not share trunks */
    struct placement *placement;
    uint64_t shown_crossings; /* in the graph that is searched, when orders were last placed */
};

/* The net at the upper (lower) end of a link. */
static inline uint32_t layout_link_net(const struct layout *layout, uint32_t link)
{
    const struct nets *nets = &layout->placement->nets;
    return nets->pins[nets->link_upper[link]].net;
}

/* Where the tracks of the gap after a layer begin, along the flow. */
static inline int32_t layout_first_track(const struct placement *placement, uint32_t layer)
{
    return placement->layer_flow[layer] + placement->layer_length[layer] + placement_lead(placement);
}

/* Where the lines of an item towards the next layer begin, along the flow. */
static inline int32_t layout_line_begin(const struct placement *placement, uint32_t item)
{
    int32_t flow = placement->layer_flow[placement->layered->layer[item]];
    return item < placement->layered->box_count ? flow + placement->length[item] : flow;
}

#endif
