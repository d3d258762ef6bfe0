/* SPDX-License-Identifier: Apache-2.0 */
/* The order of tracks in a gap: a linear ordering problem over wires that overlap, solved by insertion. */
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "dagtop/base/memory.h"

enum { FORBIDDEN = 1 << 20, MATRIX_LIMIT = 700, ROUNDS = 12 };

static const uint32_t TAKEN = UINT32_MAX;

static uint32_t pins_between(
    const struct channel *channel, const struct wire *wire, bool upper, int32_t low, int32_t high)
{
    const struct nets *nets = &channel->placement->nets;
    const struct net *net = &nets->nets[wire->net];
    if (wire->part == (upper ? WIRE_LOWER : WIRE_UPPER))
        return net->bridge > low && net->bridge < high;
    return upper ? channel_pins_between(nets->pins, net->first, net->middle, low, high)
                 : channel_pins_between(nets->pins, net->middle, net->end, low, high);
}

/* Whether a pin of first's upper side shares its place with one of second's lower side: then first must come first. */
static bool must_precede(const struct channel *channel, const struct wire *first, const struct wire *second)
{
    const struct nets *nets = &channel->placement->nets;
    const struct net *a = &nets->nets[first->net], *b = &nets->nets[second->net];
    if (first->net == second->net)
        return first->part == WIRE_UPPER;
    if (first->part == WIRE_LOWER || second->part == WIRE_UPPER)
        return false;
    if (a->middle - a->first <= b->end - b->middle) {
        for (uint32_t k = a->first; k < a->middle; k++)
            if (channel->lower_at[nets->pins[k].place] == second->net + 1)
                return true;
    } else {
        for (uint32_t k = b->middle; k < b->end; k++)
            if (channel->upper_at[nets->pins[k].place] == first->net + 1)
                return true;
    }
    return false;
}

/* Crossings when a's track comes before b's. */
static int32_t cost(const struct channel *channel, const struct wire *a, const struct wire *b)
{
    if (a->high < b->low || b->high < a->low)
        return 0;
    if (must_precede(channel, b, a))
        return FORBIDDEN;
    return (
        int32_t)(pins_between(channel, a, false, b->low, b->high) + pins_between(channel, b, true, a->low, a->high));
}

/* An order that keeps all forced orders: wires without a predecessor left, in the given order. */
static void sort_by_force(uint32_t *wires, uint32_t count, const int32_t *costs)
{
    uint32_t *missing = memory_new_array(count, sizeof *missing);
    uint32_t *sorted = memory_new_array(count, sizeof *sorted);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < count; k++)
            missing[i] += costs[i * count + k] == FORBIDDEN;
    for (uint32_t i = 0; i < count; i++)
        if (!missing[i])
            sorted[found++] = i;
    for (uint32_t done = 0; done < found; done++)
        for (uint32_t i = 0; i < count; i++)
            if (costs[i * count + sorted[done]] == FORBIDDEN && --missing[i] == 0)
                sorted[found++] = i;
    if (found < count)
        broken("a gap keeps a cycle of forced orders");
    memcpy(wires, sorted, count * sizeof *wires);
    free(missing);
    free(sorted);
}

/* Moves one wire to where it costs least. True where that saved something. */
static bool insert_best(uint32_t *order, uint32_t count, uint32_t index, const int32_t *costs)
{
    uint32_t wire = order[index], best_index = index;
    int32_t sum = 0, best = 0;
    for (uint32_t i = index; i > 0; i--) {
        uint32_t other = order[i - 1];
        sum += costs[wire * count + other] - costs[other * count + wire];
        if (sum < best) {
            best = sum;
            best_index = i - 1;
        }
        if (sum >= FORBIDDEN / 2)
            break;
    }
    sum = 0;
    for (uint32_t i = index + 1; i < count; i++) {
        uint32_t other = order[i];
        sum += costs[other * count + wire] - costs[wire * count + other];
        if (sum < best) {
            best = sum;
            best_index = i;
        }
        if (sum >= FORBIDDEN / 2)
            break;
    }
    if (best_index < index)
        memmove(order + best_index + 1, order + best_index, (index - best_index) * sizeof *order);
    else
        memmove(order + index, order + index + 1, (best_index - index) * sizeof *order);
    order[best_index] = wire;
    return best < 0;
}

