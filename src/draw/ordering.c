/* SPDX-License-Identifier: Apache-2.0 */
#include "ordering.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ordering_start.h"

enum {
    SPECTRAL_ROUNDS = 20,
    SWEEPS_WITHOUT_GAIN = 4,
    ATTEMPT_SWEEPS = 4,
    FIRST_ATTEMPTS = 4, /* random ones, of which the best is worked on; fewer where there are many items */
    FEW_ITEMS = 4000,
    SWEEP_LIMIT = 24,
    TRANSPOSE_ROUNDS = 4,
    SIFT_ROUNDS = 8,
    IDLE_RUNS = 60,
    FINALIST_ITEMS = 1000, /* items up to which orders besides the best are kept */
};

enum stage { STAGE_START, STAGE_SWEEP, STAGE_SIFT, STAGE_END };

struct ordering {
    const struct layered *layered;
    const int32_t *before;
    struct generator generator;
    struct order order; /* being worked on */
    uint32_t *run_best; /* best order of this run */
    uint32_t *best;     /* best order of all */
    struct finalists finalists;
    uint64_t run_crossings, best_crossings;
    struct neighbour_positions neighbours;
    uint32_t *tree;
    float *keys, *start_keys;
    uint32_t *merge; /* scratch of sorting */
    enum stage stage;
    unsigned run, idle_runs; /* idle: without a better order */
    unsigned sweep, idle_sweeps, sift_round;
    uint32_t sift_layer; /* next layer to sift */
    bool sift_gained, have_best;
    bool loyal;  /* keeps to the earlier order */
    bool called; /* ordering_work has returned once */
    uint64_t spent;
};

static uint32_t layer_size(const struct layered *layered, uint32_t layer)
{
    return layered->layer_start[layer + 1] - layered->layer_start[layer];
}

struct ordering *ordering_new(const struct layered *layered, const int32_t *before, bool loyal)
{
    struct ordering *ordering = memory_new(sizeof *ordering);
    size_t items = layered->item_count;
    uint32_t largest = 1, leaves = 1;
    for (uint32_t i = 0; i < layered->layer_count; i++)
        if (layer_size(layered, i) > largest)
            largest = layer_size(layered, i);
    while (leaves < largest)
        leaves *= 2;
    ordering->layered = layered;
    ordering->finalists.item_count = items;
    ordering->loyal = loyal;
    if (before) {
        int32_t *copy = memory_new_array(layered->box_count, sizeof *copy);
        memcpy(copy, before, layered->box_count * sizeof *copy);
        ordering->before = copy;
    }
    ordering->generator.state = 0x5eed;
    ordering->order.items = memory_new_array(items, sizeof *ordering->order.items);
    ordering->order.position = memory_new_array(items, sizeof *ordering->order.position);
    ordering->run_best = memory_new_array(items, sizeof *ordering->run_best);
    ordering->best = memory_new_array(items, sizeof *ordering->best);
    ordering->keys = memory_new_array(items, sizeof *ordering->keys);
    ordering->start_keys = memory_new_array(items, sizeof *ordering->start_keys);
    ordering->merge = memory_new_array(items, sizeof *ordering->merge);
    ordering->tree = memory_new_array(2 * (size_t)leaves, sizeof *ordering->tree);
    neighbour_positions_init(&ordering->neighbours, layered);
    return ordering;
}

void ordering_free(struct ordering *ordering)
{
    if (!ordering)
        return;
    free((void *)ordering->before);
    free(ordering->order.items);
    free(ordering->order.position);
    free(ordering->run_best);
    free(ordering->best);
    finalists_release(&ordering->finalists);
    free(ordering->keys);
    free(ordering->start_keys);
    free(ordering->merge);
    free(ordering->tree);
    neighbour_positions_release(&ordering->neighbours);
    free(ordering);
}

