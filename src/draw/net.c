/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

/* A net's name while links are being bundled: NONE, else 1 + centre item, or beyond the items a biclique's number. */
enum { NONE = 0, HUB = 3 };

struct bundler {
    const struct layered *layered;
    const struct order *order;
    struct nets *nets;
    uint32_t *bundle;   /* by link */
    uint32_t *leaves;   /* by item: links not bundled yet */
    uint8_t *is_centre; /* by item and side: 1 as an upper item, 2 as a lower item */
    uint32_t *members;  /* scratch: lower boxes of a gap */
    uint64_t *hashes;   /* by item: of the set of unbundled upper neighbours */
    uint32_t *queue;    /* scratch of the cover */
    uint32_t *net_of;   /* by bundle: net + 1 in this gap */
    uint32_t biclique_count;
};

static uint32_t upper_centre(uint32_t item)
{
    return 1 + 2 * item;
}

static uint32_t lower_centre(uint32_t item)
{
    return 2 + 2 * item;
}

static uint32_t biclique(const struct bundler *bundler, uint32_t number)
{
    return 1 + 2 * bundler->layered->item_count + number;
}

/*
 * Links at trunks go to the trunk's own star: a source's trunk spreads from its upper end, a target's gathers. A line
 * of a single edge may join others of its source only.
 */
static void bundle_trunks(struct bundler *bundler, uint32_t upper)
{
    const struct layered *layered = bundler->layered;
    for (uint32_t i = layered->down.start[upper]; i < layered->down.start[upper + 1]; i++) {
        uint32_t lower = layered->down.items[i];
        uint8_t upper_kind = layered->kind[upper], lower_kind = layered->kind[lower];
        bool spreads = upper_kind == ITEM_SOURCE_TRUNK || lower_kind == ITEM_SOURCE_TRUNK ||
                       upper_kind == ITEM_SINGLE || lower_kind == ITEM_SINGLE;
        bool gathers = upper_kind == ITEM_TARGET_TRUNK || lower_kind == ITEM_TARGET_TRUNK;
        if (spreads) {
            bundler->bundle[i] = upper_centre(upper);
            bundler->is_centre[upper] |= 1;
        } else if (gathers) {
            bundler->bundle[i] = lower_centre(lower);
            bundler->is_centre[lower] |= 2;
        }
    }
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/* The number of a lower item's unbundled links and an order-free hash of their upper ends. */
static uint32_t hash_free_links(const struct bundler *bundler, uint32_t lower, uint64_t *hash)
{
    const struct layered *layered = bundler->layered;
    uint32_t count = 0;
    *hash = 0;
    for (uint32_t i = layered->up.start[lower]; i < layered->up.start[lower + 1]; i++) {
        if (bundler->bundle[layered->up_link[i]] != NONE)
            continue;
        *hash += mix(layered->up.items[i] + 1);
        count++;
    }
    return count;
}

/* Equal sets of free upper neighbours; both lists ascend by construction of the adjacency. */
static bool same_free_links(const struct bundler *bundler, uint32_t a, uint32_t b)
{
    const struct layered *layered = bundler->layered;
    uint32_t i = layered->up.start[a], k = layered->up.start[b];
    uint32_t i_end = layered->up.start[a + 1], k_end = layered->up.start[b + 1];
    for (;;) {
        while (i < i_end && bundler->bundle[layered->up_link[i]] != NONE)
            i++;
        while (k < k_end && bundler->bundle[layered->up_link[k]] != NONE)
            k++;
        if (i == i_end || k == k_end)
            return i == i_end && k == k_end;
        if (layered->up.items[i++] != layered->up.items[k++])
            return false;
    }
}

static void take_free_links(struct bundler *bundler, uint32_t lower, uint32_t bundle)
{
    const struct layered *layered = bundler->layered;
    for (uint32_t i = layered->up.start[lower]; i < layered->up.start[lower + 1]; i++)
        if (bundler->bundle[layered->up_link[i]] == NONE)
            bundler->bundle[layered->up_link[i]] = bundle;
}

static void sort_by_hash(uint32_t *items, uint32_t count, const uint64_t *hashes)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < count; i++) {
            uint32_t item = items[i], k = i;
            for (; k >= gap && hashes[items[k - gap]] > hashes[item]; k -= gap)
                items[k] = items[k - gap];
            items[k] = item;
        }
    }
}

