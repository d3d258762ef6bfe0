/* SPDX-License-Identifier: Apache-2.0 */
/* A window over the panes: lines to read, perhaps a question. */
#ifndef DAGTOP_UI_LAYER_H
#define DAGTOP_UI_LAYER_H

#include "dagtop/base/canvas.h"
#include "dagtop/engine/plan.h"
#include "dagtop/ui/keymap.h"

enum layer_kind {
    LAYER_HELP,
    LAYER_DETAILS,
    LAYER_ACTION,
    LAYER_DRIVE,
    LAYER_DETACH,
    LAYER_RELOAD, /* whether a driver goes on with the changed file */
    LAYER_QUIT,
    LAYER_ARM,
    LAYER_TASKS, /* of a job array, to choose from */
    LAYER_LIST,  /* lines to choose from */
    LAYER_TEXT,  /* lines to read */
    LAYER_LOGIN, /* a host asks for words: the prompt has the keys */
    LAYER_TRUST  /* a host asks for yes or no */
};

/* An option of the batch system as it was before a question changed it. */
struct option_change {
    size_t node;
    char *name, *before; /* before: NULL where there was none */
};

/* Which nodes beside the chosen ones an action is for. */
enum action_scope { SCOPE_CHOSEN, SCOPE_DOWNSTREAM, SCOPE_UPSTREAM, SCOPE_FAILED, SCOPE_UP_TO, SCOPE_COUNT };

struct ui;
struct layer;

/* What Enter (or, with toggle, Space) does with the chosen line of a list. */
typedef void layer_choice_function(struct ui *ui, struct layer *layer, int64_t value, bool toggle);

/* A line: a label at the left (may be NULL) and a text beside it. */
struct layer_line {
    char *label, *text; /* owned */
    unsigned label_style, style;
    int64_t value; /* of a line in a list; negative: it cannot be chosen */
};

struct layer {
    enum layer_kind kind;
    char *title;
    struct layer_line *lines;
    size_t count, capacity;
    size_t top;        /* first line shown */
    int page;          /* lines shown the last time */
    size_t node;       /* of details */
    const char *hint;  /* shown in the lower border, never scrolled away; NULL: none */
    struct plan *plan; /* of a question about an action; owned */
    bool driving;      /* of a question about driving: what it would become */
    enum action action;
    enum action_scope scope;
    bool forced, requeued;
    bool *seeds;                   /* of a question about an action: the chosen nodes; owned */
    char *hidden;                  /* names of marked nodes that the filter hides, or NULL; owned */
    bool is_inclusive;             /* they are meant too */
    struct option_change *changes; /* taken back where the answer is not yes */
    size_t change_count, change_capacity;
    char **paths; /* what the values of a list of files stand for; owned */
    size_t path_count, path_capacity;
    struct attributes marks;    /* names of tasks that are marked */
    char *tasks;                /* of a question: of a job array, only these; owned, NULL: all */
    struct attributes settings; /* of a question about a change of jobs: what becomes what */
    char *preface;              /* what was changed in a script before the question; owned */
    size_t host;                /* that asks */
    uint64_t number;            /* of its question */
    bool has_cursor;            /* a list */
    size_t cursor;              /* the chosen line */
    layer_choice_function *choose;
    void (*fill)(struct ui *ui, struct layer *layer); /* makes the lines anew when something has changed, or NULL */
};

struct layer *layer_new(enum layer_kind kind, const char *title);
void layer_free(struct layer *layer);

/* Forgets the lines; only the last one; the paths. */
void layer_clear(struct layer *layer);
void layer_drop_last(struct layer *layer);
void layer_forget_paths(struct layer *layer);

/* Appends a line; label may be NULL. Text with newlines becomes several lines; it is made harmless. Both are copied. */
void layer_add(struct layer *layer, const char *label, unsigned label_style, const char *text, unsigned style);

/* As layer_add with a text by format and the usual styles. */
void layer_add_format(struct layer *layer, const char *label, const char *format, ...) FORMAT_LIKE_PRINTF(3, 4);

/* As layer_add for one line that may be chosen. */
void layer_add_choice(
    struct layer *layer, int64_t value, const char *label, unsigned label_style, const char *text, unsigned style);

/* Chooses the first line that can be chosen, or keeps the one that is. */
void layer_begin_list(struct layer *layer);

/* The value of the chosen line; -1 where there is none. */
int64_t layer_value(const struct layer *layer);

/* Where its keys are bound. */
enum key_context layer_context(const struct layer *layer);

/* Draws the window in the middle of the canvas' rows first to last - 1. */
void layer_draw(struct layer *layer, struct canvas *canvas, int first, int last);

/* Scrolls; false where the action is none of that. */
bool layer_scroll(struct layer *layer, enum ui_action action);

#endif
