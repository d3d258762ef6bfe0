/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the items within their layers: few crossings, found step by step so that the search can stop at any time
 * with the best order so far.
 */
#ifndef DAGTOP_DRAW_ORDERING_H
#define DAGTOP_DRAW_ORDERING_H

#include "crossing.h"
#include "finalist.h"

struct ordering; /* opaque */

/*
 * Starts a search. The layered graph must outlive it. before (NULL: none) has one number a box: where it stood in an
 * earlier drawing, negative for a new one; the search then begins with that order. Where it is loyal, the first call of
 * ordering_work leaves that order only for one with a fifth fewer crossings.
 */
struct ordering *ordering_new(const struct layered *layered, const int32_t *before, bool loyal);
void ordering_free(struct ordering *ordering);

/* Works for about work looks at links, at least one step; the first call ends with a whole order unless stopped. */
void ordering_work(struct ordering *ordering, size_t work);

/* The ends of the best runs, where the items are few; other orders than the best, and maybe that too. */
const struct finalists *ordering_finalists(const struct ordering *ordering);

/* The best order so far (items by layer) and its crossings. */
const uint32_t *ordering_best(const struct ordering *ordering);
uint64_t ordering_crossings(const struct ordering *ordering);

#endif
