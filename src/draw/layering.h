/* SPDX-License-Identifier: Apache-2.0 */
/* Which layer each box stands in: every edge leads to a later layer. */
#ifndef DAGTOP_DRAW_LAYERING_H
#define DAGTOP_DRAW_LAYERING_H

#include "box_graph.h"

/*
 * Longest path from the sources, then boxes are pulled along their edges while that shortens the edges in total. Boxes
 * without any edge are spread over the layers. No layer is empty. The caller frees the array.
 */
uint32_t *layering_new(const struct box_graph *boxes, uint32_t *layer_count);

#endif
