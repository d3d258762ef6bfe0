/* SPDX-License-Identifier: Apache-2.0 */
/* What the panes of one dashboard share. */
#ifndef DAGTOP_UI_PRIVATE_H
#define DAGTOP_UI_PRIVATE_H

#include "dagtop/base/utf8.h"
#include "dagtop/ui/keymap.h"
#include "dagtop/ui/ui.h"
#include "dagtop/ui/shell_command.h"
#include "eta.h"
#include "layer.h"
#include "log_window.h"
#include "ink.h"
#include "pane_graph.h"
#include "table_rows.h"

enum {
    NO_NODE = -1,
    FRAME_MILLISECONDS = 33,
    STUCK_MILLISECONDS = 100,
    MESSAGE_MILLISECONDS = 6000,
    LAYER_LIMIT = 6,
    PROMPT_LIMIT = 500
};

/* The first two stand above, one of the others below. */
enum pane { PANE_TABLE, PANE_GRAPH, PANE_LOG, PANE_HOSTS, PANE_TIMELINE, PANE_GRID, PANE_COUNT };

enum screen_layout { LAYOUT_AUTO, LAYOUT_WIDE, LAYOUT_TALL, LAYOUT_SINGLE, LAYOUT_COUNT };

enum fetch_purpose { FETCH_SAVE, FETCH_PAGER, FETCH_EDITOR };

enum { PALETTE_PAST = 100 };

/* Where everything stands on the screen; a pane that is not shown has height 0. The first row of a pane is its title.
 */
struct screen_plan {
    int header, footer;                 /* rows */
    struct rectangle panes[PANE_COUNT]; /* with their titles */
    bool titles;                        /* panes have a title row */
};

/* What a line of typing is for. */
enum prompt_kind {
    PROMPT_FILTER,  /* of the table: works while one types */
    PROMPT_SEARCH,  /* in the log */
    PROMPT_LINES,   /* of the log that are shown: works while one types */
    PROMPT_MARK,    /* nodes to mark */
    PROMPT_OPTIONS, /* of the action that is asked about */
    PROMPT_CHANGE,  /* settings of jobs, behind the command that changes them */
    PROMPT_COMMAND,
    PROMPT_SAVE,  /* the log, to a file */
    PROMPT_ANSWER /* what a host asks for */
};

/* One line of typing at the bottom of the screen. */
struct prompt {
    bool open;
    enum prompt_kind kind;
    bool hidden;  /* a secret: not shown */
    bool is_full; /* what came last did not fit in and was left out */
    char *sign;   /* before the words instead of the kind's own, or NULL */
    struct text typed;
    size_t past; /* which earlier command is shown, 0: none */
};

struct message {
    char text[512];
    bool is_error;
    int64_t until; /* wall time in milliseconds; 0: none */
};

struct log_request;
struct execution;
struct handover;
struct hook;
struct log_fetch;
struct grid_pane;
struct reload;

/* Commands typed before, oldest first. */
struct palette {
    char *past[PALETTE_PAST];
    size_t count;
};

/* How long everything may still take, made anew at most once a second. */
struct estimate {
    struct eta *nodes, whole;
    bool *critical;
    uint64_t revision;
    wall_time made;
};

struct timeline_pane {
    double zoom, middle; /* 1: everything; which part of the whole is in the middle */
    size_t top;
    int rows;
};