/* What is left to be given a track, for packing. */
struct packing {
    const struct channel *channel;
    const uint32_t *wires; /* indices into channel->wires by number */
    const int32_t *costs;
    uint32_t count;
    uint32_t *rank;    /* place in the order found */
    uint32_t *missing; /* wires that must still come before; TAKEN once it has a track */
    uint32_t *height;  /* length of the longest chain that must follow */
    uint32_t *urgent;  /* numbers by falling height */
};

/* Whether the order of two wires matters and a comes before b. */
static bool precedes(const struct packing *packing, uint32_t a, uint32_t b)
{
    return packing->rank[a] < packing->rank[b] &&
           packing->costs[a * packing->count + b] != packing->costs[b * packing->count + a];
}

static void prepare(struct packing *packing, const uint32_t *order)
{
    uint32_t count = packing->count, sorted = 0, most = 0;
    for (uint32_t i = 0; i < count; i++)
        packing->rank[order[i]] = i;
    for (uint32_t i = count; i > 0; i--) {
        uint32_t a = order[i - 1];
        for (uint32_t k = i; k < count; k++) {
            uint32_t b = order[k];
            if (!precedes(packing, a, b))
                continue;
            packing->missing[b]++;
            if (packing->height[a] <= packing->height[b])
                packing->height[a] = packing->height[b] + 1;
        }
        most = packing->height[a] > most ? packing->height[a] : most;
    }
    for (uint32_t height = most + 1; height > 0; height--)
        for (uint32_t i = 0; i < count; i++)
            if (packing->height[order[i]] == height - 1)
                packing->urgent[sorted++] = order[i];
}

static bool overlaps_any(const struct packing *packing, uint32_t wire, const uint32_t *others, uint32_t count)
{
    const struct wire *own = &packing->channel->wires[packing->wires[wire]];
    for (uint32_t i = 0; i < count; i++) {
        const struct wire *other = &packing->channel->wires[packing->wires[others[i]]];
        if (own->low <= other->high && other->low <= own->high)
            return true;
    }
    return false;
}

/*
 * Fewer tracks at the same crossings: pairs whose order does not matter are free. Track by track those wires are taken
 * that the longest chains wait for.
 */
static void pack(
    const struct channel *channel, const uint32_t *wires, uint32_t *order, uint32_t count, const int32_t *costs)
{
    struct packing packing = {.channel = channel, .wires = wires, .costs = costs, .count = count};
    packing.rank = memory_new_array(4 * (size_t)count, sizeof *packing.rank);
    packing.missing = packing.rank + count;
    packing.height = packing.rank + 2 * (size_t)count;
    packing.urgent = packing.rank + 3 * (size_t)count;
    prepare(&packing, order);
    for (uint32_t taken = 0, begin = 0; taken < count; begin = taken) {
        for (uint32_t i = 0; i < count; i++) {
            uint32_t wire = packing.urgent[i];
            if (packing.missing[wire] == 0 && !overlaps_any(&packing, wire, order + begin, taken - begin)) {
                packing.missing[wire] = TAKEN;
                order[taken++] = wire;
            }
        }
        for (uint32_t i = begin; i < taken; i++)
            for (uint32_t b = 0; b < count; b++)
                if (packing.missing[b] != TAKEN && precedes(&packing, order[i], b))
                    packing.missing[b]--;
    }
    free(packing.rank);
}

/* With more wires than a matrix is made for: only the forced orders, by repeated passes over the pins. */
static void sort_many(const struct channel *channel, uint32_t *wires, uint32_t count);

