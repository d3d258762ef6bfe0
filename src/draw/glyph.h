/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The characters of lines. Each stands for the sides on which it goes on, so that a drawing can be read back: a corner
 * or line of one net, a join of one net, or two nets that cross (never a join). In ASCII all joins are '*', which goes
 * on along its track and wherever a neighbour leads to it.
 */
#ifndef DAGTOP_DRAW_GLYPH_H
#define DAGTOP_DRAW_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

enum side_bit { SIDE_NORTH = 1, SIDE_EAST = 2, SIDE_SOUTH = 4, SIDE_WEST = 8 };

/* The character of a net that goes on at the given sides. */
uint32_t glyph_line(unsigned sides, bool ascii);

/* Two nets that cross. */
uint32_t glyph_crossing(bool ascii);

/* The end of an edge, pointing to the right or down. */
uint32_t glyph_arrow(bool to_right, bool ascii);

/* What a box without content looks like: its first cell and the others. */
uint32_t glyph_dot(bool first, bool wide, bool ascii);

#endif
