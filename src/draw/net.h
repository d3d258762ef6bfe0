/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nets: the links of a gap between two layers, bundled so that they can be drawn as few connected lines. A net joins
 * each of its upper items with each of its lower items, so a bundle never states a link that is not there.
 */
#ifndef DAGTOP_DRAW_NET_H
#define DAGTOP_DRAW_NET_H

#include "crossing.h"

/* Where a net meets an item. place is the cell across the flow, offset the same counted from the item's start. */
struct pin {
    uint32_t item, net;
    int32_t place, offset;
};

/*
 * Pins first to middle - 1 are at upper items, middle to end - 1 at lower items; each part ascends in the order of its
 * layer. Its lines along the layers run in tracks, counted from 0 at the upper layer; low to high is their extent
 * across the flow. A net with one pin on each side in one place has no track (NO_TRACK). A net whose upper and lower
 * pins are on different tracks (first_track < last_track) joins them along the flow at the place bridge.
 */
struct net {
    uint32_t first, middle, end;
    int32_t low, high;
    int32_t first_track, last_track;
    int32_t bridge;
};

enum { NO_TRACK = -1, NO_BRIDGE = -1 };

struct nets {
    size_t net_count, pin_count;
    struct net *nets;
    struct pin *pins;
    uint32_t *gap_start;         /* by upper layer: first net; layer_count entries */
    uint32_t *link_upper;        /* by place in down.items: the link's pin at its upper item */
    uint32_t *link_lower;        /* and at its lower item */
    struct adjacency lower_pins; /* by item: its pins towards the next layer */
    struct adjacency upper_pins; /* by item: its pins towards the previous layer */
};

/*
 * Bundles the links of every gap: targets with the same sources make one net with them; links of a trunk make one net;
 * the others become stars, few of them, by a greedy vertex cover. All places are 0 yet.
 */
void nets_init(struct nets *nets, const struct layered *layered, const struct order *order);
void nets_release(struct nets *nets);

#endif
