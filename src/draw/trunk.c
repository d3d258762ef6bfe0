/* SPDX-License-Identifier: Apache-2.0 */
#include "trunk.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

enum { SEARCH_ROUNDS = 12 };

/* The reach of one box's trunk: the longest span that rides it, how many do, and the longest of the others. */
struct reach {
    uint32_t longest, next;
    uint32_t holders; /* edges of the longest span */
    bool stale;       /* changed since the last count: nothing may be gained from it before the next */
};

struct trunks {
    const struct box_graph *boxes;
    const uint32_t *layer;
    uint8_t *ride;
    struct reach *reaches[2]; /* by trunk_ride */
};

static void reach_add(struct reach *reach, uint32_t span)
{
    if (span > reach->longest) {
        reach->next = reach->longest;
        reach->longest = span;
        reach->holders = 1;
    } else if (span == reach->longest) {
        reach->holders++;
    } else if (span > reach->next) {
        reach->next = span;
    }
}

static void count_reaches(struct trunks *trunks)
{
    const struct box_graph *boxes = trunks->boxes;
    memset(trunks->reaches[0], 0, boxes->count * sizeof *trunks->reaches[0]);
    memset(trunks->reaches[1], 0, boxes->count * sizeof *trunks->reaches[1]);
    for (uint32_t s = 0; s < boxes->count; s++) {
        for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++) {
            uint32_t t = boxes->after.items[i], span = trunks->layer[t] - trunks->layer[s] - 1;
            if (span)
                reach_add(&trunks->reaches[trunks->ride[i]][trunks->ride[i] == TRUNK_OF_SOURCE ? s : t], span);
        }
    }
}

/* An edge goes to its other trunk where that makes the trunks shorter in total. */
static bool try_edge(struct trunks *trunks, uint32_t edge, uint32_t s, uint32_t t)
{
    uint32_t span = trunks->layer[t] - trunks->layer[s] - 1;
    unsigned ride = trunks->ride[edge];
    struct reach *from = &trunks->reaches[ride][ride == TRUNK_OF_SOURCE ? s : t];
    struct reach *to = &trunks->reaches[!ride][ride == TRUNK_OF_SOURCE ? t : s];
    if (!span || from->stale || to->stale || span < from->longest || from->holders > 1)
        return false;
    uint32_t gain = from->longest - from->next, cost = span > to->longest ? span - to->longest : 0;
    if (gain <= cost)
        return false;
    trunks->ride[edge] = (uint8_t)!ride;
    from->stale = true;
    reach_add(to, span);
    return true;
}

static bool search(struct trunks *trunks)
{
    const struct box_graph *boxes = trunks->boxes;
    bool changed = false;
    count_reaches(trunks);
    for (uint32_t s = 0; s < boxes->count; s++)
        for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++)
            changed |= try_edge(trunks, i, s, boxes->after.items[i]);
    return changed;
}

/* Start: the end that has more long edges carries. */
static void choose_start(struct trunks *trunks)
{
    const struct box_graph *boxes = trunks->boxes;
    uint32_t *leaving = memory_new_array(boxes->count, sizeof *leaving);
    uint32_t *entering = memory_new_array(boxes->count, sizeof *entering);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t s = 0; s < boxes->count; s++) {
            for (uint32_t i = boxes->after.start[s]; i < boxes->after.start[s + 1]; i++) {
                uint32_t t = boxes->after.items[i];
                if (trunks->layer[t] - trunks->layer[s] < 2)
                    continue;
                if (pass == 1)
                    trunks->ride[i] = entering[t] > leaving[s] ? TRUNK_OF_TARGET : TRUNK_OF_SOURCE;
                leaving[s] += pass == 0;
                entering[t] += pass == 0;
            }
        }
    }
    free(leaving);
    free(entering);
}

uint8_t *trunk_assign(const struct box_graph *boxes, const uint32_t *layer)
{
    struct trunks trunks = {.boxes = boxes, .layer = layer, .ride = memory_new_array(boxes->edge_count, 1)};
    for (unsigned i = 0; i < 2; i++)
        trunks.reaches[i] = memory_new_array(boxes->count, sizeof *trunks.reaches[i]);
    choose_start(&trunks);
    for (unsigned round = 0; round < SEARCH_ROUNDS && search(&trunks); round++)
        continue;
    free(trunks.reaches[0]);
    free(trunks.reaches[1]);
    return trunks.ride;
}
