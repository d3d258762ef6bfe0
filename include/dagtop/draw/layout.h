/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layered drawing of a directed graph in character cells.
 *
 * A layout is made once from a graph and is drawn as often as wanted, any part of it, with whatever the boxes show at
 * that moment: changing content never moves anything. There is no clock, no terminal and no global state here, so that
 * a layout may be made in another thread. Equal input gives an equal layout.
 *
 * What is drawn are boxes: a node each, or, where the layout is folded, a class of nodes each (draw/fold.h). From the
 * cells alone every edge can be told: lines of different nets meet only where they cross (a plain cross: Unicode light
 * cross, ASCII '+'); joins look otherwise (T shapes and the heavy cross; ASCII '*').
 */
#ifndef DAGTOP_DRAW_LAYOUT_H
#define DAGTOP_DRAW_LAYOUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/canvas.h"
#include "dagtop/draw/draw_graph.h"

enum layout_direction { LAYOUT_DIRECTION_AUTO, LAYOUT_LEFT_TO_RIGHT, LAYOUT_TOP_TO_BOTTOM };

/*
 * AUTO: the largest that fits the available size. FULL: with border; BAR: [content] and room for a bar in it; LINE:
 * [content]; DOT: one cell, no content.
 */
enum layout_box { LAYOUT_BOX_AUTO, LAYOUT_BOX_FULL, LAYOUT_BOX_BAR, LAYOUT_BOX_LINE, LAYOUT_BOX_DOT };

/* AUTO: fold where the unfolded drawing does not fit the available size. */
enum layout_fold { LAYOUT_FOLD_NONE, LAYOUT_FOLD_AUTO, LAYOUT_FOLD_ALL };

/*
 * The content size of the box of a folded class of count > 1 members: FULL, BAR (where there are bars) or LINE. width
 * and height hold a first guess: the largest among the members.
 */
typedef void layout_measure_function(
    void *context, const uint32_t *members, size_t count, enum layout_box box, unsigned *width, unsigned *height);

/*
 * before, where it is not NULL, has one number a node: its rank across the flow in an earlier layout (layout_rank), -1
 * for new ones. The new layout keeps that order unless another has a fifth fewer crossings. Without it, boxes stand in
 * the order of their numbers as far as crossings allow.
 */
struct layout_options {
    enum layout_direction direction;
    enum layout_box box;
    enum layout_fold fold;
    int width, height; /* cells there are; 0: no limit. Only choices marked AUTO depend on them */
    bool ascii;
    bool separate_edges; /* long edges do not share trunks (to compare crossings with other programs) */
    unsigned effort;     /* work for the first order: 0 the usual, 1 the least, more is better and slower */
    const uint8_t *open; /* one byte a node, or NULL: not 0 keeps a node out of folded boxes */
    const int32_t *before;
    const uint32_t *colours;          /* of this graph's nodes by an earlier layout (layout_colours), or NULL */
    const atomic_bool *stop;          /* NULL, or what another thread sets when the layout is not wanted any more */
    layout_measure_function *measure; /* NULL: the first guess is taken */
    void *measure_context;
};

struct layout; /* opaque */

struct layout_rectangle {
    int row, column, height, width;
};

/*
 * The first complete drawing of a graph. The graph and the options are read only during this call. options may be NULL
 * (all zero). Sugiyama's framework: layers, order, coordinates, routes; see the files of src/draw for each step. NULL
 * only where it was stopped: that takes some milliseconds, some tens with 10,000 nodes.
 */
struct layout *layout_new(const struct draw_graph *graph, const struct layout_options *options);

/* Frees a layout (may be NULL). */
void layout_free(struct layout *layout);

/*
 * Goes on searching for an order with fewer crossings, for about work units (a unit is one look at one edge; a million
 * take some milliseconds). Nothing that is shown changes. True where a better order than the shown one is known.
 */
bool layout_refine(struct layout *layout, size_t work);

/*
 * Places and routes everything by the best order known, where that makes the drawing smaller or less crossed; every
 * position may change then. layout_refine compares with this order from now on.
 */
void layout_adopt(struct layout *layout);

