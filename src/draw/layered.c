/* SPDX-License-Identifier: Apache-2.0 */
#include "layered.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "trunk.h"

struct builder {
    struct layered *layered;
    const struct box_graph *boxes;
    const uint32_t *box_layer;
    const uint8_t *ride;    /* NULL: every edge is separate */
    uint32_t *first_of[2];  /* by trunk_ride: first piece of a box's trunk */
    uint32_t *length_of[2]; /* its pieces */
    uint32_t *from, *to;    /* links */
    size_t link_count, link_capacity;
    size_t item_capacity[3];
};

static uint32_t add_item(struct builder *builder, uint32_t layer, uint32_t owner, enum item_kind kind)
{
    struct layered *layered = builder->layered;
    uint32_t item = layered->item_count++;
    memory_grow(&layered->layer, &builder->item_capacity[0], layered->item_count, sizeof *layered->layer);
    memory_grow(&layered->owner, &builder->item_capacity[1], layered->item_count, sizeof *layered->owner);
    memory_grow(&layered->kind, &builder->item_capacity[2], layered->item_count, sizeof *layered->kind);
    layered->layer[item] = layer;
    layered->owner[item] = owner;
    layered->kind[item] = (uint8_t)kind;
    return item;
}

static void add_link(struct builder *builder, uint32_t from, uint32_t to)
{
    size_t capacity = builder->link_capacity;
    memory_grow(&builder->from, &capacity, builder->link_count + 1, sizeof *builder->from);
    memory_grow(&builder->to, &builder->link_capacity, builder->link_count + 1, sizeof *builder->to);
    builder->from[builder->link_count] = from;
    builder->to[builder->link_count++] = to;
}

/* A chain of pieces in the layers first_layer on; returns its first item. */
static uint32_t add_chain(
    struct builder *builder, uint32_t first_layer, uint32_t length, uint32_t owner, enum item_kind kind)
{
    uint32_t first = builder->layered->item_count;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t item = add_item(builder, first_layer + i, owner, kind);
        if (i > 0)
            add_link(builder, item - 1, item);
    }
    return first;
}

/* The length of every trunk. Returns how many items all pieces make. */
static uint64_t measure_trunks(struct builder *builder)
{
    const struct box_graph *boxes = builder->boxes;
    uint64_t total = 0;
    for (uint32_t s = 0; s < boxes->count; s++) {
        for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++) {
            uint32_t t = boxes->after.items[i], span = builder->box_layer[t] - builder->box_layer[s] - 1;
            if (!builder->ride) {
                total += span;
                continue;
            }
            uint32_t *length = &builder->length_of[builder->ride[i]][builder->ride[i] == TRUNK_OF_SOURCE ? s : t];
            if (span > *length) {
                total += span - *length;
                *length = span;
            }
        }
    }
    return total;
}

static void add_trunks(struct builder *builder)
{
    for (uint32_t v = 0; v < builder->boxes->count; v++) {
        uint32_t length = builder->length_of[TRUNK_OF_SOURCE][v], layer = builder->box_layer[v];
        builder->first_of[TRUNK_OF_SOURCE][v] = add_chain(builder, layer + 1, length, v, ITEM_SOURCE_TRUNK);
        if (length)
            add_link(builder, v, builder->first_of[TRUNK_OF_SOURCE][v]);
        length = builder->length_of[TRUNK_OF_TARGET][v];
        uint32_t first = add_chain(builder, layer - length, length, v, ITEM_TARGET_TRUNK);
        builder->first_of[TRUNK_OF_TARGET][v] = first;
        if (length)
            add_link(builder, first + length - 1, v);
    }
}

