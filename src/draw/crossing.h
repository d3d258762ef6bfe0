/* SPDX-License-Identifier: Apache-2.0 */
/* How many links cross, and what a swap of two items changes. */
#ifndef DAGTOP_DRAW_CROSSING_H
#define DAGTOP_DRAW_CROSSING_H

#include "layered.h"

/* An order of the items: items holds each layer's items from layer_start on; position is an item's index in its layer.
 */
struct order {
    uint32_t *items, *position;
};

/*
 * The positions of each item's neighbours, ascending, at the places of the adjacency. Only layers that were sorted hold
 * valid numbers.
 */
struct neighbour_positions {
    uint32_t *up, *down;
    uint32_t *filled; /* scratch, one an item */
};

void neighbour_positions_init(struct neighbour_positions *positions, const struct layered *layered);
void neighbour_positions_release(struct neighbour_positions *positions);

/* Fills the sorted positions in the next (previous) layer for all items of one layer, in one pass over the links. */
void neighbour_positions_sort_down(
    struct neighbour_positions *positions, const struct layered *layered, const struct order *order, uint32_t layer);
void neighbour_positions_sort_up(
    struct neighbour_positions *positions, const struct layered *layered, const struct order *order, uint32_t layer);

/*
 * Crossings between a layer and the next, by an accumulator tree (Barth, Juenger, Mutzel 2002). tree is scratch of at
 * least twice the largest layer rounded up to a power of two. Sorts down for the layer.
 */
uint64_t crossing_count_gap(const struct layered *layered, const struct order *order,
    struct neighbour_positions *positions, uint32_t layer, uint32_t *tree);

/* Crossings of a whole order (items by layer). */
uint64_t crossing_count_order(const struct layered *layered, const uint32_t *items);

/* Crossings of the links to a and b when a stands before b, less those when b stands before a; both lists ascend. */
int64_t crossing_difference(const uint32_t *a, uint32_t a_count, const uint32_t *b, uint32_t b_count);

#endif
