/* SPDX-License-Identifier: Apache-2.0 */
/* A few of the best orders that a search has met: which makes the best drawing shows only once they are placed. */
#ifndef DAGTOP_DRAW_FINALIST_H
#define DAGTOP_DRAW_FINALIST_H

#include <stddef.h>
#include <stdint.h>

enum { FINALISTS_MOST = 8 };

struct finalist {
    uint64_t crossings;
    uint32_t *items;
};

struct finalists {
    size_t item_count; /* of each order */
    unsigned count;
    struct finalist orders[FINALISTS_MOST];
};

/* Keeps a copy of an order unless it is known or has more crossings than as many others as can be kept. */
void finalists_add(struct finalists *finalists, const uint32_t *items, uint64_t crossings);
void finalists_release(struct finalists *finalists);

#endif