/* The last link of an edge that rides its source's trunk, or the first of one that rides its target's. */
static void add_ride(struct builder *builder, uint32_t edge, uint32_t s, uint32_t t)
{
    uint32_t span = builder->box_layer[t] - builder->box_layer[s] - 1;
    if (span == 0) {
        add_link(builder, s, t);
    } else if (!builder->ride) {
        uint32_t first = add_chain(builder, builder->box_layer[s] + 1, span, s, ITEM_SINGLE);
        add_link(builder, s, first);
        add_link(builder, first + span - 1, t);
    } else if (builder->ride[edge] == TRUNK_OF_SOURCE) {
        add_link(builder, builder->first_of[TRUNK_OF_SOURCE][s] + span - 1, t);
    } else {
        uint32_t skipped = builder->length_of[TRUNK_OF_TARGET][t] - span;
        add_link(builder, s, builder->first_of[TRUNK_OF_TARGET][t] + skipped);
    }
}

/* The links once more by their lower ends, each with its place among the upper ends' links. */
static void connect_upwards(struct builder *builder)
{
    struct layered *layered = builder->layered;
    uint32_t *places = builder->from, *lower = builder->to;
    layered->up_link = memory_new_array(layered->link_count, sizeof *layered->up_link);
    for (uint32_t i = 0; i < layered->link_count; i++) {
        places[i] = i;
        lower[i] = layered->down.items[i];
    }
    struct adjacency links = {.start = layered->up.start, .items = layered->up_link};
    adjacency_fill(&links, layered->item_count, lower, places, layered->link_count);
    for (uint32_t item = 0; item < layered->item_count; item++)
        for (uint32_t i = layered->down.start[item]; i < layered->down.start[item + 1]; i++)
            places[i] = item;
    for (uint32_t i = 0; i < layered->link_count; i++)
        layered->up.items[i] = places[layered->up_link[i]];
}

static void count_layers(struct layered *layered)
{
    layered->layer_start = memory_new_array((size_t)layered->layer_count + 1, sizeof *layered->layer_start);
    for (uint32_t item = 0; item < layered->item_count; item++)
        layered->layer_start[layered->layer[item] + 1]++;
    for (uint32_t i = 0; i < layered->layer_count; i++)
        layered->layer_start[i + 1] += layered->layer_start[i];
}

static void builder_release(struct builder *builder)
{
    for (unsigned i = 0; i < 2; i++) {
        free(builder->first_of[i]);
        free(builder->length_of[i]);
    }
    free(builder->from);
    free(builder->to);
}

bool layered_init(
    struct layered *layered, const struct box_graph *boxes, const uint32_t *layer, uint32_t layer_count, bool separate)
{
    uint8_t *ride = separate ? NULL : trunk_assign(boxes, layer);
    *layered = (struct layered){.box_count = boxes->count, .layer_count = layer_count};
    struct builder builder = {.layered = layered, .boxes = boxes, .box_layer = layer, .ride = ride};
    for (unsigned i = 0; i < 2; i++) {
        builder.first_of[i] = memory_new_array(boxes->count, sizeof *builder.first_of[i]);
        builder.length_of[i] = memory_new_array(boxes->count, sizeof *builder.length_of[i]);
    }
    if (measure_trunks(&builder) > LAYERED_LIMIT) {
        builder_release(&builder);
        free(ride);
        *layered = (struct layered){0};
        return false;
    }
    for (uint32_t v = 0; v < boxes->count; v++)
        add_item(&builder, layer[v], v, ITEM_BOX);
    if (ride)
        add_trunks(&builder);
    for (uint32_t s = 0; s < boxes->count; s++)
        for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++)
            add_ride(&builder, i, s, boxes->after.items[i]);
    layered->link_count = builder.link_count;
    adjacency_init(&layered->down, layered->item_count, builder.link_count);
    adjacency_init(&layered->up, layered->item_count, builder.link_count);
    adjacency_fill(&layered->down, layered->item_count, builder.from, builder.to, builder.link_count);
    connect_upwards(&builder);
    count_layers(layered);
    builder_release(&builder);
    free(ride);
    return true;
}

void layered_release(struct layered *layered)
{
    free(layered->layer);
    free(layered->owner);
    free(layered->kind);
    free(layered->layer_start);
    free(layered->up_link);
    adjacency_release(&layered->down);
    adjacency_release(&layered->up);
    *layered = (struct layered){0};
}