/* Sorts items by key, keeping the order of equal ones: insertion for short pieces, then merging. */
static void sort_by_key(uint32_t *items, uint32_t count, const float *keys, uint32_t *scratch)
{
    enum { PIECE = 12 };
    for (uint32_t start = 0; start < count; start += PIECE) {
        uint32_t end = start + PIECE < count ? start + PIECE : count;
        for (uint32_t i = start + 1; i < end; i++) {
            uint32_t item = items[i], k = i;
            for (; k > start && keys[items[k - 1]] > keys[item]; k--)
                items[k] = items[k - 1];
            items[k] = item;
        }
    }
    for (uint32_t width = PIECE; width < count; width *= 2) {
        for (uint32_t start = 0; start + width < count; start += 2 * width) {
            uint32_t middle = start + width, end = middle + width < count ? middle + width : count;
            if (keys[items[middle - 1]] <= keys[items[middle]])
                continue;
            memcpy(scratch, items + start, width * sizeof *scratch);
            uint32_t left = 0, right = middle, out = start;
            while (left < width && right < end)
                items[out++] = keys[items[right]] < keys[scratch[left]] ? items[right++] : scratch[left++];
            memcpy(items + out, scratch + left, (width - left) * sizeof *items);
        }
    }
}

static void renumber(struct ordering *ordering, uint32_t layer)
{
    uint32_t first = ordering->layered->layer_start[layer], size = layer_size(ordering->layered, layer);
    for (uint32_t i = 0; i < size; i++)
        ordering->order.position[ordering->order.items[first + i]] = i;
}

static void sort_layer(struct ordering *ordering, uint32_t layer, const float *keys)
{
    uint32_t first = ordering->layered->layer_start[layer], size = layer_size(ordering->layered, layer);
    sort_by_key(ordering->order.items + first, size, keys, ordering->merge);
    renumber(ordering, layer);
    ordering->spent += size;
}

static void set_order(struct ordering *ordering, const uint32_t *items)
{
    memcpy(ordering->order.items, items, ordering->layered->item_count * sizeof *items);
    for (uint32_t i = 0; i < ordering->layered->layer_count; i++)
        renumber(ordering, i);
}

/* All items by layer in the order of their indices. */
static void set_plain_order(struct ordering *ordering)
{
    const struct layered *layered = ordering->layered;
    uint32_t *next = memory_new_array(layered->layer_count, sizeof *next);
    for (uint32_t item = 0; item < layered->item_count; item++) {
        uint32_t layer = layered->layer[item];
        ordering->order.items[layered->layer_start[layer] + next[layer]++] = item;
    }
    free(next);
}

static uint64_t count_all(struct ordering *ordering)
{
    uint64_t crossings = 0;
    for (uint32_t i = 0; i + 1 < ordering->layered->layer_count; i++)
        crossings += crossing_count_gap(ordering->layered, &ordering->order, &ordering->neighbours, i, ordering->tree);
    ordering->spent += 4 * ordering->layered->link_count;
    return crossings;
}

/* Keeps the order as the run's best where it has fewer crossings. */
static bool keep_if_better(struct ordering *ordering, uint64_t crossings)
{
    if (crossings >= ordering->run_crossings)
        return false;
    ordering->run_crossings = crossings;
    memcpy(ordering->run_best, ordering->order.items, ordering->layered->item_count * sizeof *ordering->run_best);
    return true;
}

/* Disturbs the best order: every key is its place, moved a little, more in some runs than in others. */
static void start_near_best(struct ordering *ordering)
{
    const struct layered *layered = ordering->layered;
    float reach = 0.5f + (float)(1u << generator_below(&ordering->generator, 5));
    uint32_t from = 0, to = layered->layer_count;
    if (generator_below(&ordering->generator, 2)) {
        from = generator_below(&ordering->generator, layered->layer_count);
        to = from + 1 + generator_below(&ordering->generator, 3);
    }
    set_order(ordering, ordering->best);
    for (uint32_t item = 0; item < layered->item_count; item++) {
        bool moved = layered->layer[item] >= from && layered->layer[item] < to;
        ordering->keys[item] = (float)ordering->order.position[item];
        if (moved)
            ordering->keys[item] += reach * generator_unit(&ordering->generator);
    }
}