/* Size of the whole drawing in cells, and what was chosen (never AUTO). */
int layout_width(const struct layout *layout);
int layout_height(const struct layout *layout);
enum layout_direction layout_direction(const struct layout *layout);
enum layout_box layout_box(const struct layout *layout);
bool layout_is_folded(const struct layout *layout);

/* Boxes: how many, the box of a node, and the nodes of a box (ascending; they belong to the layout). */
size_t layout_box_count(const struct layout *layout);
size_t layout_box_of_node(const struct layout *layout, size_t node);
const uint32_t *layout_members(const struct layout *layout, size_t box, size_t *count);

/* One number a node, equal for those that play the same part, where this layout has found that out; else NULL. They
 * hold for any layout of the same graph, whatever is open, and belong to this one. */
const uint32_t *layout_colours(const struct layout *layout);

/* Where a box stands, with its border, and the part of it that shows content (no cells where it is a dot). */
struct layout_rectangle layout_rectangle(const struct layout *layout, size_t box);
struct layout_rectangle layout_content(const struct layout *layout, size_t box);

/* The box at a cell of the drawing. False where there is none. Two binary searches. */
bool layout_hit(const struct layout *layout, int row, int column, size_t *box);

/* The layer of a box, counted from 0 along the flow, and its rank within the layer (for layout_options.before). */
unsigned layout_layer(const struct layout *layout, size_t box);
int32_t layout_rank(const struct layout *layout, size_t box);

enum layout_move { LAYOUT_TO_SUCCESSOR, LAYOUT_TO_PREDECESSOR, LAYOUT_TO_NEXT, LAYOUT_TO_PREVIOUS };

/*
 * Where a cursor on box goes: along an edge to the successor or predecessor that lies nearest, or to the next or
 * previous box of its layer. A box without any edge has the layers beside its own for neighbours. The box itself where
 * there is none.
 */
size_t layout_move(const struct layout *layout, size_t box, enum layout_move move);

/* Edges between boxes, ordered by source and target; successors and predecessors of a box belong to the layout. */
size_t layout_edge_count(const struct layout *layout);
void layout_edge(const struct layout *layout, size_t edge, size_t *source, size_t *target);
const uint32_t *layout_successors(const struct layout *layout, size_t box, size_t *count);
const uint32_t *layout_predecessors(const struct layout *layout, size_t box, size_t *count);

/*
 * Edges that are not drawn: those that close a cycle, and the longest ones where the pieces of all long edges would be
 * more than half a million. 0 for any workflow that people make.
 */
size_t layout_dropped_edges(const struct layout *layout);

struct layout_point {
    int row, column;
};

/*
 * The way of an edge as corner points from the cell after its source to the arrowhead. Fills at most limit points and
 * returns how many there are.
 */
size_t layout_route(const struct layout *layout, size_t edge, struct layout_point *points, size_t limit);

/* Pairs of edges between neighbouring layers that cross in the order, and cross cells in the drawing. */
uint64_t layout_layered_crossings(const struct layout *layout);
uint64_t layout_drawn_crossings(const struct layout *layout);

/*
 * Draws the content of a box into the cells row, column (of the canvas, possibly outside) to width by height. The
 * canvas clips; the cells hold blanks in the box's style before.
 */
typedef void layout_content_function(
    void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width);

/* How a drawing looks this time. NULL arrays mean all zero. */
struct layout_view {
    int row, column;                  /* the cell of the drawing at the canvas' corner; may be negative */
    layout_content_function *content; /* NULL: boxes stay empty */
    void *context;
    const uint16_t *box_styles; /* style of each box: border and blank cells */
    uint16_t edge_style;        /* style of lines */
    uint16_t passed_style;      /* of lines all of whose sources are marked in passed */
    const uint8_t *passed;      /* one byte a box */
    uint16_t marked_style;      /* of lines between two boxes of marked, e.g. a path */
    const uint8_t *marked;      /* one byte a box */
    uint32_t dot;               /* what a dot-size box without content function shows; 0: a circle or 'o' */
};

/* Draws what the canvas shows of the layout; cells without box or line are left as they are. */
void layout_draw(const struct layout *layout, struct canvas *canvas, const struct layout_view *view);

#endif
