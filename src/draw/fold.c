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

/* The nodes of one colour: places in refinement.nodes, and what their signatures had in common when last looked at. */
struct part {
    uint64_t hash[2];
    uint32_t begin, end;
};

struct refinement {
    const struct box_graph *boxes;
    uint32_t *colour;
    struct part *parts; /* by colour */
    uint32_t colour_count;
    uint32_t *nodes, *place_of; /* by part; where each node is in nodes */
    uint32_t *waiting;          /* nodes whose neighbours have changed their colours, to be looked at */
    uint32_t waiting_count;
    uint8_t *is_waiting;
    struct signature *signatures, *scratch;
    uint64_t *seen; /* by colour: the last node and side that counted it, so that sets count every colour once */
    uint64_t stamp;
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

/* Where much is folded, most nodes are alike. */
static bool is_sorted(const struct signature *signatures, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_signatures(&signatures[i - 1], &signatures[i]) > 0)
            return false;
    }
    return true;
}

/* Stable bottom-up merge sort. */
static void sort_signatures(struct refinement *refinement, size_t count)
{
    struct signature *from = refinement->signatures, *to = refinement->scratch;
    if (is_sorted(from, count))
        return;
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

static bool same_hash(const uint64_t *one, const uint64_t *other)
{
    return one[0] == other[0] && one[1] == other[1];
}

/* A node that is alone cannot be told apart from others any more: one that all others hang on is not looked at for
 * each. */
static void wait_for(struct refinement *refinement, uint32_t node)
{
    const struct part *part = &refinement->parts[refinement->colour[node]];
    if (refinement->is_waiting[node] || part->end - part->begin == 1)
        return;
    refinement->is_waiting[node] = 1;
    refinement->waiting[refinement->waiting_count++] = node;
}

/* The members of a part get its colour; their neighbours must be looked at again. */
static void colour_part(struct refinement *refinement, uint32_t colour)
{
    const struct adjacency *sides[] = {&refinement->boxes->before, &refinement->boxes->after};
    for (uint32_t i = refinement->parts[colour].begin; i < refinement->parts[colour].end; i++) {
        uint32_t node = refinement->nodes[i];
        refinement->colour[node] = colour;
        for (unsigned side = 0; side < 2; side++)
            for (uint32_t k = sides[side]->start[node]; k < sides[side]->start[node + 1]; k++)
                wait_for(refinement, sides[side]->items[k]);
    }
}

/* Takes count nodes with one signature out of a part, as a new one. */
static void take_out(struct refinement *refinement, struct part *from, const struct signature *taken, uint32_t count)
{
    struct part *to = &refinement->parts[refinement->colour_count++];
    *to = (struct part){.hash = {taken->hash[0], taken->hash[1]}, .begin = from->end - count, .end = from->end};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = refinement->place_of[taken[i].node], other = refinement->nodes[--from->end];
        refinement->nodes[place] = other;
        refinement->place_of[other] = place;
        refinement->nodes[from->end] = taken[i].node;
        refinement->place_of[taken[i].node] = from->end;
    }
}

/*
 * Tells the nodes of one colour apart. The signatures are those that were looked at, sorted; all others of the colour
 * have the one that the part remembers. The largest part keeps the colour, so that a node changes its colour at most as
 * often as its part can be halved.
 */
static void split(struct refinement *refinement, const struct signature *looked, uint32_t count)
{
    uint32_t colour = looked->colour, first = refinement->colour_count, largest = colour;
    struct part *parts = refinement->parts, *own = &parts[colour];
    bool all = count == own->end - own->begin;
    for (uint32_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && same_hash(looked[i].hash, looked[next].hash);)
            next++;
        if (all && next == count)
            memcpy(own->hash, looked[i].hash, sizeof own->hash);
        else if (all || !same_hash(looked[i].hash, own->hash))
            take_out(refinement, own, looked + i, next - i);
    }
    for (uint32_t i = first; i < refinement->colour_count; i++)
        if (parts[i].end - parts[i].begin > parts[largest].end - parts[largest].begin)
            largest = i;
    struct part kept = parts[largest];
    parts[largest] = *own;
    *own = kept;
    for (uint32_t i = first; i < refinement->colour_count; i++)
        colour_part(refinement, i);
}

