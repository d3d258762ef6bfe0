/* SPDX-License-Identifier: Apache-2.0 */
#include "finalist.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

void finalists_add(struct finalists *finalists, const uint32_t *items, uint64_t crossings)
{
    struct finalist *worst = &finalists->orders[0];
    for (unsigned i = 0; i < finalists->count; i++) {
        struct finalist *other = &finalists->orders[i];
        if (other->crossings == crossings && memcmp(other->items, items, finalists->item_count * sizeof *items) == 0)
            return;
        worst = other->crossings > worst->crossings ? other : worst;
    }
    if (finalists->count < FINALISTS_MOST) {
        worst = &finalists->orders[finalists->count++];
        worst->items = memory_new_array(finalists->item_count, sizeof *worst->items);
    } else if (crossings >= worst->crossings) {
        return;
    }
    worst->crossings = crossings;
    memcpy(worst->items, items, finalists->item_count * sizeof *items);
}

void finalists_release(struct finalists *finalists)
{
    for (unsigned i = 0; i < finalists->count; i++)
        free(finalists->orders[i].items);
    finalists->count = 0;
}
