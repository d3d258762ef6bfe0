/* SPDX-License-Identifier: Apache-2.0 */
/* Channel routing: every net of a gap gets a track, nets that overlap get different ones. */
#include "channel.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

/* Items up to which lines dodge each other. */
enum { DODGE_ITEMS = 1000 };

uint32_t channel_pins_between(const struct pin *pins, uint32_t begin, uint32_t end, int32_t low, int32_t high)
{
    uint32_t bounds[2];
    for (unsigned i = 0; i < 2; i++) {
        uint32_t from = begin, to = end;
        int32_t least = i == 0 ? low + 1 : high;
        while (from < to) {
            uint32_t middle = from + (to - from) / 2;
            if (pins[middle].place < least)
                from = middle + 1;
            else
                to = middle;
        }
        bounds[i] = from;
    }
    return bounds[1] > bounds[0] ? bounds[1] - bounds[0] : 0;
}

static void mark_pins(struct channel *channel, bool set)
{
    struct nets *nets = &channel->placement->nets;
    for (uint32_t i = channel->first_net; i < channel->end_net; i++) {
        struct net *net = &nets->nets[i];
        for (uint32_t k = net->first; k < net->end; k++)
            (k < net->middle ? channel->upper_at : channel->lower_at)[nets->pins[k].place] = set ? i + 1 : 0;
        if (!set && net->bridge != NO_BRIDGE)
            channel->bridge_at[net->bridge] = 0;
    }
}

/* The extent of each net, and which need no track. */
static void measure_nets(struct channel *channel)
{
    struct nets *nets = &channel->placement->nets;
    for (uint32_t i = channel->first_net; i < channel->end_net; i++) {
        struct net *net = &nets->nets[i];
        net->low = net->high = nets->pins[net->first].place;
        net->bridge = NO_BRIDGE;
        net->first_track = net->last_track = 0;
        for (uint32_t k = net->first; k < net->end; k++) {
            int32_t place = nets->pins[k].place;
            net->low = place < net->low ? place : net->low;
            net->high = place > net->high ? place : net->high;
        }
        if (net->low == net->high)
            net->first_track = net->last_track = NO_TRACK;
    }
}

/* Whether a wire has a line on both sides at a place. */
static bool joins_at(const struct channel *channel, uint32_t net, enum wire_part part, int32_t place)
{
    bool bridge = channel->placement->nets.nets[net].bridge == place;
    bool upper = part == WIRE_LOWER ? bridge : channel->upper_at[place] == net + 1;
    bool lower = part == WIRE_UPPER ? bridge : channel->lower_at[place] == net + 1;
    return upper && lower;
}

static void add_wire(struct channel *channel, uint32_t net, enum wire_part part)
{
    const struct nets *nets = &channel->placement->nets;
    const struct net *whole = &nets->nets[net];
    uint32_t begin = part == WIRE_LOWER ? whole->middle : whole->first;
    uint32_t end = part == WIRE_UPPER ? whole->middle : whole->end;
    struct wire wire = {.net = net, .part = part, .low = whole->low, .high = whole->high};
    if (part != WIRE_WHOLE) {
        wire.low = wire.high = whole->bridge;
        for (uint32_t k = begin; k < end; k++) {
            int32_t place = nets->pins[k].place;
            wire.low = place < wire.low ? place : wire.low;
            wire.high = place > wire.high ? place : wire.high;
        }
    }
    wire.low_joins = joins_at(channel, net, part, wire.low);
    wire.high_joins = joins_at(channel, net, part, wire.high);
    memory_grow(&channel->wires, &channel->wire_capacity, channel->wire_count + 1, sizeof *channel->wires);
    channel->wires[channel->wire_count++] = wire;
}

static void make_wires(struct channel *channel)
{
    const struct nets *nets = &channel->placement->nets;
    channel->wire_count = 0;
    for (uint32_t i = channel->first_net; i < channel->end_net; i++) {
        if (nets->nets[i].first_track == NO_TRACK)
            continue;
        if (nets->nets[i].bridge == NO_BRIDGE) {
            add_wire(channel, i, WIRE_WHOLE);
        } else {
            add_wire(channel, i, WIRE_UPPER);
            add_wire(channel, i, WIRE_LOWER);
        }
    }
}

static int compare_wires(const void *a, const void *b)
{
    const struct wire *first = a, *second = b;
    if (first->low != second->low)
        return first->low < second->low ? -1 : 1;
    if (first->net != second->net)
        return first->net < second->net ? -1 : 1;
    return (first->part > second->part) - (first->part < second->part);
}

/* ASCII joins at the ends of two wires that touch would read as one line. */
static bool touches_join(const struct channel *channel, const struct wire *wire)
{
    if (!channel->placement->ascii)
        return false;
    return (wire->low_joins && wire->low > 0 && channel->join_at[wire->low - 1] == wire->track + 1) ||
           (wire->high_joins && channel->join_at[wire->high + 1] == wire->track + 1);
}

/*
 * In the given order every wire takes the first track after those that it overlaps. In ASCII a bridge between joins
 * needs a cell of its own.
 */
