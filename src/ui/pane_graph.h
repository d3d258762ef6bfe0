/* SPDX-License-Identifier: Apache-2.0 */
/* The graph pane: what its files share. */
#ifndef DAGTOP_UI_PANE_GRAPH_H
#define DAGTOP_UI_PANE_GRAPH_H

#include "dagtop/base/canvas.h"
#include "dagtop/draw/layout.h"
#include "dagtop/ui/keymap.h"

struct ui;
struct workflow;
struct loop_timer;
struct loop_work;
struct graph_input;
struct graph_job;

enum { GRAPH_NAME_LINE_MOST = 20, GRAPH_NAME_FULL_MOST = 28, GRAPH_SIGNS = 3, GRAPH_PERCENT = 4, GRAPH_BAR = 5 };

/* What decides where everything stands: equal wishes give equal layouts. */
struct graph_wish {
    int width, height;
    enum layout_direction direction;
    enum layout_box box;
    enum layout_fold fold;
    bool matrix;     /* a folded box shows the states of its members one by one */
    unsigned opened; /* grows with every folded box that is opened or closed */
    unsigned steps;  /* not 0: only ancestors and descendants of center within so many steps */
    size_t center;
};

/* What is left of the layout of the file as it was, until there is one of it as it is now. */
struct graph_memory {
    int32_t *ranks; /* of the nodes, -1 for new ones; NULL: nothing */
    enum layout_direction direction;
    enum layout_fold fold;
    enum layout_box box;
    bool held; /* the cursor is to stay at this place of the pane */
    int row, column;
};

struct graph_pane {
    const struct workflow *workflow; /* that everything below belongs to */
    uint32_t *kinds;                 /* of its nodes, model/job_kind.h */
    uint32_t *colours;               /* of its nodes, once they are known (layout_colours); else NULL */
    uint8_t *open;                   /* of its nodes: not to be folded */
    struct graph_wish wish, shown_wish;
    enum layout_direction chosen; /* by key; a box that opens must not turn the drawing, whatever was chosen */
    struct graph_input *input;    /* of the layout */
    struct layout *layout;        /* NULL: none yet */
    struct layout *better;        /* the same boxes in an order with fewer crossings, or NULL */
    uint32_t *members;            /* the workflow's nodes box by box; where those of a box begin */
    size_t *first_member;
    struct graph_job *job; /* what work makes; it belongs to work */
    struct loop_work *work;
    struct loop_timer *idle; /* when it ends, a better order is looked for */
    int width, height;       /* of the pane */
    int row, column;         /* the cell of the drawing in the pane's corner */
    size_t shown;            /* the node that was last brought into view */
    bool held;               /* another layout has come: the cursor is to stay where it was in the pane */
    int held_row, held_column;
    uint16_t *styles; /* of the boxes; so are the next two */
    uint8_t *passed, *marked;
    bool follow;   /* the selection goes with what runs */
    bool critical; /* the longest chain is marked */
    bool path;     /* what lies between path_from and the selection is marked */
    size_t path_from;
    struct graph_memory memory;
};

/* pane_graph_layout.c */

/* Sees to it that the layout is what the wish asks for: now, or soon by a thread while the old one is shown. */
void pane_graph_lay_out(struct ui *ui);

/* Another workflow is shown as the one before: now_of and before_of tell the nodes of the same name, NO_NODE where
 * there is none. */
void pane_graph_renew(struct ui *ui, const struct workflow *workflow, const size_t *now_of, const size_t *before_of);

/* Whether a thread makes the layout that is waited for. */
bool pane_graph_is_busy(const struct ui *ui);

/* Shows the better order, where one is known. */
void pane_graph_adopt(struct ui *ui);

/* The workflow's nodes in a box, count of them, ascending; valid as long as the layout. */
const uint32_t *pane_graph_members(const struct graph_pane *graph, size_t box, size_t *count);

/* The names of all nodes of a layout and, in their numbers, those of a box. */
const char *const *pane_graph_names(const struct graph_pane *graph);
const uint32_t *pane_graph_drawn_members(const struct graph_pane *graph, size_t box, size_t *count);

/* The cell of the pane in the middle of the selected node's box. False where the view has not gone there yet. */
bool pane_graph_cursor(const struct ui *ui, int *row, int *column);

/* The box of a node; false where it is not drawn. */
bool pane_graph_box_of(const struct graph_pane *graph, size_t node, size_t *box);

/* pane_graph_boxes.c: styles of boxes and lines as things stand, and what boxes show (a layout_content_function). */
void pane_graph_mark(struct ui *ui);
void pane_graph_draw_content(
    void *context, size_t box, struct canvas *canvas, int row, int column, int height, int width);

/* The node that a box stands for: of a group the selected one, else the first. */
size_t pane_graph_node_of(const struct ui *ui, size_t box);

/* pane_graph_move.c */
void pane_graph_follow(struct ui *ui);
bool pane_graph_move(struct ui *ui, enum ui_action action);

/* pane_graph_minimap.c: the whole drawing in a corner, where it is larger than the pane. */
void pane_graph_draw_minimap(struct ui *ui, struct canvas *canvas);

#endif