/* Lower items with the same two or more free upper neighbours become one net with them. */
static void bundle_bicliques(struct bundler *bundler, uint32_t layer)
{
    const struct layered *layered = bundler->layered;
    uint32_t count = 0;
    for (uint32_t i = layered->layer_start[layer + 1]; i < layered->layer_start[layer + 2]; i++) {
        uint32_t lower = bundler->order->items[i];
        if (hash_free_links(bundler, lower, &bundler->hashes[lower]) >= 2)
            bundler->members[count++] = lower;
    }
    sort_by_hash(bundler->members, count, bundler->hashes);
    for (uint32_t i = 0, end; i < count; i = end) {
        uint32_t first = bundler->members[i], bundle = biclique(bundler, bundler->biclique_count);
        bool found = false;
        for (end = i + 1; end < count; end++)
            if (bundler->hashes[bundler->members[end]] != bundler->hashes[first])
                break;
        for (uint32_t k = i + 1; k < end; k++) {
            if (!same_free_links(bundler, first, bundler->members[k]))
                continue;
            take_free_links(bundler, bundler->members[k], bundle);
            found = true;
        }
        if (found) {
            take_free_links(bundler, first, bundle);
            bundler->biclique_count++;
        }
    }
}

/* Gives all free links of a centre to its star; every leaf that is left with a single link is queued. */
static void make_star(struct bundler *bundler, uint32_t centre, bool upper, uint32_t *queued)
{
    const struct layered *layered = bundler->layered;
    const struct adjacency *adjacency = upper ? &layered->down : &layered->up;
    for (uint32_t i = adjacency->start[centre]; i < adjacency->start[centre + 1]; i++) {
        uint32_t link = upper ? i : layered->up_link[i], leaf = adjacency->items[i];
        if (bundler->bundle[link] != NONE)
            continue;
        bundler->bundle[link] = upper ? upper_centre(centre) : lower_centre(centre);
        if (--bundler->leaves[leaf] == 1)
            bundler->queue[(*queued)++] = leaf;
    }
    bundler->leaves[centre] = 0;
}

/* The other end of an item's only free link. */
static uint32_t only_neighbour(const struct bundler *bundler, uint32_t item, bool upper)
{
    const struct layered *layered = bundler->layered;
    const struct adjacency *adjacency = upper ? &layered->down : &layered->up;
    uint32_t i = adjacency->start[item];
    while (bundler->bundle[upper ? i : layered->up_link[i]] != NONE)
        i++;
    return adjacency->items[i];
}

/* Neighbours of leaves are centres first (never worse than another choice). */
static void cover_leaves(struct bundler *bundler, uint32_t upper_layer, uint32_t *queued)
{
    for (uint32_t i = 0; i < *queued; i++) {
        uint32_t leaf = bundler->queue[i];
        if (bundler->leaves[leaf] != 1)
            continue;
        bool leaf_is_upper = bundler->layered->layer[leaf] == upper_layer;
        make_star(bundler, only_neighbour(bundler, leaf, leaf_is_upper), !leaf_is_upper, queued);
    }
    *queued = 0;
}

static uint32_t count_free_links(struct bundler *bundler, uint32_t item, bool upper)
{
    const struct layered *layered = bundler->layered;
    const struct adjacency *adjacency = upper ? &layered->down : &layered->up;
    uint32_t count = 0;
    for (uint32_t i = adjacency->start[item]; i < adjacency->start[item + 1]; i++)
        count += bundler->bundle[upper ? i : layered->up_link[i]] == NONE;
    return count;
}

/* Stars of the items that still have at least least free links, the largest first. */
static void cover_hubs(struct bundler *bundler, uint32_t layer, uint32_t least, bool leaves_too)
{
    const struct layered *layered = bundler->layered;
    uint32_t begin = layered->layer_start[layer], end = layered->layer_start[layer + 2], most = 0, queued = 0;
    uint32_t middle = layered->layer_start[layer + 1];
    for (uint32_t i = begin; i < end; i++)
        if (bundler->leaves[bundler->order->items[i]] > most)
            most = bundler->leaves[bundler->order->items[i]];
    for (uint32_t size = most; size >= least; size = size > 8 ? size * 7 / 8 : size - 1) {
        for (uint32_t i = begin; i < end; i++) {
            uint32_t item = bundler->order->items[i];
            if (bundler->leaves[item] < size)
                continue;
            make_star(bundler, item, i < middle, &queued);
            if (leaves_too)
                cover_leaves(bundler, layer, &queued);
            queued = 0;
        }
    }
}

/*
 * Stars for what is left: existing centres first, then hubs (a hub with a net for each neighbour would be high), then
 * neighbours of leaves, then the others.
 */