static int32_t give_tracks(struct channel *channel, const uint32_t *wires, uint32_t count)
{
    const struct nets *nets = &channel->placement->nets;
    int32_t tracks = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct wire *wire = &channel->wires[wires[i]];
        for (int32_t place = wire->low; place <= wire->high; place++)
            if (channel->track_at[place] > wire->track)
                wire->track = channel->track_at[place];
        if (wire->part == WIRE_LOWER && channel->placement->ascii &&
            wire->track < nets->nets[wire->net].first_track + 2)
            wire->track = nets->nets[wire->net].first_track + 2;
        while (touches_join(channel, wire))
            wire->track++;
        if (wire->part != WIRE_LOWER)
            nets->nets[wire->net].first_track = wire->track;
        if (wire->part != WIRE_UPPER)
            nets->nets[wire->net].last_track = wire->track;
        for (int32_t place = wire->low; place <= wire->high; place++)
            channel->track_at[place] = wire->track + 1;
        if (wire->low_joins)
            channel->join_at[wire->low] = wire->track + 1;
        if (wire->high_joins)
            channel->join_at[wire->high] = wire->track + 1;
        if (wire->track + 1 > tracks)
            tracks = wire->track + 1;
    }
    for (uint32_t i = 0; i < count; i++)
        for (int32_t place = channel->wires[wires[i]].low; place <= channel->wires[wires[i]].high; place++)
            channel->track_at[place] = channel->join_at[place] = 0;
    return tracks;
}

/* Groups of wires that overlap each other are independent of the others. Returns the number of tracks. */
static int32_t route_groups(struct channel *channel)
{
    int32_t tracks = 0;
    uint32_t *group = channel->scratch;
    if (channel->wire_count)
        qsort(channel->wires, channel->wire_count, sizeof *channel->wires, compare_wires);
    for (uint32_t begin = 0, end; begin < channel->wire_count; begin = end) {
        int32_t reach = channel->wires[begin].high;
        for (end = begin; end < channel->wire_count && channel->wires[end].low <= reach + 1; end++) {
            group[end - begin] = end;
            if (channel->wires[end].high > reach)
                reach = channel->wires[end].high;
        }
        track_order(channel, group, end - begin);
        int32_t used = give_tracks(channel, group, end - begin);
        tracks = used > tracks ? used : tracks;
    }
    return tracks;
}

/* Cells where a wire crosses lines along the flow. */
static uint64_t count_crossings(const struct channel *channel, const struct wire *wire)
{
    const struct nets *nets = &channel->placement->nets;
    uint64_t crossings = 0;
    for (int32_t place = wire->low + 1; place < wire->high; place++) {
        uint32_t upper = channel->upper_at[place], lower = channel->lower_at[place];
        uint32_t bridge = channel->bridge_at[place];
        if (upper && upper == lower && nets->nets[upper - 1].first_track == NO_TRACK) {
            crossings++;
            continue;
        }
        crossings += upper && nets->nets[upper - 1].first_track > wire->track;
        crossings += lower && nets->nets[lower - 1].last_track < wire->track;
        crossings += bridge && nets->nets[bridge - 1].first_track < wire->track &&
                     nets->nets[bridge - 1].last_track > wire->track;
    }
    return crossings;
}

int32_t channel_route_gap(struct channel *channel, uint32_t layer)
{
    const struct nets *nets = &channel->placement->nets;
    int32_t tracks = 0;
    channel->first_net = nets->gap_start[layer];
    channel->end_net = nets->gap_start[layer + 1];
    if (channel->first_net == channel->end_net)
        return -1;
    size_t count = channel->end_net - channel->first_net;
    memory_grow(&channel->scratch, &channel->scratch_capacity, 8 * count, sizeof *channel->scratch);
    measure_nets(channel);
    mark_pins(channel, true);
    dogleg_break_cycles(channel);
    make_wires(channel);
    tracks = route_groups(channel);
    for (uint32_t i = 0; i < channel->wire_count; i++)
        channel->placement->crossings += count_crossings(channel, &channel->wires[i]);
    mark_pins(channel, false);
    return tracks;
}

static void route(struct placement *placement, bool dodging)
{
    const struct layered *layered = placement->layered;
    size_t places = (size_t)placement->cross_size + placement->nets.net_count + 2;
    struct channel channel = {.placement = placement,
        .places = placement->cross_size,
        .upper_at = memory_new_array(places, sizeof *channel.upper_at),
        .lower_at = memory_new_array(places, sizeof *channel.lower_at),
        .bridge_at = memory_new_array(places, sizeof *channel.bridge_at),
        .track_at = memory_new_array(places, sizeof *channel.track_at),
        .join_at = memory_new_array(places, sizeof *channel.join_at)};
    int32_t flow = 0;
    placement->crossings = 0;
    if (dodging)
        dodge(&channel);
    for (uint32_t layer = 0; layer < layered->layer_count; layer++) {
        placement->layer_flow[layer] = flow;
        flow += placement->layer_length[layer];
        if (layer + 1 == layered->layer_count || layered_is_stopped(layered))
            break;
        int32_t tracks = channel_route_gap(&channel, layer);
        flow += tracks < 0 || (tracks == 0 && placement->tight) ? 1 : placement_lead(placement) + tracks + 1;
    }
    placement->layer_flow[layered->layer_count] = flow;
    placement->flow_size = flow;
    placement->cross_size = channel.places;
    free(channel.upper_at);
    free(channel.lower_at);
    free(channel.bridge_at);
    free(channel.track_at);
    free(channel.join_at);
    free(channel.wires);
    free(channel.scratch);
}

void channel_route(struct placement *placement)
{
    route(placement, false);
}

void channel_dodge(struct placement *placement)
{
    if (placement->layered->item_count <= DODGE_ITEMS)
        route(placement, true);
}