void track_order(const struct channel *channel, uint32_t *wires, uint32_t count)
{
    if (count < 2)
        return;
    if (count > MATRIX_LIMIT) {
        sort_many(channel, wires, count);
        return;
    }
    int32_t *costs = memory_new_array((size_t)count * count, sizeof *costs);
    uint32_t *order = memory_new_array(count, sizeof *order);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < count; k++)
            if (i != k)
                costs[i * count + k] = cost(channel, &channel->wires[wires[i]], &channel->wires[wires[k]]);
    sort_by_force(order, count, costs);
    bool gained = true;
    for (unsigned round = 0; gained && round < ROUNDS; round++) {
        gained = false;
        for (uint32_t i = 0; i < count; i++)
            gained |= insert_best(order, count, i, costs);
    }
    pack(channel, wires, order, count, costs);
    for (uint32_t i = 0; i < count; i++)
        order[i] = wires[order[i]];
    memcpy(wires, order, count * sizeof *wires);
    free(costs);
    free(order);
}

/* 1 + the wire of a net that has its upper (lower) pins, by net of the gap. */
static void index_wires(
    const struct channel *channel, const uint32_t *wires, uint32_t count, uint32_t *upper_wire, uint32_t *lower_wire)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct wire *wire = &channel->wires[wires[i]];
        if (wire->part != WIRE_LOWER)
            upper_wire[wire->net - channel->first_net] = i + 1;
        if (wire->part != WIRE_UPPER)
            lower_wire[wire->net - channel->first_net] = i + 1;
    }
}

/* Calls for every forced successor of a wire: counts it up, or down and queues it when nothing is missing any more. */
static uint32_t visit_successors(const struct channel *channel, const struct wire *wire, const uint32_t *lower_wire,
    uint32_t *missing, uint32_t *queue, uint32_t queued, bool count_up)
{
    const struct nets *nets = &channel->placement->nets;
    const struct net *net = &nets->nets[wire->net];
    if (wire->part == WIRE_LOWER)
        return queued;
    for (uint32_t k = net->first; k < net->middle; k++) {
        uint32_t facing = channel->lower_at[nets->pins[k].place];
        uint32_t other = facing && facing - 1 != wire->net ? lower_wire[facing - 1 - channel->first_net] : 0;
        if (!other)
            continue;
        if (count_up)
            missing[other - 1]++;
        else if (--missing[other - 1] == 0)
            queue[queued++] = other - 1;
    }
    uint32_t own = wire->part == WIRE_UPPER ? lower_wire[wire->net - channel->first_net] : 0;
    if (own && count_up)
        missing[own - 1]++;
    else if (own && --missing[own - 1] == 0)
        queue[queued++] = own - 1;
    return queued;
}

static void sort_many(const struct channel *channel, uint32_t *wires, uint32_t count)
{
    uint32_t nets = channel->end_net - channel->first_net, queued = 0;
    uint32_t *upper_wire = memory_new_array(nets, sizeof *upper_wire);
    uint32_t *lower_wire = memory_new_array(nets, sizeof *lower_wire);
    uint32_t *missing = memory_new_array(count, sizeof *missing);
    uint32_t *queue = memory_new_array(count, sizeof *queue);
    index_wires(channel, wires, count, upper_wire, lower_wire);
    for (uint32_t i = 0; i < count; i++)
        visit_successors(channel, &channel->wires[wires[i]], lower_wire, missing, queue, 0, true);
    for (uint32_t i = 0; i < count; i++)
        if (!missing[i])
            queue[queued++] = i;
    for (uint32_t done = 0; done < queued; done++)
        queued =
            visit_successors(channel, &channel->wires[wires[queue[done]]], lower_wire, missing, queue, queued, false);
    if (queued < count)
        broken("a gap keeps a cycle of forced orders");
    for (uint32_t i = 0; i < count; i++)
        queue[i] = wires[queue[i]];
    memcpy(wires, queue, count * sizeof *wires);
    free(upper_wire);
    free(lower_wire);
    free(missing);
    free(queue);
}
