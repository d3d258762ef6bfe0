/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places across the flow. Layer by layer every item is drawn towards the weighted median of what it is linked to in the
 * layers before and after; isotonic regression keeps order and distance exactly.
 */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "isotonic.h"
#include "placement.h"

enum {
    SWEEPS = 4,
    TRUNK_WEIGHT = 8,
    END_WEIGHT = 2,
    LINK_WEIGHT = 1,
    ALIGN_ROUNDS = 6,
    ALIGN_TRIES = 12,
    MANY_ITEMS = 20000
};

struct straightener {
    struct placement *placement;
    uint32_t *up_links, *down_links; /* links of each item in the order of their other ends */
    struct wish *wishes;
    int32_t *fitted;
    uint32_t fullest; /* layer, which has the least freedom */
    int32_t extent;   /* its extent: no layer may need more */
};

/* The links of each item sorted by the other end's position, by walking the other layer in its order. */
static void sort_links(struct straightener *straightener)
{
    const struct layered *layered = straightener->placement->layered;
    const uint32_t *items = straightener->placement->order.items;
    uint32_t *filled = memory_new_array(layered->item_count, sizeof *filled);
    for (uint32_t i = 0; i < layered->item_count; i++)
        for (uint32_t k = layered->down.start[items[i]]; k < layered->down.start[items[i] + 1]; k++) {
            uint32_t lower = layered->down.items[k];
            straightener->up_links[layered->up.start[lower] + filled[lower]++] = k;
        }
    memset(filled, 0, layered->item_count * sizeof *filled);
    for (uint32_t i = 0; i < layered->item_count; i++)
        for (uint32_t k = layered->up.start[items[i]]; k < layered->up.start[items[i] + 1]; k++) {
            uint32_t upper = layered->up.items[k];
            straightener->down_links[layered->down.start[upper] + filled[upper]++] = layered->up_link[k];
        }
    free(filled);
}

static int32_t link_weight(const struct layered *layered, uint32_t upper, uint32_t lower)
{
    bool upper_is_box = upper < layered->box_count, lower_is_box = lower < layered->box_count;
    if (!upper_is_box && !lower_is_box)
        return TRUNK_WEIGHT;
    return upper_is_box && lower_is_box ? LINK_WEIGHT : END_WEIGHT;
}

/* Start that an item wishes for by the link: its pin opposite the other end's pin. */
static int32_t wished_start(const struct straightener *straightener, uint32_t link, bool up)
{
    const struct nets *nets = &straightener->placement->nets;
    const struct pin *own = &nets->pins[up ? nets->link_lower[link] : nets->link_upper[link]];
    const struct pin *other = &nets->pins[up ? nets->link_upper[link] : nets->link_lower[link]];
    return straightener->placement->start[other->item] + other->offset - own->offset;
}

/* The weighted median of an item's wishes on one side; the weight is 0 where it has no links there. */
static struct wish median_wish(const struct straightener *straightener, uint32_t item, bool up)
{
    const struct layered *layered = straightener->placement->layered;
    const struct nets *nets = &straightener->placement->nets;
    const struct adjacency *adjacency = up ? &layered->up : &layered->down;
    const uint32_t *links = (up ? straightener->up_links : straightener->down_links) + adjacency->start[item];
    uint32_t count = adjacency_degree(adjacency, item);
    int32_t total = 0, passed = 0;
    for (uint32_t i = 0; i < count; i++)
        total += link_weight(
            layered, nets->pins[nets->link_upper[links[i]]].item, nets->pins[nets->link_lower[links[i]]].item);
    struct wish wish = {.weight = total};
    for (uint32_t i = 0; i < count; i++) {
        passed += link_weight(
            layered, nets->pins[nets->link_upper[links[i]]].item, nets->pins[nets->link_lower[links[i]]].item);
        if (2 * passed < total)
            continue;
        wish.value = wished_start(straightener, links[i], up);
        if (2 * passed == total && i + 1 < count)
            wish.value = (wish.value + wished_start(straightener, links[i + 1], up)) / 2;
        break;
    }
    return wish;
}

