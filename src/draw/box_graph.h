/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of the boxes to be drawn: no repeated edge, no self loop, no cycle. */
#ifndef DAGTOP_DRAW_BOX_GRAPH_H
#define DAGTOP_DRAW_BOX_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "dagtop/draw/draw_graph.h"

/* Neighbours of all vertices in one array: those of v are items[start[v]] to items[start[v + 1] - 1]. */
struct adjacency {
    uint32_t *start, *items;
};

struct box_graph {
    uint32_t count;
    size_t edge_count, dropped; /* dropped: edges left out because they close a cycle or are too long */
    struct adjacency after;     /* successors, ascending */
    struct adjacency before;    /* predecessors, ascending */
    uint32_t *topological;      /* all boxes, sources before targets */
};

/* How many neighbours v has. */
static inline uint32_t adjacency_degree(const struct adjacency *adjacency, uint32_t v)
{
    return adjacency->start[v + 1] - adjacency->start[v];
}

/* Takes the two arrays for count vertices and edge_count edges, all zero. */
void adjacency_init(struct adjacency *adjacency, size_t count, size_t edge_count);
void adjacency_release(struct adjacency *adjacency);

/* Fills an adjacency with the edges from[i] -> to[i], each vertex' neighbours in the order of i. */
void adjacency_fill(
    struct adjacency *adjacency, size_t count, const uint32_t *from, const uint32_t *to, size_t edge_count);

/*
 * Makes the graph of count boxes from the edges of graph; box_of (NULL: the node itself) gives each node's box.
 * box_graph_release frees its arrays.
 */
void box_graph_init(struct box_graph *boxes, const struct draw_graph *graph, const uint32_t *box_of, uint32_t count);

/* Leaves out the edges over more than span layers. */
void box_graph_drop_long(struct box_graph *boxes, const uint32_t *layer, uint32_t span);

void box_graph_release(struct box_graph *boxes);

#endif