/* Sorts a layer by the mean position of its neighbours in the layer before (down) or after. */
static void sort_by_barycentre(struct ordering *ordering, uint32_t layer, bool down)
{
    const struct layered *layered = ordering->layered;
    const struct adjacency *adjacency = down ? &layered->up : &layered->down;
    float key = 0;
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
        uint32_t item = ordering->order.items[i], links = adjacency_degree(adjacency, item), sum = 0;
        for (uint32_t k = adjacency->start[item]; k < adjacency->start[item + 1]; k++)
            sum += ordering->order.position[adjacency->items[k]];
        if (links)
            key = (float)sum / (float)links;
        ordering->keys[item] = key;
        ordering->spent += links;
    }
    sort_layer(ordering, layer, ordering->keys);
}

/* What b before a has fewer crossings than a before b (positive: a swap pays). */
static int64_t swap_gain(struct ordering *ordering, uint32_t a, uint32_t b)
{
    const struct layered *layered = ordering->layered;
    const struct adjacency *up = &layered->up, *down = &layered->down;
    uint32_t a_up = adjacency_degree(up, a), b_up = adjacency_degree(up, b);
    uint32_t a_down = adjacency_degree(down, a), b_down = adjacency_degree(down, b);
    int64_t gain = 0;
    if (a_up && b_up)
        gain += crossing_difference(
            ordering->neighbours.up + up->start[a], a_up, ordering->neighbours.up + up->start[b], b_up);
    if (a_down && b_down)
        gain += crossing_difference(
            ordering->neighbours.down + down->start[a], a_down, ordering->neighbours.down + down->start[b], b_down);
    ordering->spent += a_up + b_up + a_down + b_down + 1;
    return gain;
}

static void sort_neighbours(struct ordering *ordering, uint32_t layer)
{
    neighbour_positions_sort_up(&ordering->neighbours, ordering->layered, &ordering->order, layer);
    neighbour_positions_sort_down(&ordering->neighbours, ordering->layered, &ordering->order, layer);
}

/* Swaps neighbours while that saves crossings; with ties, also where it costs nothing (once). */
static void transpose_layer(struct ordering *ordering, uint32_t layer, bool ties)
{
    uint32_t *items = ordering->order.items + ordering->layered->layer_start[layer];
    uint32_t size = layer_size(ordering->layered, layer);
    bool gained = true;
    sort_neighbours(ordering, layer);
    for (unsigned round = 0; gained && round < TRANSPOSE_ROUNDS; round++) {
        gained = false;
        for (uint32_t i = 0; i + 1 < size; i++) {
            int64_t gain = swap_gain(ordering, items[i], items[i + 1]);
            if (gain < 0 || (gain == 0 && !(ties && round == 0)))
                continue;
            uint32_t moved = items[i];
            items[i] = items[i + 1];
            items[i + 1] = moved;
            gained |= gain > 0;
        }
    }
    renumber(ordering, layer);
}

/* One sweep of barycentres down or up, then transposition back. True where the run's best became better. */
static bool sweep_once(struct ordering *ordering, unsigned number)
{
    uint32_t layers = ordering->layered->layer_count;
    bool down = number % 2 == 0, ties = number % 4 >= 2;
    for (uint32_t i = 1; i < layers; i++) {
        uint32_t layer = down ? i : layers - 1 - i;
        sort_by_barycentre(ordering, layer, down);
    }
    for (uint32_t i = 0; i < layers; i++)
        transpose_layer(ordering, down ? layers - 1 - i : i, ties);
    return keep_if_better(ordering, count_all(ordering));
}

static void start_spectral(struct ordering *ordering)
{
    const struct layered *layered = ordering->layered;
    ordering_start_spectral(layered, ordering->order.items, ordering->keys, SPECTRAL_ROUNDS);
    ordering->spent += SPECTRAL_ROUNDS * (layered->link_count + layered->item_count);
}

static void sort_layers(struct ordering *ordering)
{
    for (uint32_t i = 0; i < ordering->layered->layer_count; i++)
        sort_layer(ordering, i, ordering->keys);
    keep_if_better(ordering, count_all(ordering));
}