/* Splits every colour by the signatures that were looked at. */
static void split_all(struct refinement *refinement, uint32_t count)
{
    sort_signatures(refinement, count);
    for (uint32_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && refinement->signatures[next].colour == refinement->signatures[i].colour;)
            next++;
        split(refinement, refinement->signatures + i, next - i);
    }
}

/* Hopcroft's idea in rounds: only nodes whose neighbours have changed are looked at. */
static void refine(struct refinement *refinement)
{
    while (refinement->waiting_count > 0) {
        uint32_t count = refinement->waiting_count;
        refinement->waiting_count = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t node = refinement->waiting[i];
            struct signature *signature = &refinement->signatures[i];
            refinement->is_waiting[node] = 0;
            *signature = (struct signature){.node = node, .colour = refinement->colour[node]};
            add_colours(refinement, signature, &refinement->boxes->before, 0x9e3779b97f4a7c15u);
            add_colours(refinement, signature, &refinement->boxes->after, 0x517cc1b727220a95u);
        }
        split_all(refinement, count);
    }
}

/* One part with all nodes, told apart by their kinds; then every node waits. */
static void colour_by_kind(struct refinement *refinement, const struct draw_graph *graph)
{
    uint32_t count = refinement->boxes->count;
    refinement->parts[0] = (struct part){.end = count};
    refinement->colour_count = 1;
    for (uint32_t node = 0; node < count; node++) {
        refinement->nodes[node] = refinement->place_of[node] = node;
        refinement->signatures[node] = (struct signature){.node = node, .hash = {graph->kinds[node]}};
    }
    if (count > 0)
        split_all(refinement, count);
    for (uint32_t node = 0; node < count; node++)
        wait_for(refinement, node);
}

uint32_t *fold_colours(const struct draw_graph *graph)
{
    struct box_graph boxes;
    size_t count = graph->node_count;
    box_graph_init(&boxes, graph, NULL, (uint32_t)count);
    struct refinement refinement = {.boxes = &boxes,
        .colour = memory_new_array(count, sizeof *refinement.colour),
        .parts = memory_new_array(count + 1, sizeof *refinement.parts),
        .nodes = memory_new_array(count, sizeof *refinement.nodes),
        .place_of = memory_new_array(count, sizeof *refinement.place_of),
        .waiting = memory_new_array(count, sizeof *refinement.waiting),
        .is_waiting = memory_new_array(count, sizeof *refinement.is_waiting),
        .signatures = memory_new_array(count, sizeof *refinement.signatures),
        .scratch = memory_new_array(count, sizeof *refinement.scratch),
        .seen = memory_new_array(count, sizeof *refinement.seen)};
    colour_by_kind(&refinement, graph);
    refine(&refinement);
    free(refinement.parts);
    free(refinement.nodes);
    free(refinement.place_of);
    free(refinement.waiting);
    free(refinement.is_waiting);
    free(refinement.signatures);
    free(refinement.scratch);
    free(refinement.seen);
    box_graph_release(&boxes);
    return refinement.colour;
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

struct fold *fold_new_coloured(size_t node_count, const uint32_t *colours, const uint8_t *open)
{
    struct fold *fold = memory_new(sizeof *fold);
    fold->node_count = node_count;
    fold->class_of = memory_new_array(node_count, sizeof *fold->class_of);
    number_classes(fold, colours, open);
    return fold;
}

struct fold *fold_new(const struct draw_graph *graph, const uint8_t *open)
{
    uint32_t *colours = graph->kinds ? fold_colours(graph) : NULL;
    struct fold *fold = fold_new_coloured(graph->node_count, colours, open);
    free(colours);
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
