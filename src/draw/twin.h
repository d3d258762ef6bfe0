/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes of a layer with the same neighbours may stand in any order among themselves: they stand in that of their
 * numbers. */
#ifndef DAGTOP_DRAW_TWIN_H
#define DAGTOP_DRAW_TWIN_H

#include "crossing.h"

/* Changes no crossing. */
void twin_sort(const struct layered *layered, struct order *order);

#endif
