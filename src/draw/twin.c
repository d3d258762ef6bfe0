/* SPDX-License-Identifier: Apache-2.0 */
#include "twin.h"

#include <stdlib.h>

#include "dagtop/base/memory.h"

/* A box with what tells its neighbours: equal for twins. */
struct twin {
    uint64_t neighbours;
    uint32_t box, place;
};

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static uint64_t hash_neighbours(const struct layered *layered, uint32_t item)
{
    uint64_t hash = 0;
    for (uint32_t i = layered->up.start[item]; i < layered->up.start[item + 1]; i++)
        hash += mix(2 * (uint64_t)layered->up.items[i] + 1);
    for (uint32_t i = layered->down.start[item]; i < layered->down.start[item + 1]; i++)
        hash += mix(2 * (uint64_t)layered->down.items[i] + 2);
    return hash;
}

/* By neighbours, then by place. */
static int compare_twins(const void *a, const void *b)
{
    const struct twin *first = a, *second = b;
    if (first->neighbours != second->neighbours)
        return first->neighbours < second->neighbours ? -1 : 1;
    return (first->place > second->place) - (first->place < second->place);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

static void sort_layer(
    const struct layered *layered, struct order *order, uint32_t layer, struct twin *twins, uint32_t *boxes)
{
    uint32_t *items = order->items + layered->layer_start[layer], count = 0;
    uint32_t size = layered->layer_start[layer + 1] - layered->layer_start[layer];
    for (uint32_t i = 0; i < size; i++)
        if (items[i] < layered->box_count)
            twins[count++] =
                (struct twin){.neighbours = hash_neighbours(layered, items[i]), .box = items[i], .place = i};
    if (count)
        qsort(twins, count, sizeof *twins, compare_twins);
    for (uint32_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && twins[end].neighbours == twins[begin].neighbours; end++)
            boxes[end - begin] = twins[end].box;
        if (end - begin < 2)
            continue;
        qsort(boxes, end - begin, sizeof *boxes, compare_numbers);
        for (uint32_t i = begin; i < end; i++) {
            items[twins[i].place] = boxes[i - begin];
            order->position[boxes[i - begin]] = twins[i].place;
        }
    }
}

void twin_sort(const struct layered *layered, struct order *order)
{
    struct twin *twins = memory_new_array(layered->box_count, sizeof *twins);
    uint32_t *boxes = memory_new_array(layered->box_count, sizeof *boxes);
    for (uint32_t layer = 0; layer < layered->layer_count; layer++)
        sort_layer(layered, order, layer, twins, boxes);
    free(twins);
    free(boxes);
}
