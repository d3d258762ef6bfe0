/* SPDX-License-Identifier: Apache-2.0 */
#include "layering.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "layer_cut.h"

/* Layers of isolated boxes alone hold ISOLATED_SHAPE times as many boxes as there are such layers. */
enum { ISOLATED_SHAPE = 8, PULL_ROUNDS = 24, ROOM = 3, CUT_BOXES = 3000, CUT_ROUNDS = 200, NO_LAYER = UINT32_MAX };

static uint32_t earliest(const struct box_graph *boxes, const uint32_t *layer, uint32_t v)
{
    uint32_t first = 0;
    for (uint32_t i = boxes->before.start[v]; i < boxes->before.start[v + 1]; i++)
        if (layer[boxes->before.items[i]] + 1 > first)
            first = layer[boxes->before.items[i]] + 1;
    return first;
}

/* Only for a box with successors. */
static uint32_t latest(const struct box_graph *boxes, const uint32_t *layer, uint32_t v)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t i = boxes->after.start[v]; i < boxes->after.start[v + 1]; i++)
        if (layer[boxes->after.items[i]] - 1 < last)
            last = layer[boxes->after.items[i]] - 1;
    return last;
}

/* Boxes with at least as many edges after as before go as late as they can. True where edges became shorter. */
static bool pull_late(const struct box_graph *boxes, uint32_t *layer)
{
    bool shorter = false;
    for (uint32_t i = boxes->count; i > 0; i--) {
        uint32_t v = boxes->topological[i - 1];
        uint32_t after = adjacency_degree(&boxes->after, v), before = adjacency_degree(&boxes->before, v);
        if (!after || after < before)
            continue;
        uint32_t last = latest(boxes, layer, v);
        if (last > layer[v] && after > before)
            shorter = true;
        layer[v] = last;
    }
    return shorter;
}

/* Boxes with more edges before than after (least: at least as many) go as early as they can. */
static bool pull_early(const struct box_graph *boxes, uint32_t *layer, bool neutral_too)
{
    bool shorter = false;
    for (uint32_t i = 0; i < boxes->count; i++) {
        uint32_t v = boxes->topological[i];
        uint32_t after = adjacency_degree(&boxes->after, v), before = adjacency_degree(&boxes->before, v);
        if (!before || before < after || (before == after && !neutral_too))
            continue;
        uint32_t first = earliest(boxes, layer, v);
        if (first < layer[v] && before > after)
            shorter = true;
        layer[v] = first;
    }
    return shorter;
}

/* Boxes with as many edges before as after go where fewest boxes are: the fullest layer decides how large it gets. */
static void balance(const struct box_graph *boxes, uint32_t *layer)
{
    uint32_t *filled = memory_new_array((size_t)ROOM * boxes->count + 1, sizeof *filled);
    for (uint32_t v = 0; v < boxes->count; v++)
        filled[layer[v]]++;
    for (uint32_t i = 0; i < boxes->count; i++) {
        uint32_t v = boxes->topological[i];
        uint32_t after = adjacency_degree(&boxes->after, v), before = adjacency_degree(&boxes->before, v);
        if (!before || before != after)
            continue;
        uint32_t best = layer[v], last = latest(boxes, layer, v);
        for (uint32_t other = earliest(boxes, layer, v); other <= last; other++)
            if (filled[other] + (other != layer[v]) < filled[best] + (best != layer[v]))
                best = other;
        filled[layer[v]]--;
        filled[best]++;
        layer[v] = best;
    }
    free(filled);
}

static uint32_t group_of(uint32_t *group, uint32_t v)
{
    while (group[v] != v) {
        group[v] = group[group[v]];
        v = group[v];
    }
    return v;
}

/* Boxes that edges of length 1 hold together form a group; members lists the boxes group by group. */
static void find_groups(
    const struct box_graph *boxes, const uint32_t *layer, uint32_t *group, struct adjacency *members)
{
    uint32_t *numbers = memory_new_array(boxes->count, sizeof *numbers);
    for (uint32_t v = 0; v < boxes->count; v++)
        group[v] = numbers[v] = v;
    for (uint32_t v = 0; v < boxes->count; v++)
        for (uint32_t i = boxes->after.start[v]; i < boxes->after.start[v + 1]; i++)
            if (layer[boxes->after.items[i]] == layer[v] + 1)
                group[group_of(group, boxes->after.items[i])] = group_of(group, v);
    for (uint32_t v = 0; v < boxes->count; v++)
        group[v] = group_of(group, v);
    adjacency_fill(members, boxes->count, group, numbers, boxes->count);
    free(numbers);
}

/* How many edges one side of a group has to other groups, and how much the shortest of them can give. */
static uint32_t outer_edges(const struct box_graph *boxes, const uint32_t *layer, const uint32_t *group,
    const struct adjacency *members, uint32_t root, bool after, uint32_t *slack)
{
    const struct adjacency *adjacency = after ? &boxes->after : &boxes->before;
    uint32_t count = 0;
    *slack = UINT32_MAX;
    for (uint32_t m = members->start[root]; m < members->start[root + 1]; m++) {
        uint32_t v = members->items[m];
        for (uint32_t i = adjacency->start[v]; i < adjacency->start[v + 1]; i++) {
            uint32_t other = adjacency->items[i];
            if (group[other] == root)
                continue;
            uint32_t length = after ? layer[other] - layer[v] : layer[v] - layer[other];
            count++;
            *slack = length - 1 < *slack ? length - 1 : *slack;
        }
    }
    return count;
}

