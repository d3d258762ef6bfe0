/* SPDX-License-Identifier: Apache-2.0 */
/* What the panes of one dashboard share. */
#ifndef DAGTOP_UI_PRIVATE_H
#define DAGTOP_UI_PRIVATE_H

#include "dagtop/base/utf8.h"
#include "dagtop/ui/keymap.h"
#include "dagtop/ui/ui.h"
#include "layer.h"
#include "log_window.h"
#include "ink.h"
#include "table_rows.h"

enum { NO_NODE = -1, FRAME_MILLISECONDS = 33, MESSAGE_MILLISECONDS = 6000, LAYER_LIMIT = 6, PROMPT_LIMIT = 200 };

enum pane { PANE_TABLE, PANE_GRAPH, PANE_LOG, PANE_COUNT };

/* Where everything stands on the screen; a pane that is not shown has height 0. The first row of a pane is its title.
 */
struct screen_plan {
    int header, footer;                 /* rows */
    struct rectangle panes[PANE_COUNT]; /* with their titles */
    bool titles;                        /* panes have a title row */
};

/* One line of typing at the bottom of the screen. */
struct prompt {
    bool open;
    bool is_search; /* in the log; else the table's filter */
    struct text typed;
    char before[PROMPT_LIMIT + 1]; /* what was in force when it opened */
};

struct message {
    char text[512];
    bool is_error;
    int64_t until; /* wall time in milliseconds; 0: none */
};

struct log_request;
struct execution;

struct log_pane {
    struct log_window window;
    size_t node; /* whose log it is */
    unsigned attempt;
    bool follow, wrap, from_start;
    bool probed;                 /* asked although nobody has told a size: the logs of ended nodes are not watched */
    struct log_request *pending; /* a piece is on its way */
    uint64_t request;            /* grows when older answers no longer count */
    int64_t observed, heard;     /* size as the snapshot has it, now and when the last answer came */
    int64_t size;                /* of the log, as last heard; at least what is held */
    size_t top;                  /* first line shown */
    int shift;                   /* cells scrolled to the right */
    int rows;                    /* rows of the pane the last time */
    char trouble[256];
    char search[PROMPT_LIMIT + 1];
    size_t match; /* line of the current match, SIZE_MAX: none */
};

struct graph_pane {
    struct layout *layout;
    int width, height; /* the size that the layout was made for */
    int row, column;   /* the cell of the drawing in the pane's corner */
    size_t shown;      /* the node that was last brought into view */
    uint16_t *styles;
    uint8_t *passed, *marked;
};

struct ui {
    struct ui_options options;
    struct theme theme;
    const struct snapshot *snapshot;
    struct canvas canvas;
    struct loop_hook *hook;
    struct loop_timer *frame_timer, *clock_timer;
    struct loop_watch *key_watch;
    struct loop_signal *resize_signal, *stop_signal;
    int64_t last_frame; /* monotonic */
    bool dirty;
    bool ascii;
    bool ended;
    bool chosen;      /* the person looks at a node of their own choice */
    unsigned changes; /* of the engine, not yet looked at */
    struct screen_plan plan;
    enum pane focus;
    bool zoomed;
    bool unfolded;   /* the graph shows every node by itself, however large it is */
    size_t selected; /* a node, (size_t)NO_NODE where there is none */
    struct table_rows rows;
    size_t table_top;
    int table_page;
    struct log_pane log;
    struct graph_pane graph;
    struct layer *layers[LAYER_LIMIT];
    size_t layer_count;
    struct prompt prompt;
    struct message message;
    struct execution *executions; /* plans that the engine carries out now */
};

wall_time ui_now(const struct ui *ui);

/* Something must be drawn: soon, or in this turn (a key). */
void ui_mark_dirty(struct ui *ui);

/* Chooses a node; the other panes follow. */
void ui_select(struct ui *ui, size_t node);

/* The style of the selected row in a pane. */
unsigned ui_selected_style(const struct ui *ui, enum pane pane);

/* The first line of what the column Label shows of a node, appended to text. */
void ui_label_line(const struct ui *ui, size_t node, struct text *text);

/* How long a node ran or waits, in milliseconds; negative where there is nothing to tell. */
int64_t ui_elapsed(const struct ui *ui, size_t node);

/* Carries out an action; false where it means nothing here. */
bool ui_act(struct ui *ui, enum ui_action action);

/* Where keys go now. */
enum key_context ui_context(const struct ui *ui);

/* Ends the dashboard by the caller's function, once. */
void ui_end(struct ui *ui, bool in_background);

/* Appends all lines of a node's label. */
void ui_expand_label(const struct ui *ui, size_t node, struct text *text);

/* screen.c: where everything stands, and all of it drawn into the canvas. */
void screen_plan_make(struct screen_plan *plan, const struct ui *ui);
void screen_draw(struct ui *ui);

/* pane_*.c: draw into a canvas of the pane's own size; act returns false for actions that mean nothing to the pane. */
void pane_header_draw(struct ui *ui, struct canvas *canvas);
void pane_footer_draw(struct ui *ui, struct canvas *canvas);
void pane_table_draw(struct ui *ui, struct canvas *canvas);
bool pane_table_act(struct ui *ui, enum ui_action action);
void pane_table_title(struct ui *ui, struct text *title);
int pane_table_width(const struct ui *ui);
void pane_graph_draw(struct ui *ui, struct canvas *canvas);
bool pane_graph_act(struct ui *ui, enum ui_action action);
void pane_graph_title(struct ui *ui, struct text *title);
void pane_graph_release(struct ui *ui);
void pane_log_init(struct ui *ui);
void pane_log_release(struct ui *ui);
void pane_log_draw(struct ui *ui, struct canvas *canvas);
bool pane_log_act(struct ui *ui, enum ui_action action);
void pane_log_title(struct ui *ui, struct text *title);
void pane_log_update(struct ui *ui);
void pane_log_retry(struct ui *ui);
void pane_log_search(struct ui *ui, const char *text);

/* Opens a layer on top; the ui owns it. close_layer takes the top one away. */
void ui_open_layer(struct ui *ui, struct layer *layer);
void ui_close_layer(struct ui *ui);

/* layer_*.c: make layers and carry out what they were asked. */
void layer_help_open(struct ui *ui);
void layer_details_open(struct ui *ui);
void layer_details_fill(struct ui *ui, struct layer *layer);
void layer_question_action(struct ui *ui, enum ui_action action);
void layer_question_drive(struct ui *ui);
void layer_question_quit(struct ui *ui);
void layer_question_answer(struct ui *ui, bool yes);
void layer_question_forget(struct ui *ui);

/* prompt.c */
void prompt_clear(struct ui *ui);
void prompt_open(struct ui *ui, bool is_search);
bool prompt_act(struct ui *ui, enum ui_action action);
void prompt_type(struct ui *ui, const char *text);
void prompt_draw(struct ui *ui, struct canvas *canvas);

#endif