struct log_pane {
    struct log_window window;
    size_t node; /* whose log it is */
    unsigned attempt;
    bool at_end; /* the last line is on the screen */
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
    size_t match;                 /* line of the current match, SIZE_MAX: none */
    size_t error_line;            /* that was found last, SIZE_MAX: none */
    char lines[PROMPT_LIMIT + 1]; /* only lines with these words are shown */
    bool untimed;                 /* times at the beginning of lines are left out */
    unsigned chosen;              /* attempt that a person chose, 0: the current one */
    char task[16];                /* of a job array, that a person chose; "": none */
    char *file;                   /* of the run directory, shown instead of the log; NULL: the log */
    wall_time asked;              /* the last request */
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
    bool *marks; /* of nodes */
    size_t mark_count;
    bool hidden_columns[COLUMN_COUNT];
    enum pane lower; /* which of the lower panes is shown */
    enum screen_layout layout;
    int split_across, split_down; /* columns and rows by which a person has moved the splits */
    size_t host;                  /* the chosen one */
    bool mouse;
    struct keymap usual_keys; /* without any change */
    enum { ARMED_YES, ARMED_ASK, ARMED_NO } armed;
    struct notices *notices; /* options.notices, or its own */
    char title[200];
    enum { DRAG_NONE, DRAG_ACROSS, DRAG_DOWN } drag; /* which split the mouse holds */
    struct rectangle drag_from;                      /* row and column of the mouse then */
    struct palette palette;
    struct estimate estimate;
    struct timeline_pane timeline;
    struct grid_pane *experiments; /* NULL until the grid is first looked at */
    struct handover *handover;
    struct log_fetch *fetch;
    struct reload *reload;
    char **triage_tails; /* last lines of nodes in trouble, or NULL */
    char *preface;       /* lines above the next question */
    char *job_settings;  /* as they were when the prompt for their change was opened */
    struct ui ***tasks;  /* places that point at this ui and must not any more when it ends */
    size_t task_count, task_capacity;
    uint64_t task_number;
    size_t range_from; /* where a range of marks begins; SIZE_MAX: none */
    bool *concerned;   /* nodes that the open question would do something to */
    size_t concerned_count;
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

/* As ui_end, back to a list of workflows. */
void ui_leave(struct ui *ui);

/* Appends all lines of a node's label. */
void ui_expand_label(const struct ui *ui, size_t node, struct text *text);

/* screen.c: where everything stands, and all of it drawn into the canvas. */
void screen_plan_make(struct screen_plan *plan, const struct ui *ui);
/* Moves the line between table and graph (across), or the one above the lower pane, as far as there is room; returns by
 * how much. */
int screen_move_split(struct ui *ui, bool across, int by);
void screen_draw(struct ui *ui);

/* The layout in force: the chosen one, else what fits the screen. */
enum screen_layout screen_layout_of(const struct ui *ui);

/* pane_*.c: draw into a canvas of the pane's own size; act returns false for actions that mean nothing to the pane. */
void pane_header_draw(struct ui *ui, struct canvas *canvas);
void pane_footer_draw(struct ui *ui, struct canvas *canvas);
void pane_table_draw(struct ui *ui, struct canvas *canvas);
bool pane_table_act(struct ui *ui, enum ui_action action);
void pane_table_title(struct ui *ui, struct text *title);
int pane_table_width(const struct ui *ui);
void pane_graph_init(struct ui *ui);
void pane_graph_draw(struct ui *ui, struct canvas *canvas);
bool pane_graph_act(struct ui *ui, enum ui_action action);
void pane_graph_title(struct ui *ui, struct text *title);
void pane_graph_release(struct ui *ui);
void pane_graph_click(struct ui *ui, int row, int column);
void pane_log_init(struct ui *ui);
void pane_log_release(struct ui *ui);
void pane_log_renew(struct ui *ui, size_t node); /* another engine: the node's number there */
void pane_log_draw(struct ui *ui, struct canvas *canvas);
bool pane_log_act(struct ui *ui, enum ui_action action);
void pane_log_title(struct ui *ui, struct text *title);
void pane_log_update(struct ui *ui);
void pane_log_retry(struct ui *ui);
void pane_log_search(struct ui *ui, const char *text);
void pane_log_show_lines(struct ui *ui, const char *words);
void pane_log_show_attempt(struct ui *ui, unsigned attempt);
void pane_log_show_task(struct ui *ui, const char *task);
void pane_log_show_file(struct ui *ui, const char *path); /* NULL: the log again */
char *pane_log_visible(const struct ui *ui);              /* the caller frees it */
void pane_hosts_draw(struct ui *ui, struct canvas *canvas);
bool pane_hosts_act(struct ui *ui, enum ui_action action);
void pane_hosts_title(struct ui *ui, struct text *title);
void pane_timeline_draw(struct ui *ui, struct canvas *canvas);
bool pane_timeline_act(struct ui *ui, enum ui_action action);
void pane_timeline_title(struct ui *ui, struct text *title);
void pane_timeline_release(struct ui *ui);
void pane_grid_draw(struct ui *ui, struct canvas *canvas);
bool pane_grid_act(struct ui *ui, enum ui_action action);
void pane_grid_title(struct ui *ui, struct text *title);
void pane_grid_release(struct ui *ui);
void pane_grid_renew(struct ui *ui);

/* Opens a layer on top; the ui owns it. close_layer takes the top one away. */
void ui_open_layer(struct ui *ui, struct layer *layer);
void ui_close_layer(struct ui *ui);

/* layer_*.c: make layers and carry out what they were asked. */
void layer_help_open(struct ui *ui);
void layer_details_open(struct ui *ui);
void layer_details_fill(struct ui *ui, struct layer *layer);
bool layer_question_may_act(struct ui *ui); /* else says why not, or asks to be armed */
void layer_question_action(struct ui *ui, enum ui_action action);
void layer_question_nodes(struct ui *ui, enum action action, const bool *set, enum action_scope scope, bool forced);
/* The same for the marked nodes that are seen, else the selected one; marked ones that are hidden are named. */
void layer_question_marked(struct ui *ui, enum action action, enum action_scope scope, bool forced);
/* Takes the changes: settings of jobs and their new values. */
void layer_question_change(struct ui *ui, const bool *set, enum action_scope scope, struct attributes *changes);
void layer_question_scope(struct ui *ui);
void layer_question_include(struct ui *ui);
void layer_question_options(struct ui *ui);
/* Another option of the batch system for the plan that is asked about; taken back where the answer is not yes. */
void layer_question_set(struct ui *ui, const char *name, const char *value);
void layer_question_restore(struct ui *ui, struct layer *layer);
void layer_question_take_options(struct ui *ui, const char *words);
void layer_question_drive(struct ui *ui);
void layer_question_detach(struct ui *ui);
void layer_question_quit(struct ui *ui);
void layer_question_answer(struct ui *ui, bool yes);
void layer_question_forget(struct ui *ui);

/* The layer on top, or NULL. */
struct layer *ui_top_layer(const struct ui *ui);

/* What the filter is asked about a node. */
struct filter_subject ui_filter_subject(const struct ui *ui, size_t node);

/* The table's filter, at once; "" for none. */
void ui_set_filter(struct ui *ui, const char *filter);

/* Tells a recording what happened. */
void ui_record(struct ui *ui, const char *format, ...) FORMAT_LIKE_PRINTF(2, 3);

/* An answer that is on its way points at the ui: it is told when the ui ends first. */
void ui_add_task(struct ui *ui, struct ui **place);
void ui_forget_task(struct ui *ui, struct ui **place);

/* For questions whose answers are in the snapshot when they come: the argument, and what is called with it. */
struct ui **ui_expect(struct ui *ui);
void ui_expected(void *argument, const struct error *error);

/* By way of the terminal's clipboard; says what it did. */
void ui_copy(struct ui *ui, const char *what, const char *text);

void ui_set_theme(struct ui *ui, const char *name);
void ui_set_layout(struct ui *ui, const char *name);
void ui_set_mouse(struct ui *ui, bool on);

/* The columns that are not shown unless asked for. */
void table_columns_usual(bool hidden[COLUMN_COUNT]);

/* Brings ui->estimate up to date. */
void ui_estimate(struct ui *ui);

/* reload.c: the workflow's file, which may change. */
void reload_init(struct ui *ui);
void reload_release(struct ui *ui);
void reload_look(struct ui *ui); /* now; reload_tick, once a second, does it by and by, reload_focus when one is back */
void reload_tick(struct ui *ui);
void reload_focus(struct ui *ui, bool away);
void reload_ask(struct ui *ui); /* reads it anew */
void reload_answer(struct ui *ui, bool yes);
bool reload_is_busy(const struct ui *ui);
/* What is to be said of the file; false where it is as it is shown. */
bool reload_append_note(const struct ui *ui, struct text *text);

/* handover.c: runs a program on the terminal; done is called with its exit status, -1 where it did not run. */
typedef void handover_function(struct ui *ui, void *argument, int status);
void handover_run(struct ui *ui, char *const *arguments, handover_function *done, void *argument);
void handover_release(struct ui *ui);

/* The words of an environment variable (or otherwise) and a file, as arguments; freed with handover_free_arguments. */
char **handover_arguments(const char *variable, const char *otherwise, const char *file);
void handover_free_arguments(char **arguments);

/* log_fetch.c: the shown log into a file, for a purpose; path only to save. */
void log_fetch_start(struct ui *ui, enum fetch_purpose purpose, const char *path);
void log_fetch_release(struct ui *ui);

/* ui_memory.c */
void ui_memory_load(struct ui *ui);
void ui_memory_save(const struct ui *ui);

/* ui_title.c: after each change of the snapshot. */
void ui_title_update(struct ui *ui);

/* mouse.c */
void mouse_take(struct ui *ui, struct term_mouse mouse);

/* edit_script.c */
void edit_script(struct ui *ui);
void open_shell(struct ui *ui);

/* job_change.c: settings of jobs that wait in a queue, typed behind the command that changes them. */
void job_change_open(struct ui *ui);
void job_change_take(struct ui *ui, const char *words);

/* palette.c */
void palette_run(struct ui *ui, const char *words);
void palette_complete(struct ui *ui, struct text *typed);
void palette_recall(struct ui *ui, int step);
void palette_draw(struct ui *ui, struct canvas *canvas);
void palette_release(struct ui *ui);

/* login.c: opens and closes the questions of hosts; answers the one that is open, NULL cancels. */
void login_update(struct ui *ui);
void login_answer(struct ui *ui, const char *words);

/* How an attempt ended, in words, appended to text; returns the text's data. */
const char *attempt_outcome(const struct attempt *attempt, struct text *text);
/* How long it ran so far, appended to text; nothing where it has not begun. */
void attempt_duration(const struct ui *ui, const struct attempt *attempt, struct text *text);
const char *host_state_word(enum host_state state);

void layer_columns_open(struct ui *ui);
void layer_journal_open(struct ui *ui);
void layer_copy_open(struct ui *ui);
void layer_history_open(struct ui *ui);
/* What is different between two attempts of a node: records, script, resources, environment, last lines. */
void layer_compare_open(struct ui *ui, size_t node, const struct attempt *old, const struct attempt *new);
void layer_files_open(struct ui *ui);
void layer_files_errors(struct ui *ui); /* the file of the standard error, or the log again */
void layer_triage_open(struct ui *ui);
void layer_tasks_open(struct ui *ui);
/* False for actions that mean nothing to tasks of a job array. */
bool layer_tasks_act(struct ui *ui, struct layer *layer, enum ui_action action);
/* Asks whether live batch jobs of a set of nodes are to be put into the queue again. */
void layer_question_requeue(struct ui *ui, const bool *set);
/* Asks about an action for some tasks of the job arrays of a set of nodes. */
void layer_question_tasks(struct ui *ui, enum action action, const bool *set, const char *tasks);
void layer_why_open(struct ui *ui);

/* marks.c: the nodes that actions are for. targets are the marked ones that are seen, else the selected one (the caller
 * frees them); hidden ones are counted and named. */
bool marks_act(struct ui *ui, enum ui_action action);
void marks_clear(struct ui *ui);
bool marks_in_range(const struct ui *ui, size_t node);
void marks_add_fitting(struct ui *ui, const char *words);
bool *marks_targets(const struct ui *ui);
bool *marks_all(const struct ui *ui); /* hidden or not; the caller frees it */
void marks_take_away(struct ui *ui, const bool *set);
size_t marks_hidden(const struct ui *ui, struct text *names);

/* prompt.c */
void prompt_clear(struct ui *ui);
void prompt_open(struct ui *ui, enum prompt_kind kind, const char *text);
void prompt_close(struct ui *ui);
bool prompt_act(struct ui *ui, enum ui_action action);
void prompt_type(struct ui *ui, const char *text);
void prompt_draw(struct ui *ui, struct canvas *canvas);

#endif
