/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles of forced orders between the nets of a gap are broken by bridges. */
#include <string.h>

#include "channel.h"

struct cycle_search {
    struct channel *channel;
    uint32_t *before, *after; /* by net of the gap: forced orders that are left */
    uint32_t *queue;
    uint8_t *gone;
};

/* The other net at a pin's place on the other side of the gap, as 1 + its number in the gap; 0 where there is none. */
static uint32_t facing_net(const struct channel *channel, uint32_t net, uint32_t pin)
{
    const struct nets *nets = &channel->placement->nets;
    bool upper = pin < nets->nets[net].middle;
    uint32_t other = (upper ? channel->lower_at : channel->upper_at)[nets->pins[pin].place];
    return other && other - 1 != net ? other - channel->first_net : 0;
}

/* Takes a net out of the search; nets left without an order on one side cannot be on a cycle and follow. */
static void remove_net(struct cycle_search *search, uint32_t start)
{
    struct channel *channel = search->channel;
    const struct nets *nets = &channel->placement->nets;
    uint32_t done = 0, queued = 0;
    search->queue[queued++] = start;
    search->gone[start] = 1;
    while (done < queued) {
        uint32_t net = search->queue[done++] + channel->first_net;
        for (uint32_t k = nets->nets[net].first; k < nets->nets[net].end; k++) {
            uint32_t other = facing_net(channel, net, k);
            if (!other || search->gone[other - 1])
                continue;
            uint32_t *count = k < nets->nets[net].middle ? search->before : search->after;
            if (--count[other - 1] == 0) {
                search->gone[other - 1] = 1;
                search->queue[queued++] = other - 1;
            }
        }
    }
}

static void count_orders(struct cycle_search *search)
{
    struct channel *channel = search->channel;
    const struct nets *nets = &channel->placement->nets;
    for (uint32_t net = channel->first_net; net < channel->end_net; net++) {
        for (uint32_t k = nets->nets[net].first; k < nets->nets[net].end; k++) {
            uint32_t other = facing_net(channel, net, k);
            if (other)
                (k < nets->nets[net].middle ? search->before : search->after)[other - 1]++;
        }
    }
}

static bool is_free(const struct channel *channel, int32_t place)
{
    return !channel->upper_at[place] && !channel->lower_at[place] && !channel->bridge_at[place];
}

/* A place without pins, as near to the net as can be; beyond the last one where there is none. */
static void make_bridge(struct channel *channel, uint32_t number)
{
    struct net *net = &channel->placement->nets.nets[number];
    int32_t middle = net->low + (net->high - net->low) / 2, place = channel->places;
    for (int32_t distance = 0; distance < channel->places; distance++) {
        int32_t below = middle - distance, above = middle + distance;
        if (below >= 0 && is_free(channel, below)) {
            place = below;
            break;
        }
        if (above < channel->places && is_free(channel, above)) {
            place = above;
            break;
        }
    }
    if (place == channel->places)
        channel->places++;
    net->bridge = place;
    net->low = place < net->low ? place : net->low;
    net->high = place > net->high ? place : net->high;
    channel->bridge_at[place] = number + 1;
}

void dogleg_break_cycles(struct channel *channel)
{
    uint32_t count = channel->end_net - channel->first_net;
    struct cycle_search search = {.channel = channel,
        .before = channel->scratch,
        .after = channel->scratch + count,
        .queue = channel->scratch + 2 * (size_t)count,
        .gone = (uint8_t *)(channel->scratch + 3 * (size_t)count)};
    memset(channel->scratch, 0, 4 * (size_t)count * sizeof *channel->scratch);
    count_orders(&search);
    for (uint32_t i = 0; i < count; i++)
        if (!search.gone[i] && (!search.before[i] || !search.after[i]))
            remove_net(&search, i);
    for (;;) {
        uint32_t worst = UINT32_MAX;
        uint64_t most = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint64_t orders = (uint64_t)search.before[i] * search.after[i];
            if (!search.gone[i] && orders > most) {
                most = orders;
                worst = i;
            }
        }
        if (worst == UINT32_MAX)
            break;
        make_bridge(channel, channel->first_net + worst);
        remove_net(&search, worst);
    }
}
