/* SPDX-License-Identifier: Apache-2.0 */
/* Isotonic regression: the ascending numbers nearest to given ones. */
#ifndef DAGTOP_DRAW_ISOTONIC_H
#define DAGTOP_DRAW_ISOTONIC_H

#include <stddef.h>
#include <stdint.h>

/* One wish: a value, how strongly it is wished (above 0), and scratch. */
struct wish {
    double value, weight;
    uint32_t members;
};

/*
 * Pools adjacent violators (Ayer et al. 1955): fills result with ascending whole numbers from lowest to highest that
 * lie near the wishes by weighted squares. The wishes are overwritten.
 */
void isotonic_fit(struct wish *wishes, size_t count, int32_t lowest, int32_t highest, int32_t *result);

#endif
