/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A grid of character cells: what panes and drawings are written on before anything reaches a terminal.
 *
 * Rows and columns count from 0 and may be negative or too large in every call: what lies outside is clipped. Style is
 * a small number that only the caller understands (a theme maps it to colours); attributes add to it.
 */
#ifndef DAGTOP_BASE_CANVAS_H
#define DAGTOP_BASE_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/text.h"

enum { CELL_COMBINING = 2, CANVAS_SIDE_LIMIT = 1 << 20 };

enum cell_attribute {
    CELL_BOLD = 1,
    CELL_DIM = 2,
    CELL_REVERSE = 4,
    CELL_UNDERLINE = 8,
    CELL_BLINK = 16,
    CELL_ITALIC = 32,
};

/*
 * One cell. width is 1, 2 (a wide character that also covers the cell to its right) or 0 (that covered cell, whose
 * code_point is 0). No padding: two cells are equal where their bytes are. A cell never holds a control character.
 */
struct cell {
    uint32_t code_point;
    uint32_t combining[CELL_COMBINING]; /* 0 where there is none */
    uint16_t style;
    uint8_t attributes; /* of enum cell_attribute */
    uint8_t width;
};

/* cells[row * width + column]; cells is NULL where width or height is 0. */
struct canvas {
    int width, height;
    struct cell *cells;
};

/* A canvas of blanks in style 0. Sides below 0 count as 0, above CANVAS_SIDE_LIMIT as that. */
void canvas_init(struct canvas *canvas, int width, int height);

/* Frees the cells; the canvas is then 0 by 0 and may be resized. */
void canvas_release(struct canvas *canvas);

/* Another size, all blanks in style 0; the old content is lost. */
void canvas_resize(struct canvas *canvas, int width, int height);

/* All blanks in style. */
void canvas_clear(struct canvas *canvas, unsigned style);

/* The cell at a place inside the canvas; NULL outside. */
struct cell *canvas_at(const struct canvas *canvas, int row, int column);

/*
 * Writes UTF-8 from column on, at most max_cells cells (cut at the canvas' edges too), and returns the columns used,
 * counting those clipped away on the left. A wide character that does not fit whole becomes blanks; malformed bytes and
 * control characters become U+FFFD; marks beyond CELL_COMBINING are dropped. Attributes of the cells become 0.
 */
int canvas_put_text(struct canvas *canvas, int row, int column, int max_cells, const char *text, unsigned style);

/* As canvas_put_text, and what is left of max_cells becomes blanks. */
void canvas_put_padded(struct canvas *canvas, int row, int column, int max_cells, const char *text, unsigned style);

/* Writes one code point (width 1 or 2). */
void canvas_put(struct canvas *canvas, int row, int column, uint32_t code_point, unsigned style);

/* Fills a rectangle with a code point of width 1. */
void canvas_fill(
    struct canvas *canvas, int row, int column, int height, int width, uint32_t code_point, unsigned style);

/* Gives the cells of a rectangle another style, keeping what they show. */
void canvas_set_style(struct canvas *canvas, int row, int column, int height, int width, unsigned style);

/* Adds attributes to the cells of a rectangle. */
void canvas_add_attributes(struct canvas *canvas, int row, int column, int height, int width, unsigned attributes);

/* Copies all of source into target with source's corner at row, column. */
void canvas_copy(struct canvas *target, int row, int column, const struct canvas *source);

/* Appends all rows as UTF-8 lines, each ended by '\n', trailing blanks left out whatever their style. */
void canvas_print(const struct canvas *canvas, struct text *text);

#endif
