/* SPDX-License-Identifier: Apache-2.0 */
#include "crossing.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

void neighbour_positions_init(struct neighbour_positions *positions, const struct layered *layered)
{
    positions->up = memory_new_array(layered->link_count, sizeof *positions->up);
    positions->down = memory_new_array(layered->link_count, sizeof *positions->down);
    positions->filled = memory_new_array(layered->item_count, sizeof *positions->filled);
}

void neighbour_positions_release(struct neighbour_positions *positions)
{
    free(positions->up);
    free(positions->down);
    free(positions->filled);
}

/* Walking the other layer in its order meets every item's neighbours in ascending position: no sorting is needed. */
static void sort_by_walking(const struct layered *layered, const struct order *order, uint32_t other_layer,
    const struct adjacency *back, const struct adjacency *own, uint32_t *sorted, uint32_t *filled)
{
    uint32_t first = layered->layer_start[other_layer], end = layered->layer_start[other_layer + 1];
    for (uint32_t i = first; i < end; i++) {
        uint32_t item = order->items[i];
        for (uint32_t k = back->start[item]; k < back->start[item + 1]; k++) {
            uint32_t neighbour = back->items[k];
            sorted[own->start[neighbour] + filled[neighbour]++] = i - first;
        }
    }
}

static void clear_filled(const struct layered *layered, const struct order *order, uint32_t layer, uint32_t *filled)
{
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++)
        filled[order->items[i]] = 0;
}

void neighbour_positions_sort_down(
    struct neighbour_positions *positions, const struct layered *layered, const struct order *order, uint32_t layer)
{
    if (layer + 1 >= layered->layer_count)
        return;
    clear_filled(layered, order, layer, positions->filled);
    sort_by_walking(layered, order, layer + 1, &layered->up, &layered->down, positions->down, positions->filled);
}

void neighbour_positions_sort_up(
    struct neighbour_positions *positions, const struct layered *layered, const struct order *order, uint32_t layer)
{
    if (layer == 0)
        return;
    clear_filled(layered, order, layer, positions->filled);
    sort_by_walking(layered, order, layer - 1, &layered->down, &layered->up, positions->up, positions->filled);
}

uint64_t crossing_count_gap(const struct layered *layered, const struct order *order,
    struct neighbour_positions *positions, uint32_t layer, uint32_t *tree)
{
    uint32_t below = layered->layer_start[layer + 2] - layered->layer_start[layer + 1], leaves = 1;
    uint64_t crossings = 0;
    while (leaves < below)
        leaves *= 2;
    memset(tree, 0, 2 * (size_t)leaves * sizeof *tree);
    neighbour_positions_sort_down(positions, layered, order, layer);
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
        uint32_t item = order->items[i];
        for (uint32_t k = layered->down.start[item]; k < layered->down.start[item + 1]; k++) {
            uint32_t place = positions->down[k] + leaves;
            tree[place]++;
            for (; place > 1; place /= 2) {
                if (place % 2 == 0)
                    crossings += tree[place + 1];
                tree[place / 2]++;
            }
        }
    }
    return crossings;
}

uint64_t crossing_count_order(const struct layered *layered, const uint32_t *items)
{
    size_t count = layered->item_count, leaves = 1;
    struct order order = {
        .items = memory_new_array(count, sizeof(uint32_t)), .position = memory_new_array(count, sizeof(uint32_t))};
    struct neighbour_positions positions;
    uint64_t crossings = 0;
    while (leaves < count)
        leaves *= 2;
    uint32_t *tree = memory_new_array(2 * leaves, sizeof *tree);
    neighbour_positions_init(&positions, layered);
    memcpy(order.items, items, count * sizeof *items);
    for (uint32_t layer = 0; layer + 1 < layered->layer_count; layer++)
        crossings += crossing_count_gap(layered, &order, &positions, layer, tree);
    neighbour_positions_release(&positions);
    free(order.items);
    free(order.position);
    free(tree);
    return crossings;
}

int64_t crossing_difference(const uint32_t *a, uint32_t a_count, const uint32_t *b, uint32_t b_count)
{
    int64_t difference = 0;
    uint32_t smaller = 0, not_larger = 0;
    for (uint32_t i = 0; i < a_count; i++) {
        while (smaller < b_count && b[smaller] < a[i])
            smaller++;
        if (not_larger < smaller)
            not_larger = smaller;
        while (not_larger < b_count && b[not_larger] == a[i])
            not_larger++;
        difference += (int64_t)smaller - (int64_t)(b_count - not_larger);
    }
    return difference;
}
