/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/draw/fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "box_graph.h"
#include "dagtop/base/memory.h"

struct fold {
    size_t node_count, class_count;
    uint32_t *class_of;
    struct adjacency members; /* by class */
};

/* What tells a node apart in one round. */
struct signature {
    uint64_t hash[2];
    uint32_t node, colour;
};

struct refinement {
    const struct box_graph *boxes;
    uint32_t *colour, colour_count;
    struct signature *signatures, *scratch;
    uint32_t *seen; /* by colour: the last node and side that counted it, so that sets count every colour once */
    uint32_t stamp;
};

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/* Adds the set of the neighbours' colours: sums of two independent hashes, 128 bits together. */
static void add_colours(
    struct refinement *refinement, struct signature *signature, const struct adjacency *adjacency, uint64_t salt)
{
    refinement->stamp++;
    for (uint32_t i = adjacency->start[signature->node]; i < adjacency->start[signature->node + 1]; i++) {
        uint32_t colour = refinement->colour[adjacency->items[i]];
        if (refinement->seen[colour] == refinement->stamp)
            continue;
        refinement->seen[colour] = refinement->stamp;
        signature->hash[0] += mix(colour + salt);
        signature->hash[1] += mix(~(uint64_t)colour * 31 + salt);
    }
}

static int compare_signatures(const struct signature *a, const struct signature *b)
{
    if (a->colour != b->colour)
        return a->colour < b->colour ? -1 : 1;
    for (unsigned i = 0; i < 2; i++)
        if (a->hash[i] != b->hash[i])
            return a->hash[i] < b->hash[i] ? -1 : 1;
    return 0;
}

/* Stable bottom-up merge sort. */
static void sort_signatures(struct refinement *refinement, size_t count)
{
    struct signature *from = refinement->signatures, *to = refinement->scratch;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count, left = start, right = middle;
            for (size_t out = start; out < end; out++) {
                bool take_left = left < middle && (right >= end || compare_signatures(&from[left], &from[right]) <= 0);
                to[out] = from[take_left ? left++ : right++];
            }
        }
        struct signature *other = from;
        from = to;
        to = other;
    }
    refinement->signatures = from;
    refinement->scratch = to;
}

/* Gives equal signatures equal colours. Returns the number of colours. */
static uint32_t recolour(struct refinement *refinement)
{
    uint32_t count = refinement->boxes->count, colours = 0;
    sort_signatures(refinement, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct signature *signature = &refinement->signatures[i];
        if (i > 0 && compare_signatures(signature, &refinement->signatures[i - 1]) != 0)
            colours++;
        refinement->colour[signature->node] = colours;
    }
    return count ? colours + 1 : 0;
}

static void refine(struct refinement *refinement)
{
    uint32_t count = refinement->boxes->count;
    for (;;) {
        memset(refinement->seen, 0, count * sizeof *refinement->seen);
        refinement->stamp = 0;
        for (uint32_t node = 0; node < count; node++) {
            struct signature *signature = &refinement->signatures[node];
            *signature = (struct signature){.node = node, .colour = refinement->colour[node]};
            add_colours(refinement, signature, &refinement->boxes->before, 0x9e3779b97f4a7c15u);
            add_colours(refinement, signature, &refinement->boxes->after, 0x517cc1b727220a95u);
        }
        uint32_t colours = recolour(refinement);
        if (colours == refinement->colour_count)
            break;
        refinement->colour_count = colours;
    }
}

/* The first colours: kinds, made small numbers. */
static void colour_by_kind(struct refinement *refinement, const struct draw_graph *graph)
{
    for (uint32_t node = 0; node < refinement->boxes->count; node++)
        refinement->signatures[node] = (struct signature){.node = node, .colour = graph->kinds[node]};
    refinement->colour_count = recolour(refinement);
}

/* Classes in the order of their first members; open nodes stand alone. */
static void number_classes(struct fold *fold, const uint32_t *colour, const uint8_t *open)
{
    uint32_t *class_of_colour = memory_new_array(fold->node_count, sizeof *class_of_colour);
    uint32_t *nodes = memory_new_array(fold->node_count, sizeof *nodes);
    for (uint32_t node = 0; node < fold->node_count; node++) {
        bool alone = !colour || (open && open[node]);
        nodes[node] = node;
        if (alone) {
            fold->class_of[node] = (uint32_t)fold->class_count++;
            continue;
        }
        if (!class_of_colour[colour[node]])
            class_of_colour[colour[node]] = (uint32_t)++fold->class_count;
        fold->class_of[node] = class_of_colour[colour[node]] - 1;
    }
    adjacency_init(&fold->members, fold->class_count, fold->node_count);
    adjacency_fill(&fold->members, fold->class_count, fold->class_of, nodes, fold->node_count);
    free(class_of_colour);
    free(nodes);
}

struct fold *fold_new(const struct draw_graph *graph, const uint8_t *open)
{
    struct fold *fold = memory_new(sizeof *fold);
    size_t count = graph->node_count;
    fold->node_count = count;
    fold->class_of = memory_new_array(count, sizeof *fold->class_of);
    if (!graph->kinds) {
        number_classes(fold, NULL, open);
        return fold;
    }
    struct box_graph boxes;
    box_graph_init(&boxes, graph, NULL, (uint32_t)count);
    struct refinement refinement = {.boxes = &boxes,
        .colour = memory_new_array(count, sizeof *refinement.colour),
        .signatures = memory_new_array(count, sizeof *refinement.signatures),
        .scratch = memory_new_array(count, sizeof *refinement.scratch),
        .seen = memory_new_array(count, sizeof *refinement.seen)};
    colour_by_kind(&refinement, graph);
    refine(&refinement);
    number_classes(fold, refinement.colour, open);
    free(refinement.colour);
    free(refinement.signatures);
    free(refinement.scratch);
    free(refinement.seen);
    box_graph_release(&boxes);
    return fold;
}

void fold_free(struct fold *fold)
{
    if (!fold)
        return;
    adjacency_release(&fold->members);
    free(fold->class_of);
    free(fold);
}

size_t fold_class_count(const struct fold *fold)
{
    return fold->class_count;
}

size_t fold_class_of(const struct fold *fold, size_t node)
{
    return fold->class_of[node];
}

const uint32_t *fold_members(const struct fold *fold, size_t class_index, size_t *count)
{
    *count = adjacency_degree(&fold->members, (uint32_t)class_index);
    return fold->members.items + fold->members.start[class_index];
}
