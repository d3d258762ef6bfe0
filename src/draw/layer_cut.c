/* SPDX-License-Identifier: Apache-2.0 */
#include "layer_cut.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"

static const uint32_t NOT_REACHED = UINT32_MAX;

/*
 * A box with more edges after than before gains by moving later: it supplies that much flow; one with fewer drains it.
 * Edges of length 1 carry any flow to the box that must move along.
 */
struct flow {
    const struct box_graph *boxes;
    const uint32_t *layer;
    uint32_t *edge_before;    /* for each place in before.items the edge's place in after.items */
    uint32_t *supply, *drain; /* by box: what is left of its gain, of its loss */
    uint32_t *carried;        /* by edge */
    uint32_t *distance;       /* by box: from the nearest box with a supply */
    uint32_t *next;           /* by box: the next of its edges to try, those after it first */
    uint32_t *queue, *path;   /* of boxes */
};

/* The box at the other end of an edge of a box, where the flow can go on to it; else NOT_REACHED. */
static uint32_t follow(const struct flow *flow, uint32_t v, uint32_t number)
{
    const struct adjacency *after = &flow->boxes->after, *before = &flow->boxes->before;
    uint32_t count = adjacency_degree(after, v);
    if (number < count) {
        uint32_t other = after->items[after->start[v] + number];
        return flow->layer[other] == flow->layer[v] + 1 ? other : NOT_REACHED;
    }
    uint32_t place = before->start[v] + number - count;
    return flow->carried[flow->edge_before[place]] ? before->items[place] : NOT_REACHED;
}

static uint32_t degree(const struct flow *flow, uint32_t v)
{
    return adjacency_degree(&flow->boxes->after, v) + adjacency_degree(&flow->boxes->before, v);
}

/* Distances from what is left of the supply. True where some drain is reached. */
static bool measure(struct flow *flow)
{
    uint32_t queued = 0;
    bool drained = false;
    for (uint32_t v = 0; v < flow->boxes->count; v++) {
        flow->distance[v] = flow->supply[v] ? 0 : NOT_REACHED;
        flow->next[v] = 0;
        if (flow->supply[v])
            flow->queue[queued++] = v;
    }
    for (uint32_t done = 0; done < queued; done++) {
        uint32_t v = flow->queue[done];
        drained |= flow->drain[v] > 0;
        for (uint32_t i = 0; i < degree(flow, v); i++) {
            uint32_t other = follow(flow, v, i);
            if (other == NOT_REACHED || flow->distance[other] != NOT_REACHED)
                continue;
            flow->distance[other] = flow->distance[v] + 1;
            flow->queue[queued++] = other;
        }
    }
    return drained;
}

/* Sends what the path of so many steps can carry from its first box to its last. */
static void send(struct flow *flow, uint32_t steps)
{
    const struct adjacency *after = &flow->boxes->after, *before = &flow->boxes->before;
    uint32_t *path = flow->path, first = path[0], last = path[steps];
    uint32_t amount = flow->supply[first] < flow->drain[last] ? flow->supply[first] : flow->drain[last];
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < steps; i++) {
            uint32_t v = path[i], number = flow->next[v], count = adjacency_degree(after, v);
            bool back = number >= count;
            uint32_t *carried =
                &flow->carried[back ? flow->edge_before[before->start[v] + number - count] : after->start[v] + number];
            if (pass == 0 && back && *carried < amount)
                amount = *carried;
            if (pass == 1)
                *carried += back ? -amount : amount;
        }
    }
    flow->supply[first] -= amount;
    flow->drain[last] -= amount;
}

/* One way from a box with a supply to a drain, along growing distances (Dinic). False where there is none left. */
static bool send_from(struct flow *flow, uint32_t first)
{
    uint32_t steps = 0;
    flow->path[0] = first;
    for (;;) {
        uint32_t v = flow->path[steps];
        if (flow->drain[v]) {
            send(flow, steps);
            return true;
        }
        uint32_t other = NOT_REACHED;
        for (; flow->next[v] < degree(flow, v); flow->next[v]++) {
            other = follow(flow, v, flow->next[v]);
            if (other != NOT_REACHED && flow->distance[other] == flow->distance[v] + 1)
                break;
        }
        if (flow->next[v] < degree(flow, v)) {
            flow->path[++steps] = other;
        } else if (steps == 0) {
            return false;
        } else {
            flow->next[flow->path[--steps]]++;
        }
    }
}

/* Sends all that can be sent; what can still be reached from a supply then is the set that gains most. */
static void cut(struct flow *flow)
{
    while (measure(flow))
        for (uint32_t v = 0; v < flow->boxes->count; v++)
            while (flow->supply[v] && send_from(flow, v))
                continue;
}

/* How far the set can move: its edges to other boxes keep a length of 1. */
static uint32_t room(const struct flow *flow, uint32_t most)
{
    const struct adjacency *after = &flow->boxes->after;
    uint32_t least = 0;
    for (uint32_t v = 0; v < flow->boxes->count; v++) {
        if (flow->distance[v] == NOT_REACHED)
            continue;
        if (flow->layer[v] >= most)
            return 0;
        for (uint32_t i = after->start[v]; i < after->start[v + 1]; i++) {
            uint32_t other = after->items[i], slack = flow->layer[other] - flow->layer[v] - 1;
            if (flow->distance[other] == NOT_REACHED && (!least || slack < least))
                least = slack;
        }
    }
    for (uint32_t v = 0; v < flow->boxes->count; v++)
        if (flow->distance[v] != NOT_REACHED && least > most - flow->layer[v])
            least = most - flow->layer[v];
    return least;
}

static void flow_init(struct flow *flow)
{
    const struct box_graph *boxes = flow->boxes;
    uint32_t *filled = memory_new_array(boxes->count, sizeof *filled);
    flow->edge_before = memory_new_array(boxes->edge_count, sizeof *flow->edge_before);
    flow->carried = memory_new_array(boxes->edge_count, sizeof *flow->carried);
    flow->supply = memory_new_array(6 * (size_t)boxes->count, sizeof *flow->supply);
    flow->drain = flow->supply + boxes->count;
    flow->distance = flow->drain + boxes->count;
    flow->next = flow->distance + boxes->count;
    flow->queue = flow->next + boxes->count;
    flow->path = flow->queue + boxes->count;
    for (uint32_t v = 0; v < boxes->count; v++) {
        uint32_t after = adjacency_degree(&boxes->after, v), before = adjacency_degree(&boxes->before, v);
        flow->supply[v] = after > before ? after - before : 0;
        flow->drain[v] = before > after ? before - after : 0;
        for (uint32_t i = boxes->after.start[v]; i < boxes->after.start[v + 1]; i++) {
            uint32_t other = boxes->after.items[i];
            flow->edge_before[boxes->before.start[other] + filled[other]++] = i;
        }
    }
    free(filled);
}

bool layer_cut_shift(const struct box_graph *boxes, uint32_t *layer, uint32_t most)
{
    struct flow flow = {.boxes = boxes, .layer = layer};
    flow_init(&flow);
    cut(&flow);
    uint32_t step = room(&flow, most);
    for (uint32_t v = 0; v < boxes->count; v++)
        if (flow.distance[v] != NOT_REACHED)
            layer[v] += step;
    free(flow.edge_before);
    free(flow.carried);
    free(flow.supply);
    return step > 0;
}
