/* SPDX-License-Identifier: Apache-2.0 */
/* The graph to be drawn: plain arrays that belong to the caller. */
#ifndef DAGTOP_DRAW_DRAW_GRAPH_H
#define DAGTOP_DRAW_DRAW_GRAPH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Nodes 0 to node_count - 1 and edges sources[i] -> targets[i]. Self loops, repeated edges, ends that are no node and
 * edges that would close a cycle are left out of the drawing.
 *
 * Sizes are cells of content without any border, as much as the node will ever show: the layout never moves when the
 * content changes. NULL arrays: a width of 1, a height of 1. Widths above 1,000 and heights above 100 are cut.
 */
struct draw_graph {
    size_t node_count, edge_count;
    const uint32_t *sources, *targets;
    const uint16_t *line_widths;  /* width in a one-line box */
    const uint16_t *bar_widths;   /* width in a one-line box that has a bar too; NULL: there are no bars */
    const uint16_t *full_widths;  /* width in a box with border; NULL: as line_widths */
    const uint16_t *full_heights; /* rows in a box with border */
    const uint32_t *kinds;        /* equal for nodes that may be folded together; NULL: none may */
};

#endif