enum side { SIDE_UP, SIDE_DOWN, SIDE_BOTH };

static struct wish combined_wish(const struct straightener *straightener, uint32_t item, enum side side)
{
    struct wish wish = {0}, other = {0};
    if (side != SIDE_DOWN)
        wish = median_wish(straightener, item, true);
    if (side != SIDE_UP)
        other = median_wish(straightener, item, false);
    double weight = wish.weight + other.weight;
    if (weight <= 0)
        return (struct wish){.value = straightener->placement->start[item], .weight = 0.05};
    /* The median of both sides: that of the heavier one, or, between equal ones, where the item already is. */
    if (other.weight > wish.weight) {
        wish.value = other.value;
    } else if (other.weight == wish.weight) {
        double low = wish.value < other.value ? wish.value : other.value;
        double high = wish.value < other.value ? other.value : wish.value;
        double start = straightener->placement->start[item];
        wish.value = start < low ? low : start > high ? high : start;
    }
    wish.weight = weight;
    return wish;
}

static void fit_layer(struct straightener *straightener, uint32_t layer, enum side side)
{
    struct placement *placement = straightener->placement;
    const struct layered *layered = placement->layered;
    const uint32_t *items = placement->order.items + layered->layer_start[layer];
    uint32_t count = layered->layer_start[layer + 1] - layered->layer_start[layer];
    int32_t offset = 0, separation = placement_separation(placement);
    for (uint32_t i = 0; i < count; i++) {
        straightener->wishes[i] = combined_wish(straightener, items[i], side);
        straightener->wishes[i].value -= offset;
        offset += placement->size[items[i]] + separation;
    }
    int32_t room = straightener->extent - (offset - separation);
    isotonic_fit(straightener->wishes, count, 0, room > 0 ? room : 0, straightener->fitted);
    offset = 0;
    for (uint32_t i = 0; i < count; i++) {
        placement->start[items[i]] = straightener->fitted[i] + offset;
        offset += placement->size[items[i]] + separation;
    }
}

/* Layers packed from 0 on; extent becomes that of the fullest. */
static void pack(struct straightener *straightener)
{
    struct placement *placement = straightener->placement;
    const struct layered *layered = placement->layered;
    for (uint32_t layer = 0; layer < layered->layer_count; layer++) {
        int32_t next = 0;
        for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
            uint32_t item = placement->order.items[i];
            placement->start[item] = next;
            next += placement->size[item] + placement_separation(placement);
        }
        next -= placement_separation(placement);
        if (next > straightener->extent) {
            straightener->extent = next;
            straightener->fullest = layer;
        }
    }
}

/* The other layers adapt to the fullest one, each to its neighbour on that side or, with both, to both. */
static void fit_outwards(struct straightener *straightener, bool both)
{
    uint32_t layers = straightener->placement->layered->layer_count;
    for (uint32_t layer = straightener->fullest + 1; layer < layers; layer++)
        fit_layer(straightener, layer, both ? SIDE_BOTH : SIDE_UP);
    for (uint32_t layer = straightener->fullest; layer > 0; layer--)
        fit_layer(straightener, layer - 1, both ? SIDE_BOTH : SIDE_DOWN);
}

static void sweep_layers(struct straightener *straightener)
{
    uint32_t layers = straightener->placement->layered->layer_count;
    for (unsigned sweep = 0; sweep < SWEEPS && !layered_is_stopped(straightener->placement->layered); sweep++) {
        for (uint32_t layer = 1; layer < layers; layer++)
            fit_layer(straightener, layer, SIDE_UP);
        for (uint32_t layer = layers - 1; layer > 0; layer--)
            fit_layer(straightener, layer - 1, SIDE_DOWN);
    }
    fit_layer(straightener, straightener->fullest, SIDE_BOTH);
    fit_outwards(straightener, false);
    fit_outwards(straightener, true);
}

