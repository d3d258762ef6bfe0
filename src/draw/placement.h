/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything stands: an order of the items made into cells, for one direction and one size of boxes.
 *
 * Two axes serve both directions: the flow (columns from left to right, or rows from top to bottom) and across it.
 */
#ifndef DAGTOP_DRAW_PLACEMENT_H
#define DAGTOP_DRAW_PLACEMENT_H

#include "dagtop/draw/layout.h"
#include "net.h"

/* What placement needs to know of a box: the cells of its content. */
struct box_size {
    uint16_t line_width, bar_width, full_width, full_height;
};

struct placement {
    const struct layered *layered;
    struct order order; /* owned copy */
    bool left_to_right, ascii;
    bool tight;          /* where all lines are straight, there is only the arrowhead between two layers */
    enum layout_box box; /* never AUTO */
    struct nets nets;
    int32_t *start, *size; /* across the flow, of each item */
    int32_t *length;       /* along the flow, of each box */
    int32_t *layer_flow;   /* where each layer begins; layer_count + 1 entries */
    int32_t *layer_length; /* along the flow */
    int32_t flow_size, cross_size;
    uint64_t crossings; /* cells where two nets cross */
};

/* Whether boxes are brackets around one line. */
bool placement_is_line(enum layout_box box);

/* Border cells around the content of a box: along the flow, and across it, at each end. */
int32_t placement_border_along(const struct placement *placement);
int32_t placement_border_across(const struct placement *placement);

/* Blank cells between a layer's items across the flow. */
int32_t placement_separation(const struct placement *placement);

/* Cells between a layer and the first track after it, which keep joins away from boxes. */
int32_t placement_lead(const struct placement *placement);

/* The placement of an order; layered must outlive it. sizes has one entry a box, before (may be NULL) its rank in an
 * earlier drawing, or -1. */
struct placement *placement_new(const struct layered *layered, const uint32_t *items, const int32_t *before,
    const struct box_size *sizes, bool left_to_right, enum layout_box box, bool ascii);
void placement_free(struct placement *placement);

/* Makes a drawing from left to right tight, where it is wider than so many cells and is not any more then. */
void placement_tighten(struct placement *placement, int32_t cells);

/* The next steps, in this order, each for the whole drawing. */
void coordinate_assign(struct placement *placement);    /* start of each item; pins' places by pin_assign */
void straight_group_align(struct placement *placement); /* items that straight lines join */
void pin_centre(struct placement *placement);           /* pins in the middle of their boxes' sides */
void pin_assign(struct placement *placement);    /* pins within the boxes, towards the other ends of their nets */
void channel_route(struct placement *placement); /* tracks, bridges, layer_flow, flow_size, crossings */

/* For the placement that is shown: items and pins move by a cell or two where that saves crossings. */
void channel_dodge(struct placement *placement);

#endif
