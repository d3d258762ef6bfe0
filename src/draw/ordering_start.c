/* SPDX-License-Identifier: Apache-2.0 */
#include "ordering_start.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"

enum { SETTLE_ROUNDS = 8 };

static const float SMALLEST = 1e-20f;

/* 1 / sqrt(x) by Newton's method; x > 0. */
static float inverse_root(float x)
{
    float root = x > 1 ? x : 1;
    for (unsigned i = 0; i < 60; i++) {
        float next = 0.5f * (root + x / root);
        if (next >= root)
            break;
        root = next;
    }
    return 1 / root;
}

static uint32_t degree(const struct layered *layered, uint32_t item)
{
    return adjacency_degree(&layered->up, item) + adjacency_degree(&layered->down, item);
}

static float sum_of_neighbours(const struct adjacency *adjacency, uint32_t item, const float *keys)
{
    float sum = 0;
    for (uint32_t i = adjacency->start[item]; i < adjacency->start[item + 1]; i++)
        sum += keys[adjacency->items[i]];
    return sum;
}

/* Takes the degree-weighted mean from a layer's keys and scales them to a mean square of 1. */
static void centre_layer(const struct layered *layered, float *keys, const uint32_t *items, uint32_t count)
{
    float sum = 0, weights = 0, squares = 0;
    for (uint32_t i = 0; i < count; i++) {
        float weight = (float)degree(layered, items[i]);
        sum += weight * keys[items[i]];
        weights += weight;
    }
    float mean = weights > 0 ? sum / weights : 0;
    for (uint32_t i = 0; i < count; i++) {
        keys[items[i]] -= mean;
        squares += keys[items[i]] * keys[items[i]];
    }
    if (squares <= SMALLEST)
        return;
    float scale = inverse_root(squares / (float)count);
    for (uint32_t i = 0; i < count; i++)
        keys[items[i]] *= scale;
}

void ordering_start_spectral(const struct layered *layered, const uint32_t *items, float *keys, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < layered->layer_count; i++) {
            uint32_t layer = round % 2 ? layered->layer_count - 1 - i : i;
            const uint32_t *own = items + layered->layer_start[layer];
            uint32_t count = layered->layer_start[layer + 1] - layered->layer_start[layer];
            for (uint32_t k = 0; k < count; k++) {
                uint32_t item = own[k], links = degree(layered, item);
                float sum = sum_of_neighbours(&layered->up, item, keys) + sum_of_neighbours(&layered->down, item, keys);
                if (links)
                    keys[item] = 0.5f * keys[item] + 0.5f * sum / (float)links;
            }
            centre_layer(layered, keys, own, count);
        }
    }
}

void ordering_start_natural(const struct layered *layered, float *keys)
{
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] = (float)layered->owner[item];
}

void ordering_start_random(const struct layered *layered, float *keys, struct generator *generator)
{
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] = generator_unit(generator);
}

struct search {
    const struct layered *layered;
    float *keys;
    uint32_t *path, *next;
    uint32_t met, depth;
};

static void meet(struct search *search, uint32_t item)
{
    search->keys[item] = (float)++search->met;
    search->next[item] = 0;
    search->path[search->depth++] = item;
}

static uint32_t neighbour(const struct layered *layered, uint32_t item, uint32_t index)
{
    uint32_t below = adjacency_degree(&layered->down, item);
    if (index < below)
        return layered->down.items[layered->down.start[item] + index];
    return layered->up.items[layered->up.start[item] + index - below];
}

void ordering_start_depth_first(const struct layered *layered, float *keys)
{
    struct search search = {.layered = layered,
        .keys = keys,
        .path = memory_new_array(layered->item_count, sizeof *search.path),
        .next = memory_new_array(layered->item_count, sizeof *search.next)};
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] = 0;
    for (uint32_t root = 0; root < layered->item_count; root++) {
        if (keys[root] > 0)
            continue;
        meet(&search, root);
        while (search.depth) {
            uint32_t item = search.path[search.depth - 1];
            if (search.next[item] == degree(layered, item)) {
                search.depth--;
                continue;
            }
            uint32_t other = neighbour(layered, item, search.next[item]++);
            if (keys[other] <= 0)
                meet(&search, other);
        }
    }
    free(search.path);
    free(search.next);
}

void ordering_start_before(const struct layered *layered, float *keys, const int32_t *before)
{
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] = item < layered->box_count && before[item] >= 0 ? (float)before[item] : -1;
    for (unsigned round = 0; round < SETTLE_ROUNDS; round++) {
        for (uint32_t item = 0; item < layered->item_count; item++) {
            uint32_t links = degree(layered, item), known = 0;
            float sum = 0;
            if (item < layered->box_count && before[item] >= 0)
                continue;
            for (uint32_t i = 0; i < links; i++) {
                float key = keys[neighbour(layered, item, i)];
                sum += key >= 0 ? key : 0;
                known += key >= 0;
            }
            if (known)
                keys[item] = sum / (float)known;
        }
    }
}
