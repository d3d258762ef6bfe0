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

/* A box with its rank in an earlier drawing, 0 where there is none. */
struct number {
    int32_t rank;
    uint32_t box;
};

static int compare_numbers(const void *a, const void *b)
{
    const struct number *first = a, *second = b;
    if (first->rank != second->rank)
        return first->rank < second->rank ? -1 : 1;
    return (first->box > second->box) - (first->box < second->box);
}

/* By number; but those that were drawn before stay in that order, and a new one follows the one before it. */
static void sort_numbers(struct number *numbers, uint32_t count, const int32_t *before)
{
    int32_t rank = -1;
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    for (uint32_t i = 0; before && i < count; i++)
        numbers[i].rank = rank = before[numbers[i].box] < 0 ? rank : before[numbers[i].box];
    if (before)
        qsort(numbers, count, sizeof *numbers, compare_numbers);
}

static void sort_layer(const struct layered *layered, const int32_t *before, struct order *order, uint32_t layer,
    struct twin *twins, struct number *numbers)
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
            numbers[end - begin] = (struct number){0, twins[end].box};
        if (end - begin < 2)
            continue;
        sort_numbers(numbers, end - begin, before);
        for (uint32_t i = begin; i < end; i++) {
            items[twins[i].place] = numbers[i - begin].box;
            order->position[numbers[i - begin].box] = twins[i].place;
        }
    }
}

void twin_sort(const struct layered *layered, const int32_t *before, struct order *order)
{
    struct twin *twins = memory_new_array(layered->box_count, sizeof *twins);
    struct number *numbers = memory_new_array(layered->box_count, sizeof *numbers);
    for (uint32_t layer = 0; layer < layered->layer_count; layer++)
        sort_layer(layered, before, order, layer, twins, numbers);
    free(twins);
    free(numbers);
}