static void bundle_stars(struct bundler *bundler, uint32_t layer)
{
    const struct layered *layered = bundler->layered;
    uint32_t begin = layered->layer_start[layer], end = layered->layer_start[layer + 2];
    uint32_t middle = layered->layer_start[layer + 1], queued = 0;
    for (uint32_t i = begin; i < end; i++) {
        uint32_t item = bundler->order->items[i];
        bundler->leaves[item] = count_free_links(bundler, item, i < middle);
    }
    for (uint32_t i = begin; i < end; i++) {
        uint32_t item = bundler->order->items[i];
        if (bundler->is_centre[item] & (i < middle ? 1 : 2))
            make_star(bundler, item, i < middle, &queued);
        queued = 0;
    }
    cover_hubs(bundler, layer, HUB, false);
    for (uint32_t i = begin; i < end; i++)
        if (bundler->leaves[bundler->order->items[i]] == 1)
            bundler->queue[queued++] = bundler->order->items[i];
    cover_leaves(bundler, layer, &queued);
    cover_hubs(bundler, layer, 1, true);
}

/* Numbers the nets of a gap and counts their pins: a pin for each pair of net and item. */
static void add_pin(struct nets *nets, size_t *capacity, uint32_t item, uint32_t net)
{
    memory_grow(&nets->pins, capacity, nets->pin_count + 1, sizeof *nets->pins);
    nets->pins[nets->pin_count++] = (struct pin){.item = item, .net = net};
}

struct half_pin {
    uint32_t net, item, link;
};

/* Links of a gap sorted by net, stable, so that items stay in the order of their layer. */
static void sort_by_net(
    const struct half_pin *from, struct half_pin *to, uint32_t count, uint32_t *start, uint32_t net_count)
{
    memset(start, 0, (net_count + 1) * sizeof *start);
    for (uint32_t i = 0; i < count; i++)
        start[from[i].net + 1]++;
    for (uint32_t i = 0; i < net_count; i++)
        start[i + 1] += start[i];
    for (uint32_t i = 0; i < count; i++)
        to[start[from[i].net]++] = from[i];
    for (uint32_t i = net_count; i > 0; i--)
        start[i] = start[i - 1];
    start[0] = 0;
}

struct gap_scratch {
    struct half_pin *upper, *lower, *sorted_upper, *sorted_lower;
    uint32_t *upper_start, *lower_start;
    size_t pin_capacity, net_capacity;
};

/* Lists the links of a gap from its upper and from its lower items, each with its net's number in this gap. */
static uint32_t list_links(struct bundler *bundler, uint32_t layer, struct gap_scratch *scratch, uint32_t *link_count)
{
    const struct layered *layered = bundler->layered;
    uint32_t nets = 0, links = 0;
    for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++) {
        uint32_t item = bundler->order->items[i];
        for (uint32_t k = layered->down.start[item]; k < layered->down.start[item + 1]; k++) {
            uint32_t *net = &bundler->net_of[bundler->bundle[k]];
            if (*net == 0)
                *net = ++nets;
            scratch->upper[links++] = (struct half_pin){.net = *net - 1, .item = item, .link = k};
        }
    }
    links = 0;
    for (uint32_t i = layered->layer_start[layer + 1]; i < layered->layer_start[layer + 2]; i++) {
        uint32_t item = bundler->order->items[i];
        for (uint32_t k = layered->up.start[item]; k < layered->up.start[item + 1]; k++) {
            uint32_t link = layered->up_link[k];
            scratch->lower[links++] =
                (struct half_pin){.net = bundler->net_of[bundler->bundle[link]] - 1, .item = item, .link = link};
        }
    }
    for (uint32_t i = 0; i < links; i++)
        bundler->net_of[bundler->bundle[scratch->lower[i].link]] = 0;
    *link_count = links;
    return nets;
}

/* Pins for one side of a net; link_pins tells each link its pin. */
static void add_side(struct nets *nets, size_t *capacity, const struct half_pin *links, uint32_t count, uint32_t net,
    uint32_t *link_pins)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || links[i].item != links[i - 1].item)
            add_pin(nets, capacity, links[i].item, net);
        link_pins[links[i].link] = (uint32_t)nets->pin_count - 1;
    }
}

static void make_gap(struct bundler *bundler, uint32_t layer, struct gap_scratch *scratch)
{
    struct nets *nets = bundler->nets;
    uint32_t links, count = list_links(bundler, layer, scratch, &links);
    sort_by_net(scratch->upper, scratch->sorted_upper, links, scratch->upper_start, count);
    sort_by_net(scratch->lower, scratch->sorted_lower, links, scratch->lower_start, count);
    memory_grow(&nets->nets, &scratch->net_capacity, nets->net_count + count, sizeof *nets->nets);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)nets->net_count++;
        struct net net = {.first = (uint32_t)nets->pin_count, .bridge = NO_BRIDGE};
        add_side(nets, &scratch->pin_capacity, scratch->sorted_upper + scratch->upper_start[i],
            scratch->upper_start[i + 1] - scratch->upper_start[i], number, nets->link_upper);
        net.middle = (uint32_t)nets->pin_count;
        add_side(nets, &scratch->pin_capacity, scratch->sorted_lower + scratch->lower_start[i],
            scratch->lower_start[i + 1] - scratch->lower_start[i], number, nets->link_lower);
        net.end = (uint32_t)nets->pin_count;
        nets->nets[number] = net;
    }
}