/* A short attempt from keys: sorted and swept a few times. */
static void attempt(struct ordering *ordering)
{
    sort_layers(ordering);
    for (unsigned i = 0; i < ATTEMPT_SWEEPS && ordering->run_crossings && !layered_is_stopped(ordering->layered); i++)
        sweep_once(ordering, i);
}

/* The best of short attempts: from the given order, which stays where nothing is better, and from random ones. */
static void start_first(struct ordering *ordering)
{
    const struct layered *layered = ordering->layered;
    bool few = layered->item_count < FEW_ITEMS;
    ordering_start_natural(layered, ordering->keys);
    start_spectral(ordering);
    if (few)
        attempt(ordering);
    else
        sort_layers(ordering);
    if (!few && ordering->run_crossings)
        ordering->run_crossings = UINT64_MAX;
    for (unsigned i = 0; i < (few ? FIRST_ATTEMPTS : 1) && ordering->run_crossings; i++) {
        set_plain_order(ordering);
        ordering_start_random(layered, ordering->keys, &ordering->generator);
        start_spectral(ordering);
        attempt(ordering);
    }
    set_order(ordering, ordering->run_best);
}

/* Goes on with sifting from the run's best order, where it has any crossing. */
static void begin_sifting(struct ordering *ordering)
{
    set_order(ordering, ordering->run_best);
    ordering->sift_layer = ordering->sift_round = 0;
    ordering->sift_gained = false;
    ordering->stage = ordering->run_crossings ? STAGE_SIFT : STAGE_END;
}

/* Where boxes stood before: only single items move. */
static void start_before(struct ordering *ordering)
{
    ordering_start_before(ordering->layered, ordering->keys, ordering->before);
    sort_layers(ordering);
    begin_sifting(ordering);
}

/* The first order of a run: short attempts, depth first, then in turn random ones and the best one disturbed. */
static void start_run(struct ordering *ordering)
{
    unsigned run = ordering->before ? ordering->run - 1 : ordering->run;
    set_plain_order(ordering);
    ordering->run_crossings = UINT64_MAX;
    ordering->sweep = ordering->idle_sweeps = 0;
    ordering->stage = STAGE_SWEEP;
    if (ordering->before && ordering->run == 0) {
        start_before(ordering);
        return;
    }
    if (run == 0) {
        start_first(ordering);
    } else if (run == 1) {
        ordering_start_depth_first(ordering->layered, ordering->keys);
        sort_layers(ordering);
    } else if (run % 4 == 2) {
        ordering_start_random(ordering->layered, ordering->keys, &ordering->generator);
        start_spectral(ordering);
        sort_layers(ordering);
    } else {
        start_near_best(ordering);
        sort_layers(ordering);
    }
}

static void sweep(struct ordering *ordering)
{
    ordering->idle_sweeps = sweep_once(ordering, ordering->sweep) ? 0 : ordering->idle_sweeps + 1;
    if (++ordering->sweep < SWEEP_LIMIT && ordering->idle_sweeps < SWEEPS_WITHOUT_GAIN && ordering->run_crossings)
        return;
    begin_sifting(ordering);
}

/* Moves the item at index to where the crossings of its links are fewest. True where that saved some. */
static bool sift_item(struct ordering *ordering, uint32_t *items, uint32_t size, uint32_t index, uint32_t window)
{
    uint32_t item = items[index], best_index = index;
    int64_t sum = 0, best = 0;
    for (uint32_t i = index; i > 0 && index - i < window; i--) {
        sum += swap_gain(ordering, items[i - 1], item);
        if (sum > best) {
            best = sum;
            best_index = i - 1;
        }
    }
    sum = 0;
    for (uint32_t i = index + 1; i < size && i - index <= window; i++) {
        sum += swap_gain(ordering, item, items[i]);
        if (sum > best) {
            best = sum;
            best_index = i;
        }
    }
    if (best_index < index)
        memmove(items + best_index + 1, items + best_index, (index - best_index) * sizeof *items);
    else
        memmove(items + index, items + index + 1, (best_index - index) * sizeof *items);
    items[best_index] = item;
    return best > 0;
}