/* How far a group may move either way and keep within the layers from 0 to ROOM times the number of boxes. */
static void limit_slack(const struct box_graph *boxes, const uint32_t *layer, const struct adjacency *members,
    uint32_t root, uint32_t *later, uint32_t *earlier)
{
    for (uint32_t m = members->start[root]; m < members->start[root + 1]; m++) {
        uint32_t own = layer[members->items[m]], room = ROOM * boxes->count - own;
        *later = room < *later ? room : *later;
        *earlier = own < *earlier ? own : *earlier;
    }
}

/* Whole groups move towards the side where they have more edges. True where edges became shorter. */
static bool shift_groups(const struct box_graph *boxes, uint32_t *layer)
{
    uint32_t *group = memory_new_array(boxes->count, sizeof *group);
    struct adjacency members;
    bool shorter = false;
    adjacency_init(&members, boxes->count, boxes->count);
    find_groups(boxes, layer, group, &members);
    for (uint32_t root = 0; root < boxes->count; root++) {
        uint32_t after_slack, before_slack, first = members.start[root], end = members.start[root + 1];
        if (first == end)
            continue;
        uint32_t after = outer_edges(boxes, layer, group, &members, root, true, &after_slack);
        uint32_t before = outer_edges(boxes, layer, group, &members, root, false, &before_slack);
        uint32_t later = after > before ? after_slack : 0, earlier = before > after ? before_slack : 0;
        limit_slack(boxes, layer, &members, root, &later, &earlier);
        for (uint32_t m = first; m < end; m++)
            layer[members.items[m]] += later - earlier;
        shorter |= later || earlier;
    }
    adjacency_release(&members);
    free(group);
    return shorter;
}

/* Renumbers the layers without gaps and returns how many there are. */
static uint32_t close_gaps(const struct box_graph *boxes, uint32_t *layer)
{
    uint32_t last = ROOM * boxes->count, count = 0;
    uint32_t *number = memory_new_array((size_t)last + 1, sizeof *number);
    for (uint32_t v = 0; v < boxes->count; v++)
        if (layer[v] != NO_LAYER)
            number[layer[v]] = 1;
    for (uint32_t i = 0; i <= last; i++)
        if (number[i])
            number[i] = count++;
    for (uint32_t v = 0; v < boxes->count; v++)
        if (layer[v] != NO_LAYER)
            layer[v] = number[layer[v]];
    free(number);
    return count;
}

static bool is_isolated(const struct box_graph *boxes, uint32_t v)
{
    return !adjacency_degree(&boxes->before, v) && !adjacency_degree(&boxes->after, v);
}

/* Boxes without edges fill the layers up to the fullest one, then all layers evenly. */
static uint32_t spread_isolated(const struct box_graph *boxes, uint32_t *layer, uint32_t layer_count, uint32_t isolated)
{
    uint32_t columns = 1;
    while (columns * columns * ISOLATED_SHAPE < isolated)
        columns++;
    uint32_t used = layer_count > columns ? layer_count : columns, fullest = 0, free_places = 0;
    uint32_t *filled = memory_new_array(used, sizeof *filled);
    for (uint32_t v = 0; v < boxes->count; v++)
        if (layer[v] != NO_LAYER && ++filled[layer[v]] > fullest)
            fullest = filled[layer[v]];
    for (uint32_t i = 0; i < used; i++)
        free_places += fullest - filled[i];
    if (isolated > free_places)
        fullest += (isolated - free_places + used - 1) / used;
    for (uint32_t v = 0, i = 0; v < boxes->count; v++) {
        if (layer[v] != NO_LAYER)
            continue;
        while (filled[i] >= fullest)
            i++;
        layer[v] = i;
        filled[i]++;
    }
    free(filled);
    return close_gaps(boxes, layer);
}

uint32_t *layering_new(const struct box_graph *boxes, uint32_t *layer_count)
{
    uint32_t *layer = memory_new_array(boxes->count, sizeof *layer);
    uint32_t isolated = 0;
    for (uint32_t i = 0; i < boxes->count; i++)
        layer[boxes->topological[i]] = earliest(boxes, layer, boxes->topological[i]);
    /* Groups may have to go before the first layer. */
    for (uint32_t v = 0; v < boxes->count; v++)
        layer[v] += boxes->count;
    for (unsigned round = 0; round < PULL_ROUNDS; round++) {
        bool shorter = pull_late(boxes, layer);
        shorter |= pull_early(boxes, layer, false);
        shorter |= shift_groups(boxes, layer);
        if (!shorter)
            break;
    }
    for (unsigned round = 0; boxes->count <= CUT_BOXES && round < CUT_ROUNDS; round++)
        if (!layer_cut_shift(boxes, layer, ROOM * boxes->count))
            break;
    balance(boxes, layer);
    for (uint32_t v = 0; v < boxes->count; v++) {
        if (is_isolated(boxes, v)) {
            layer[v] = NO_LAYER;
            isolated++;
        }
    }
    *layer_count = close_gaps(boxes, layer);
    if (isolated)
        *layer_count = spread_isolated(boxes, layer, *layer_count, isolated);
    return layer;
}
