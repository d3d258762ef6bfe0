/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines dodge each other: pins of one box change places, and boxes move a cell or two, where the tracks beside them
 * then have fewer crossings. Every try gives the gaps that it touches tracks and counts.
 */
#include <stdlib.h>

#include "channel.h"
#include "dagtop/base/memory.h"

enum {
    ROUNDS = 3,
    REACH = 2,         /* cells that an item may move */
    WORK = 1000000,    /* pairs of nets, and of nets and cells, that are looked at */
    CROSSING_COST = 16 /* beside a track or a bent net */
};

struct dodger {
    struct channel *channel;
    uint64_t *costs; /* by gap, as things are */
    int64_t work;    /* left */
};

/* What a gap costs; whether it can be routed with the places there are is part of it. */
static uint64_t gap_cost(struct dodger *dodger, int64_t gap)
{
    struct channel *channel = dodger->channel;
    struct placement *placement = channel->placement;
    if (gap < 0 || gap + 1 >= placement->layered->layer_count)
        return 0;
    int32_t places = channel->places;
    int64_t nets = placement->nets.gap_start[gap + 1] - placement->nets.gap_start[gap];
    dodger->work -= nets * (nets + places);
    placement->crossings = 0;
    int32_t tracks = channel_route_gap(channel, (uint32_t)gap);
    uint64_t cost = CROSSING_COST * (placement->crossings + (uint64_t)(channel->places - places)) +
                    (uint64_t)(tracks + 1) + channel->wire_count;
    placement->crossings = 0;
    channel->places = places;
    return cost;
}

/* Whether the gaps from first to last cost less than before; the new costs are taken over then. */
static bool is_gain(struct dodger *dodger, int64_t first, int64_t last)
{
    uint64_t before = 0, now = 0, costs[2] = {0};
    for (int64_t gap = first; gap <= last; gap++) {
        before += gap < 0 ? 0 : dodger->costs[gap];
        costs[gap - first] = gap_cost(dodger, gap);
        now += costs[gap - first];
    }
    for (int64_t gap = first; gap <= last && now < before; gap++)
        if (gap >= 0)
            dodger->costs[gap] = costs[gap - first];
    return now < before;
}

static void swap_pins(struct pin *one, struct pin *other)
{
    int32_t place = one->place, offset = one->offset;
    one->place = other->place;
    one->offset = other->offset;
    other->place = place;
    other->offset = offset;
}

/* Neighbouring pins on one side of an item change places where that pays. */
static bool dodge_pins(struct dodger *dodger, uint32_t item, const struct adjacency *side, int64_t gap)
{
    struct pin *pins = dodger->channel->placement->nets.pins;
    bool gained = false;
    for (uint32_t i = side->start[item]; i + 1 < side->start[item + 1] && dodger->work > 0; i++) {
        swap_pins(&pins[side->items[i]], &pins[side->items[i + 1]]);
        if (is_gain(dodger, gap, gap))
            gained = true;
        else
            swap_pins(&pins[side->items[i]], &pins[side->items[i + 1]]);
    }
    return gained;
}

static void move_item(struct placement *placement, uint32_t item, int32_t step)
{
    const struct adjacency *sides[] = {&placement->nets.lower_pins, &placement->nets.upper_pins};
    placement->start[item] += step;
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t k = sides[i]->start[item]; k < sides[i]->start[item + 1]; k++)
            placement->nets.pins[sides[i]->items[k]].place += step;
}

/* The item at index of a layer moves within the room between its neighbours where that pays. */
static bool dodge_item(struct dodger *dodger, uint32_t layer, uint32_t index)
{
    struct placement *placement = dodger->channel->placement;
    const struct layered *layered = placement->layered;
    const uint32_t *items = placement->order.items;
    uint32_t item = items[index];
    int32_t separation = placement_separation(placement), low = 0, high = placement->cross_size;
    if (index > layered->layer_start[layer])
        low = placement->start[items[index - 1]] + placement->size[items[index - 1]] + separation;
    if (index + 1 < layered->layer_start[layer + 1])
        high = placement->start[items[index + 1]] - separation;
    for (int32_t step = -REACH; step <= REACH && dodger->work > 0; step++) {
        int32_t start = placement->start[item] + step;
        if (step == 0 || start < low || start + placement->size[item] > high)
            continue;
        move_item(placement, item, step);
        if (is_gain(dodger, (int64_t)layer - 1, layer))
            return true;
        move_item(placement, item, -step);
    }
    return false;
}

static bool dodge_layer(struct dodger *dodger, uint32_t layer)
{
    const struct placement *placement = dodger->channel->placement;
    const struct layered *layered = placement->layered;
    bool gained = false;
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
        uint32_t item = placement->order.items[i];
        gained |= dodge_pins(dodger, item, &placement->nets.lower_pins, layer);
        gained |= dodge_pins(dodger, item, &placement->nets.upper_pins, (int64_t)layer - 1);
        gained |= dodge_item(dodger, layer, i);
    }
    return gained;
}

void dodge(struct channel *channel)
{
    const struct layered *layered = channel->placement->layered;
    struct dodger dodger = {.channel = channel, .work = WORK};
    bool gained = true;
    dodger.costs = memory_new_array((size_t)layered->layer_count + 1, sizeof *dodger.costs);
    for (uint32_t gap = 0; gap < layered->layer_count; gap++)
        dodger.costs[gap] = gap_cost(&dodger, gap);
    for (unsigned round = 0; gained && round < ROUNDS && dodger.work > 0; round++) {
        gained = false;
        for (uint32_t layer = 0; layer < layered->layer_count && !layered_is_stopped(layered); layer++)
            gained |= dodge_layer(&dodger, layer);
    }
    free(dodger.costs);
}
