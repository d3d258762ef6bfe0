/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long edges share trunks: an edge over several layers rides either the trunk of its source, which only the source
 * enters, or the trunk of its target, which leads only to the target. So sharing never states an edge that is not
 * there.
 */
#ifndef DAGTOP_DRAW_TRUNK_H
#define DAGTOP_DRAW_TRUNK_H

#include "box_graph.h"

enum trunk_ride { TRUNK_OF_SOURCE, TRUNK_OF_TARGET };

/*
 * One byte for each edge in the order of boxes->after: which trunk it rides, chosen by local search for a small total
 * length of trunks. The caller frees it.
 */
uint8_t *trunk_assign(const struct box_graph *boxes, const uint32_t *layer);

#endif
