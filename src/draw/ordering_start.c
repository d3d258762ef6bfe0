/* SPDX-License-Identifier: Apache-2.0 */
#include "ordering_start.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"

enum { NORMALISE_EVERY = 8, SETTLE_ROUNDS = 8 };

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

/* Takes the degree-weighted mean of its layer from every key. */
static void centre_layers(const struct layered *layered, float *keys, double *sums, double *weights)
{
    for (uint32_t i = 0; i < layered->layer_count; i++)
        sums[i] = weights[i] = 0;
    for (uint32_t item = 0; item < layered->item_count; item++) {
        double weight = degree(layered, item);
        sums[layered->layer[item]] += weight * (double)keys[item];
        weights[layered->layer[item]] += weight;
    }
    for (uint32_t i = 0; i < layered->layer_count; i++)
        sums[i] = weights[i] > 0 ? sums[i] / weights[i] : 0;
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] -= (float)sums[layered->layer[item]];
}

static void normalise(const struct layered *layered, float *keys)
{
    float largest = 0;
    for (uint32_t item = 0; item < layered->item_count; item++)
        largest = keys[item] > largest ? keys[item] : -keys[item] > largest ? -keys[item] : largest;
    if (largest <= 1e-20f)
        return;
    for (uint32_t item = 0; item < layered->item_count; item++)
        keys[item] /= largest;
}

void ordering_start_spectral(const struct layered *layered, float *keys, unsigned rounds)
{
    float *next = memory_new_array(layered->item_count, sizeof *next);
    double *sums = memory_new_array(layered->layer_count, sizeof *sums);
    double *weights = memory_new_array(layered->layer_count, sizeof *weights);
    for (unsigned round = 0; round < rounds; round++) {
        for (uint32_t item = 0; item < layered->item_count; item++) {
            uint32_t links = degree(layered, item);
            float sum = sum_of_neighbours(&layered->up, item, keys) + sum_of_neighbours(&layered->down, item, keys);
            next[item] = links ? 0.5f * keys[item] + 0.5f * sum / (float)links : keys[item];
        }
        for (uint32_t item = 0; item < layered->item_count; item++)
            keys[item] = next[item];
        centre_layers(layered, keys, sums, weights);
        if (round % NORMALISE_EVERY == NORMALISE_EVERY - 1)
            normalise(layered, keys);
    }
    free(next);
    free(sums);
    free(weights);
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
