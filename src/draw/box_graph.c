/* SPDX-License-Identifier: Apache-2.0 */
#include "box_graph.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

void adjacency_init(struct adjacency *adjacency, size_t count, size_t edge_count)
{
    adjacency->start = memory_new_array(count + 1, sizeof *adjacency->start);
    adjacency->items = memory_new_array(edge_count, sizeof *adjacency->items);
}

void adjacency_release(struct adjacency *adjacency)
{
    free(adjacency->start);
    free(adjacency->items);
    *adjacency = (struct adjacency){0};
}

void adjacency_fill(
    struct adjacency *adjacency, size_t count, const uint32_t *from, const uint32_t *to, size_t edge_count)
{
    uint32_t *start = adjacency->start;
    memset(start, 0, (count + 1) * sizeof *start);
    for (size_t i = 0; i < edge_count; i++)
        start[from[i] + 1]++;
    for (size_t v = 0; v < count; v++)
        start[v + 1] += start[v];
    for (size_t i = 0; i < edge_count; i++)
        adjacency->items[start[from[i]]++] = to[i];
    for (size_t v = count; v > 0; v--)
        start[v] = start[v - 1];
    start[0] = 0;
}

/* The edges as pairs, sorted by source and target without repetition: two counting sorts. Returns how many. */
static size_t collect_edges(const struct draw_graph *graph, const uint32_t *box_of, uint32_t count,
    struct adjacency *after, uint32_t *sources, uint32_t *targets)
{
    size_t kept = 0;
    struct adjacency by_target;
    for (size_t i = 0; i < graph->edge_count; i++) {
        uint32_t s = graph->sources[i], t = graph->targets[i];
        if (s >= graph->node_count || t >= graph->node_count)
            continue;
        s = box_of ? box_of[s] : s;
        t = box_of ? box_of[t] : t;
        if (s == t)
            continue;
        sources[kept] = s;
        targets[kept++] = t;
    }
    adjacency_init(&by_target, count, kept);
    adjacency_fill(&by_target, count, targets, sources, kept);
    for (uint32_t t = 0; t < count; t++) {
        for (uint32_t i = by_target.start[t]; i < by_target.start[t + 1]; i++) {
            sources[i] = by_target.items[i];
            targets[i] = t;
        }
    }
    adjacency_fill(after, count, sources, targets, kept);
    adjacency_release(&by_target);
    size_t unique = 0;
    for (uint32_t s = 0; s < count; s++) {
        for (uint32_t i = after->start[s]; i < after->start[s + 1]; i++) {
            if (i > after->start[s] && after->items[i] == after->items[i - 1])
                continue;
            sources[unique] = s;
            targets[unique++] = after->items[i];
        }
    }
    return unique;
}

/* Kahn's algorithm, smallest index first within a generation. Returns how many boxes it reached. */
static uint32_t sort_topologically(struct box_graph *boxes)
{
    uint32_t *missing = memory_new_array(boxes->count, sizeof *missing);
    uint32_t done = 0, found = 0;
    for (uint32_t v = 0; v < boxes->count; v++) {
        missing[v] = adjacency_degree(&boxes->before, v);
        if (!missing[v])
            boxes->topological[found++] = v;
    }
    for (; done < found; done++) {
        uint32_t v = boxes->topological[done];
        for (uint32_t i = boxes->after.start[v]; i < boxes->after.start[v + 1]; i++)
            if (--missing[boxes->after.items[i]] == 0)
                boxes->topological[found++] = boxes->after.items[i];
    }
    free(missing);
    return found;
}

/* Depth-first search without recursion: marks the edges that lead back to a box on the current path. */
static void mark_back_edges(const struct box_graph *boxes, uint8_t *back)
{
    enum { NEW, OPEN, CLOSED };
    uint8_t *state = memory_new_array(boxes->count, 1);
    uint32_t *path = memory_new_array(boxes->count, sizeof *path);
    uint32_t *next = memory_new_array(boxes->count, sizeof *next);
    for (uint32_t root = 0; root < boxes->count; root++) {
        uint32_t depth = 0;
        if (state[root] != NEW)
            continue;
        path[depth++] = root;
        state[root] = OPEN;
        next[root] = boxes->after.start[root];
        while (depth) {
            uint32_t v = path[depth - 1];
            if (next[v] == boxes->after.start[v + 1]) {
                state[v] = CLOSED;
                depth--;
                continue;
            }
            uint32_t edge = next[v]++, w = boxes->after.items[edge];
            back[edge] = state[w] == OPEN;
            if (state[w] == NEW) {
                state[w] = OPEN;
                next[w] = boxes->after.start[w];
                path[depth++] = w;
            }
        }
    }
    free(state);
    free(path);
    free(next);
}

static size_t drop_back_edges(const struct box_graph *boxes, uint32_t *sources, uint32_t *targets)
{
    uint8_t *back = memory_new_array(boxes->edge_count, 1);
    size_t kept = 0;
    mark_back_edges(boxes, back);
    for (size_t i = 0; i < boxes->edge_count; i++) {
        if (back[i])
            continue;
        sources[kept] = sources[i];
        targets[kept++] = targets[i];
    }
    free(back);
    return kept;
}

void box_graph_init(struct box_graph *boxes, const struct draw_graph *graph, const uint32_t *box_of, uint32_t count)
{
    uint32_t *sources = memory_new_array(graph->edge_count, sizeof *sources);
    uint32_t *targets = memory_new_array(graph->edge_count, sizeof *targets);
    *boxes = (struct box_graph){.count = count};
    adjacency_init(&boxes->after, count, graph->edge_count);
    adjacency_init(&boxes->before, count, graph->edge_count);
    boxes->topological = memory_new_array(count, sizeof *boxes->topological);
    boxes->edge_count = collect_edges(graph, box_of, count, &boxes->after, sources, targets);
    for (;;) {
        adjacency_fill(&boxes->after, count, sources, targets, boxes->edge_count);
        adjacency_fill(&boxes->before, count, targets, sources, boxes->edge_count);
        if (sort_topologically(boxes) == count)
            break;
        size_t kept = drop_back_edges(boxes, sources, targets);
        boxes->dropped += boxes->edge_count - kept;
        boxes->edge_count = kept;
    }
    free(sources);
    free(targets);
}

void box_graph_drop_long(struct box_graph *boxes, const uint32_t *layer, uint32_t span)
{
    uint32_t *sources = memory_new_array(boxes->edge_count, sizeof *sources);
    uint32_t *targets = memory_new_array(boxes->edge_count, sizeof *targets);
    size_t kept = 0;
    for (uint32_t s = 0; s < boxes->count; s++) {
        for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++) {
            uint32_t t = boxes->after.items[i];
            if (layer[t] - layer[s] > span)
                continue;
            sources[kept] = s;
            targets[kept++] = t;
        }
    }
    boxes->dropped += boxes->edge_count - kept;
    boxes->edge_count = kept;
    adjacency_fill(&boxes->after, boxes->count, sources, targets, kept);
    adjacency_fill(&boxes->before, boxes->count, targets, sources, kept);
    free(sources);
    free(targets);
}

void box_graph_release(struct box_graph *boxes)
{
    adjacency_release(&boxes->after);
    adjacency_release(&boxes->before);
    free(boxes->topological);
    *boxes = (struct box_graph){0};
}