static bool sift_layer(struct ordering *ordering, uint32_t layer)
{
    uint32_t *items = ordering->order.items + ordering->layered->layer_start[layer];
    uint32_t size = layer_size(ordering->layered, layer);
    bool gained = false;
    sort_neighbours(ordering, layer);
    memcpy(ordering->merge, items, size * sizeof *items);
    for (uint32_t i = 0; i < size; i++)
        ordering->keys[items[i]] = 0;
    for (uint32_t i = 0; i < size; i++)
        ordering->order.position[items[i]] = i;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t index = 0, item = ordering->merge[i];
        while (items[index] != item)
            index++;
        gained |= sift_item(ordering, items, size, index, size);
    }
    renumber(ordering, layer);
    return gained;
}

/* One layer of sifting; rounds go down and up through the layers until nothing is gained. */
static void sift(struct ordering *ordering)
{
    uint32_t layers = ordering->layered->layer_count;
    uint32_t layer = ordering->sift_round % 2 ? layers - 1 - ordering->sift_layer : ordering->sift_layer;
    ordering->sift_gained |= sift_layer(ordering, layer);
    if (++ordering->sift_layer < layers)
        return;
    bool again = ordering->sift_gained && ++ordering->sift_round < SIFT_ROUNDS;
    ordering->sift_layer = 0;
    ordering->sift_gained = false;
    if (again)
        return;
    keep_if_better(ordering, count_all(ordering));
    ordering->stage = STAGE_END;
}

/* Whether the run's order takes the place of the best. In the first call, an earlier drawing's order is worth a fifth.
 */
static bool is_better(const struct ordering *ordering)
{
    if (!ordering->have_best)
        return true;
    if (ordering->loyal && !ordering->called)
        return ordering->run_crossings + 1 < ordering->best_crossings - ordering->best_crossings / 5;
    return ordering->run_crossings < ordering->best_crossings;
}

static void take_best(struct ordering *ordering)
{
    ordering->best_crossings = ordering->run_crossings;
    memcpy(ordering->best, ordering->run_best, ordering->layered->item_count * sizeof *ordering->best);
    ordering->have_best = true;
}

static void end_run(struct ordering *ordering)
{
    ordering->idle_runs++;
    if (ordering->layered->item_count <= FINALIST_ITEMS)
        finalists_add(&ordering->finalists, ordering->run_best, ordering->run_crossings);
    if (is_better(ordering)) {
        take_best(ordering);
        ordering->idle_runs = 0;
    }
    ordering->run++;
    ordering->stage = STAGE_START;
}

static void step(struct ordering *ordering)
{
    switch (ordering->stage) {
    case STAGE_START:
        start_run(ordering);
        break;
    case STAGE_SWEEP:
        sweep(ordering);
        break;
    case STAGE_SIFT:
        sift(ordering);
        break;
    case STAGE_END:
        end_run(ordering);
        break;
    }
}

/* Whether more work is in vain: no crossing is left, or, in the first call, many runs have found nothing better. */
static bool is_done(const struct ordering *ordering)
{
    return ordering->have_best &&
           (ordering->best_crossings == 0 || (!ordering->called && ordering->idle_runs >= IDLE_RUNS));
}

void ordering_work(struct ordering *ordering, size_t work)
{
    uint64_t end = ordering->spent + work;
    if (ordering->layered->item_count == 0 || layered_is_stopped(ordering->layered))
        return;
    do
        step(ordering);
    while (ordering->spent < end && !is_done(ordering) && !layered_is_stopped(ordering->layered));
    if (!ordering->have_best) {
        /* Time is over in the first run: what it has so far is the answer, and the run goes on later. */
        if (ordering->stage == STAGE_SIFT)
            keep_if_better(ordering, count_all(ordering));
        take_best(ordering);
    }
    ordering->called = true;
}

const uint32_t *ordering_best(const struct ordering *ordering)
{
    return ordering->best;
}

const struct finalists *ordering_finalists(const struct ordering *ordering)
{
    return &ordering->finalists;
}

uint64_t ordering_crossings(const struct ordering *ordering)
{
    return ordering->best_crossings;
}
