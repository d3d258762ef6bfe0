/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers that make the edges as short as can be in total.
 *
 * The length is a sum of convex functions of differences of layers (L-natural convex), so that a layering is the best
 * one if no set of boxes is better off one layer later. The set that gains most must hold with every box those that an
 * edge of length 1 leads to: a closure of largest weight, which is a minimum cut (Picard 1976).
 */
#ifndef DAGTOP_DRAW_LAYER_CUT_H
#define DAGTOP_DRAW_LAYER_CUT_H

#include <stdbool.h>

#include "box_graph.h"

/*
 * Moves the set that gains most later, as far as its edges let it, but none beyond the layer most. False where there is
 * no such set: then no other layers make the edges shorter.
 */
bool layer_cut_shift(const struct box_graph *boxes, uint32_t *layer, uint32_t most);

#endif
