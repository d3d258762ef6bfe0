/* SPDX-License-Identifier: Apache-2.0 */
/* One gap between two layers while its nets are given tracks. */
#ifndef DAGTOP_DRAW_CHANNEL_H
#define DAGTOP_DRAW_CHANNEL_H

#include "placement.h"

enum wire_part { WIRE_WHOLE, WIRE_UPPER, WIRE_LOWER };

/* A line along the layers: that of a net, or one of the two of a net with a bridge. */
struct wire {
    uint32_t net;
    enum wire_part part;
    int32_t low, high, track;
    bool low_joins, high_joins; /* its end cell has lines on both sides along the flow */
};

struct channel {
    struct placement *placement;
    uint32_t first_net, end_net;
    /* By place: 1 + the net that meets it from the upper or lower layer or bridges there, 0 for none. */
    uint32_t *upper_at, *lower_at, *bridge_at;
    int32_t places; /* in use: cross_size, more where bridges needed more */
    struct wire *wires;
    uint32_t wire_count;
    size_t wire_capacity;
    int32_t *track_at; /* by place: tracks taken so far */
    int32_t *join_at;  /* by place: 1 + the track of a wire that ends there with a join */
    uint32_t *scratch; /* several arrays of the nets of a gap */
    size_t scratch_capacity;
};

/*
 * Nets whose pins share a place force an order of tracks: the one from the upper layer comes first. Nets on a cycle of
 * such orders get a bridge, so that none is left.
 */
void dogleg_break_cycles(struct channel *channel);

/*
 * Orders wires (indices into channel->wires, count of them, which overlap only each other) so that few cross when
 * tracks are given in that order, and every forced order is kept.
 */
void track_order(const struct channel *channel, uint32_t *wires, uint32_t count);

/* Gives the nets between a layer and the next tracks. Returns how many there are, -1 where there are no nets. */
int32_t channel_route_gap(struct channel *channel, uint32_t layer);

/* Moves pins and items a little where their lines then cross less, as long as some work takes. */
void dodge(struct channel *channel);

/* Whether place lies among the pins from begin to end (ascending by place): how many strictly between low and high. */
uint32_t channel_pins_between(const struct pin *pins, uint32_t begin, uint32_t end, int32_t low, int32_t high);

#endif
