/* SPDX-License-Identifier: Apache-2.0 */
/* What all panes draw with: text that may come from anywhere, bars, rules and boxes. */
#ifndef DAGTOP_UI_INK_H
#define DAGTOP_UI_INK_H

#include "dagtop/base/canvas.h"
#include "dagtop/base/clock.h"

struct rectangle {
    int row, column, height, width;
};

/* Text from anywhere, made harmless; what does not fit in max cells ends in an ellipsis. Returns the cells used. */
int ink_text(struct canvas *canvas, int row, int column, int max, const char *text, unsigned style);

/* As ink_text, in a fixed number of cells, at their right end. */
void ink_right(struct canvas *canvas, int row, int column, int cells, const char *text, unsigned style);

/* Cells that ink_text would use without a limit. */
int ink_width(const char *text);

/* A progress bar; percent below 0 is unknown and all empty. */
void ink_bar(struct canvas *canvas, int row, int column, int cells, double percent, unsigned full, unsigned empty);

/* The border of a window with its title in the upper line. */
void ink_box(struct canvas *canvas, struct rectangle place, const char *title, unsigned style, unsigned title_style);

/* "12s", "3m07s"; a wall time as "21:03:02" or "2026-11-20 21:03:02" in the viewer's time zone, "" for 0. */
const char *ink_duration(int64_t milliseconds, char buffer[32]);
const char *ink_clock(wall_time time, char buffer[32]);
const char *ink_date(wall_time time, char buffer[32]);

/* "17 B", "1.2 KiB". */
const char *ink_size(int64_t bytes, char buffer[32]);

/* Replaces everything beyond ASCII by what comes nearest, cell by cell. */
void ink_ascii(struct canvas *canvas);

#endif