/* By item, its pins towards the next layer and towards the previous one. */
static void index_pins(struct nets *nets, const struct layered *layered)
{
    uint32_t *items = memory_new_array(nets->pin_count, sizeof *items);
    uint32_t *pins = memory_new_array(nets->pin_count, sizeof *pins);
    for (unsigned side = 0; side < 2; side++) {
        struct adjacency *adjacency = side == 0 ? &nets->lower_pins : &nets->upper_pins;
        uint32_t count = 0;
        for (uint32_t i = 0; i < nets->net_count; i++) {
            const struct net *net = &nets->nets[i];
            uint32_t begin = side == 0 ? net->first : net->middle, end = side == 0 ? net->middle : net->end;
            for (uint32_t k = begin; k < end; k++) {
                items[count] = nets->pins[k].item;
                pins[count++] = k;
            }
        }
        adjacency_init(adjacency, layered->item_count, count);
        adjacency_fill(adjacency, layered->item_count, items, pins, count);
    }
    free(items);
    free(pins);
}

static void make_all_gaps(struct bundler *bundler)
{
    const struct layered *layered = bundler->layered;
    struct nets *nets = bundler->nets;
    size_t links = layered->link_count;
    struct gap_scratch scratch = {.upper = memory_new_array(links, sizeof *scratch.upper),
        .lower = memory_new_array(links, sizeof *scratch.lower),
        .sorted_upper = memory_new_array(links, sizeof *scratch.sorted_upper),
        .sorted_lower = memory_new_array(links, sizeof *scratch.sorted_lower),
        .upper_start = memory_new_array(links + 2, sizeof *scratch.upper_start),
        .lower_start = memory_new_array(links + 2, sizeof *scratch.lower_start)};
    for (uint32_t layer = 0; layer + 1 < layered->layer_count; layer++) {
        for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 1]; i++)
            bundle_trunks(bundler, bundler->order->items[i]);
        bundle_bicliques(bundler, layer);
        bundle_stars(bundler, layer);
        for (uint32_t i = layered->layer_start[layer]; i < layered->layer_start[layer + 2]; i++)
            bundler->is_centre[bundler->order->items[i]] = 0;
        nets->gap_start[layer] = (uint32_t)nets->net_count;
        make_gap(bundler, layer, &scratch);
    }
    if (layered->layer_count)
        nets->gap_start[layered->layer_count - 1] = (uint32_t)nets->net_count;
    free(scratch.upper);
    free(scratch.lower);
    free(scratch.sorted_upper);
    free(scratch.sorted_lower);
    free(scratch.upper_start);
    free(scratch.lower_start);
}

void nets_init(struct nets *nets, const struct layered *layered, const struct order *order)
{
    size_t items = layered->item_count;
    *nets = (struct nets){.gap_start = memory_new_array((size_t)layered->layer_count + 1, sizeof *nets->gap_start),
        .link_upper = memory_new_array(layered->link_count, sizeof *nets->link_upper),
        .link_lower = memory_new_array(layered->link_count, sizeof *nets->link_lower)};
    struct bundler bundler = {.layered = layered,
        .order = order,
        .nets = nets,
        .bundle = memory_new_array(layered->link_count, sizeof *bundler.bundle),
        .leaves = memory_new_array(items, sizeof *bundler.leaves),
        .is_centre = memory_new_array(items, 1),
        .members = memory_new_array(items, sizeof *bundler.members),
        .hashes = memory_new_array(items, sizeof *bundler.hashes),
        .queue = memory_new_array(2 * layered->link_count + items, sizeof *bundler.queue),
        .net_of = memory_new_array(1 + 3 * items, sizeof *bundler.net_of)};
    make_all_gaps(&bundler);
    index_pins(nets, layered);
    free(bundler.bundle);
    free(bundler.leaves);
    free(bundler.is_centre);
    free(bundler.members);
    free(bundler.hashes);
    free(bundler.queue);
    free(bundler.net_of);
}

void nets_release(struct nets *nets)
{
    free(nets->nets);
    free(nets->pins);
    free(nets->gap_start);
    free(nets->link_upper);
    free(nets->link_lower);
    adjacency_release(&nets->lower_pins);
    adjacency_release(&nets->upper_pins);
    *nets = (struct nets){0};
}
