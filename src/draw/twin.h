/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes of a layer with the same neighbours may stand in any order among themselves: they stand in that of their
 * numbers, or as they did before. */
#ifndef DAGTOP_DRAW_TWIN_H
#define DAGTOP_DRAW_TWIN_H

#include "crossing.h"

/* Changes no crossing. before (may be NULL): of each box its rank in an earlier drawing, or -1. */
void twin_sort(const struct layered *layered, const int32_t *before, struct order *order);

#endif