/* The weight of the links of an item that are straight when it starts at start. */
static int32_t straightness(const struct straightener *straightener, uint32_t item, int32_t start)
{
    const struct layered *layered = straightener->placement->layered;
    int32_t sum = 0;
    for (uint32_t i = layered->up.start[item]; i < layered->up.start[item + 1]; i++)
        if (wished_start(straightener, layered->up_link[i], true) == start)
            sum += link_weight(layered, layered->up.items[i], item);
    for (uint32_t i = layered->down.start[item]; i < layered->down.start[item + 1]; i++)
        if (wished_start(straightener, i, false) == start)
            sum += link_weight(layered, item, layered->down.items[i]);
    return sum;
}

/* Moves an item within low to high to where most of its links are straight. */
static void align_item(const struct straightener *straightener, uint32_t item, int32_t low, int32_t high)
{
    const struct layered *layered = straightener->placement->layered;
    int32_t *start = &straightener->placement->start[item], best_start = *start;
    int32_t best = straightness(straightener, item, *start);
    for (unsigned side = 0; side < 2; side++) {
        const struct adjacency *adjacency = side == 0 ? &layered->up : &layered->down;
        uint32_t first = adjacency->start[item], end = adjacency->start[item + 1];
        for (uint32_t i = first; i < end && i < first + ALIGN_TRIES; i++) {
            int32_t wished = wished_start(straightener, side == 0 ? layered->up_link[i] : i, side == 0);
            if (wished < low || wished > high || wished == *start)
                continue;
            int32_t straight = straightness(straightener, item, wished);
            bool nearer = abs(wished - *start) < abs(best_start - *start);
            if (straight > best || (straight == best && best_start != *start && nearer)) {
                best = straight;
                best_start = wished;
            }
        }
    }
    *start = best_start;
}

/* What rounding has left crooked by a cell or two is made straight where there is room. */
static void align_items(const struct straightener *straightener)
{
    const struct placement *placement = straightener->placement;
    const struct layered *layered = placement->layered;
    int32_t separation = placement_separation(placement);
    for (uint32_t layer = 0; layer < layered->layer_count; layer++) {
        uint32_t first = layered->layer_start[layer], end = layered->layer_start[layer + 1];
        int32_t low = 0;
        for (uint32_t i = first; i < end; i++) {
            uint32_t item = placement->order.items[i];
            int32_t next =
                i + 1 < end ? placement->start[placement->order.items[i + 1]] - separation : straightener->extent;
            align_item(straightener, item, low, next - placement->size[item]);
            low = placement->start[item] + placement->size[item] + separation;
        }
    }
}

void coordinate_assign(struct placement *placement)
{
    const struct layered *layered = placement->layered;
    struct straightener straightener = {.placement = placement,
        .up_links = memory_new_array(layered->link_count, sizeof *straightener.up_links),
        .down_links = memory_new_array(layered->link_count, sizeof *straightener.down_links),
        .wishes = memory_new_array(layered->item_count, sizeof *straightener.wishes),
        .fitted = memory_new_array(layered->item_count, sizeof *straightener.fitted)};
    sort_links(&straightener);
    pack(&straightener);
    pin_centre(placement);
    if (layered->layer_count > 1)
        sweep_layers(&straightener);
    pin_assign(placement);
    if (layered->layer_count > 1)
        sweep_layers(&straightener);
    bool many = layered->item_count > MANY_ITEMS;
    for (unsigned i = 0; i < (many ? 2 : ALIGN_ROUNDS) && !layered_is_stopped(layered); i++)
        align_items(&straightener);
    placement->cross_size = straightener.extent;
    if (!many)
        straight_group_align(placement);
    pin_assign(placement);
    free(straightener.up_links);
    free(straightener.down_links);
    free(straightener.wishes);
    free(straightener.fitted);
}
