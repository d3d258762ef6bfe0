/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layered graph: boxes and the pieces of trunks between them are items; every link joins items of neighbouring
 * layers.
 */
#ifndef DAGTOP_DRAW_LAYERED_H
#define DAGTOP_DRAW_LAYERED_H

#include <stdatomic.h>
#include <stdbool.h>

#include "box_graph.h"

enum item_kind { ITEM_BOX, ITEM_SOURCE_TRUNK, ITEM_TARGET_TRUNK, ITEM_SINGLE };

struct layered {
    uint32_t box_count; /* items below are boxes, by their index */
    uint32_t item_count, layer_count;
    uint32_t *layer;       /* of each item */
    uint32_t *owner;       /* of each item: the box whose trunk it is, or itself */
    uint8_t *kind;         /* of each item: enum item_kind */
    uint32_t *layer_start; /* layer_count + 1 sums of the layers' sizes */
    size_t link_count;
    struct adjacency down, up; /* to the next and to the previous layer */
    uint32_t *up_link;         /* for each place in up.items the link's place in down.items */
    const atomic_bool *stop;   /* borrowed; NULL: nobody can stop the work */
};

/* Whether what is being made is not wanted any more; each step may then end in any state that can be freed. */
static inline bool layered_is_stopped(const struct layered *layered)
{
    return layered->stop && atomic_load_explicit(layered->stop, memory_order_relaxed);
}

/*
 * Builds the layered graph. Where separate is true every long edge has pieces of its own (ITEM_SINGLE), else trunks are
 * shared as trunk_assign decides. The pieces of one trunk have consecutive indices in the order of the layers. False
 * where there would be more than LAYERED_LIMIT pieces; nothing is to be released then.
 */
enum { LAYERED_LIMIT = 500000 };

bool layered_init(
    struct layered *layered, const struct box_graph *boxes, const uint32_t *layer, uint32_t layer_count, bool separate);
void layered_release(struct layered *layered);

#endif
