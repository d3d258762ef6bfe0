/* SPDX-License-Identifier: Apache-2.0 */
/* Items that straight lines hold together move together, where that makes more lines straight. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "placement.h"

enum { ROUNDS = 4, TRIES = 8 };

struct mover {
    struct placement *placement;
    uint32_t *group;          /* by item: its group's root */
    struct adjacency members; /* by root */
};

/* How far an item of a link must move for the link to be straight. */
static int32_t distance(const struct placement *placement, uint32_t link, bool from_upper)
{
    const struct nets *nets = &placement->nets;
    const struct pin *upper = &nets->pins[nets->link_upper[link]], *lower = &nets->pins[nets->link_lower[link]];
    int32_t down = placement->start[lower->item] + lower->offset - placement->start[upper->item] - upper->offset;
    return from_upper ? down : -down;
}

static uint32_t root_of(uint32_t *group, uint32_t item)
{
    while (group[item] != item) {
        group[item] = group[group[item]];
        item = group[item];
    }
    return item;
}

static void find_groups(struct mover *mover)
{
    const struct layered *layered = mover->placement->layered;
    uint32_t *numbers = memory_new_array(layered->item_count, sizeof *numbers);
    for (uint32_t item = 0; item < layered->item_count; item++)
        mover->group[item] = numbers[item] = item;
    for (uint32_t item = 0; item < layered->item_count; item++)
        for (uint32_t i = layered->down.start[item]; i < layered->down.start[item + 1]; i++)
            if (distance(mover->placement, i, true) == 0)
                mover->group[root_of(mover->group, layered->down.items[i])] = root_of(mover->group, item);
    for (uint32_t item = 0; item < layered->item_count; item++)
        mover->group[item] = root_of(mover->group, item);
    adjacency_fill(&mover->members, layered->item_count, mover->group, numbers, layered->item_count);
    free(numbers);
}

/* Links of one item to other groups that are straight once its group has moved by shift. */
static int32_t item_gain(const struct mover *mover, uint32_t item, int32_t shift)
{
    const struct layered *layered = mover->placement->layered;
    int32_t gain = 0;
    for (uint32_t i = layered->down.start[item]; i < layered->down.start[item + 1]; i++)
        gain +=
            mover->group[layered->down.items[i]] != mover->group[item] && distance(mover->placement, i, true) == shift;
    for (uint32_t i = layered->up.start[item]; i < layered->up.start[item + 1]; i++)
        gain += mover->group[layered->up.items[i]] != mover->group[item] &&
                distance(mover->placement, layered->up_link[i], false) == shift;
    return gain;
}

static int32_t group_gain(const struct mover *mover, uint32_t root, int32_t shift)
{
    int32_t gain = 0;
    for (uint32_t m = mover->members.start[root]; m < mover->members.start[root + 1]; m++)
        gain += item_gain(mover, mover->members.items[m], shift);
    return gain;
}

/* Whether nothing of another group is in an item's way. */
static bool has_room(const struct mover *mover, uint32_t item, int32_t shift)
{
    const struct placement *placement = mover->placement;
    const struct layered *layered = placement->layered;
    uint32_t layer = layered->layer[item], size = layered->layer_start[layer + 1] - layered->layer_start[layer];
    uint32_t position = placement->order.position[item];
    const uint32_t *items = placement->order.items + layered->layer_start[layer];
    int32_t start = placement->start[item] + shift, end = start + placement->size[item];
    int32_t separation = placement_separation(placement);
    if (start < 0 || end > placement->cross_size)
        return false;
    if (shift < 0 && position > 0 && mover->group[items[position - 1]] != mover->group[item])
        return placement->start[items[position - 1]] + placement->size[items[position - 1]] + separation <= start;
    if (shift > 0 && position + 1 < size && mover->group[items[position + 1]] != mover->group[item])
        return end + separation <= placement->start[items[position + 1]];
    return true;
}

static bool can_move(const struct mover *mover, uint32_t root, int32_t shift)
{
    for (uint32_t m = mover->members.start[root]; m < mover->members.start[root + 1]; m++)
        if (!has_room(mover, mover->members.items[m], shift))
            return false;
    return true;
}

/* The shifts that would make a link of the group straight: the first few different ones. */
static unsigned list_shifts(const struct mover *mover, uint32_t root, int32_t shifts[TRIES])
{
    const struct layered *layered = mover->placement->layered;
    unsigned count = 0;
    for (uint32_t m = mover->members.start[root]; m < mover->members.start[root + 1]; m++) {
        uint32_t item = mover->members.items[m];
        uint32_t down = layered->down.start[item], up = layered->up.start[item];
        uint32_t downs = layered->down.start[item + 1] - down, ups = layered->up.start[item + 1] - up;
        for (uint32_t i = 0; i < downs + ups && count < TRIES; i++) {
            uint32_t other = i < downs ? layered->down.items[down + i] : layered->up.items[up + i - downs];
            uint32_t link = i < downs ? down + i : layered->up_link[up + i - downs];
            int32_t shift = distance(mover->placement, link, i < downs);
            bool known = shift == 0 || mover->group[other] == root;
            for (unsigned k = 0; k < count; k++)
                known |= shifts[k] == shift;
            if (!known)
                shifts[count++] = shift;
        }
    }
    return count;
}

static bool move_group(struct mover *mover, uint32_t root)
{
    int32_t shifts[TRIES], best = group_gain(mover, root, 0), best_shift = 0;
    unsigned count = list_shifts(mover, root, shifts);
    for (unsigned i = 0; i < count; i++) {
        int32_t gain = group_gain(mover, root, shifts[i]);
        bool nearer = best_shift && abs(shifts[i]) < abs(best_shift);
        if ((gain > best || (gain == best && nearer)) && can_move(mover, root, shifts[i])) {
            best = gain;
            best_shift = shifts[i];
        }
    }
    for (uint32_t m = mover->members.start[root]; best_shift && m < mover->members.start[root + 1]; m++)
        mover->placement->start[mover->members.items[m]] += best_shift;
    return best_shift != 0;
}

void straight_group_align(struct placement *placement)
{
    const struct layered *layered = placement->layered;
    struct mover mover = {.placement = placement, .group = memory_new_array(layered->item_count, sizeof *mover.group)};
    bool moved = true;
    adjacency_init(&mover.members, layered->item_count, layered->item_count);
    for (unsigned round = 0; moved && round < ROUNDS && !layered_is_stopped(layered); round++) {
        moved = false;
        find_groups(&mover);
        for (uint32_t root = 0; root < layered->item_count; root++)
            if (mover.members.start[root] < mover.members.start[root + 1])
                moved |= move_group(&mover, root);
    }
    adjacency_release(&mover.members);
    free(mover.group);
}
