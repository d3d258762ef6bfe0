/* SPDX-License-Identifier: Apache-2.0 */
/* Questions before something is done: what exactly, for which nodes; only y means yes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum { ROWS_LIMIT = 300 };

static const char *verb(enum action action)
{
    static const char *const verbs[] = {[ACTION_START] = "Start",
        [ACTION_CANCEL] = "Cancel",
        [ACTION_RESUBMIT] = "Resubmit",
        [ACTION_HOLD] = "Hold",
        [ACTION_RELEASE] = "Release",
        [ACTION_SKIP] = "Skip",
        [ACTION_CLEAN] = "Clean"};
    return verbs[action];
}

/* The rows of a plan that do something, or those that do nothing; a long list ends in a number. */
static void add_rows(const struct ui *ui, struct layer *layer, const struct plan *plan, bool effective)
{
    size_t shown = 0, left = effective ? plan->effective : plan->count - plan->effective;
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_row *row = &plan->rows[i];
        if (row->does_nothing == effective)
            continue;
        if (shown++ == ROWS_LIMIT) {
            layer_add_format(layer, NULL, "and %zu more", left - ROWS_LIMIT);
            return;
        }
        const struct node *node = &ui->snapshot->workflow->nodes[row->node];
        struct text text;
        text_init(&text, 0);
        text_append_string(&text, row->what ? row->what : "");
        if (effective && row->host)
            text_append_format(&text, "  on %s", row->host);
        layer_add(
            layer, node->name, effective ? STYLE_STRONG : STYLE_DIM, text.data, effective ? STYLE_TEXT : STYLE_DIM);
        if (effective && row->command)
            layer_add(layer, "", STYLE_LABEL, row->command, STYLE_DIM);
        text_release(&text);
    }
}

static void open_question(struct ui *ui, struct plan *plan)
{
    char title[160];
    if (plan->effective == 1 && plan->count == 1)
        snprintf(title, sizeof title, "%s %.100s?", verb(plan->action),
            ui->snapshot->workflow->nodes[plan->rows[0].node].name);
    else
        snprintf(title, sizeof title, "%s %zu node%s?", verb(plan->action), plan->effective,
            plan->effective == 1 ? "" : "s");
    struct layer *layer = layer_new(LAYER_ACTION, title);
    layer->plan = plan;
    add_rows(ui, layer, plan, true);
    add_rows(ui, layer, plan, false);
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
}

/* Nothing would happen: say why instead of asking. */
static void say_why_not(struct ui *ui, const struct plan *plan)
{
    char words[512];
    if (plan->count > 0)
        snprintf(words, sizeof words, "%.200s: %.250s", ui->snapshot->workflow->nodes[plan->rows[0].node].name,
            plan->rows[0].what ? plan->rows[0].what : "nothing to do");
    else
        snprintf(words, sizeof words, "Nothing to do");
    ui_show_message(ui, false, words);
}

static bool choose_action(const struct ui *ui, enum ui_action wanted, enum action *action, unsigned *flags)
{
    const struct observation *observation = &ui->snapshot->observations[ui->selected];
    *flags = 0;
    switch (wanted) {
    case UI_START:
        *action = ACTION_START;
        return true;
    case UI_CANCEL:
        *action = ACTION_CANCEL;
        return true;
    case UI_RESUBMIT_ALL:
        *flags = PLAN_DOWNSTREAM;
        *action = ACTION_RESUBMIT;
        return true;
    case UI_RESUBMIT:
        *action = ACTION_RESUBMIT;
        return true;
    case UI_HOLD:
        *action = observation->held ? ACTION_RELEASE : ACTION_HOLD;
        return true;
    case UI_SKIP:
        *action = observation->skipped ? ACTION_RELEASE : ACTION_SKIP;
        return true;
    default:
        return false;
    }
}

void layer_question_action(struct ui *ui, enum ui_action wanted)
{
    size_t count = ui->snapshot->workflow->node_count;
    enum action action;
    unsigned flags;
    struct plan *plan = NULL;
    struct error error;
    if (ui->selected >= count || !choose_action(ui, wanted, &action, &flags))
        return;
    if (ui->snapshot->read_only) {
        ui_show_message(ui, true, "Read only: nothing can be changed from here");
        return;
    }
    bool *set = memory_new_array(count, sizeof *set);
    set[ui->selected] = true;
    if (engine_plan(ui->options.engine, action, set, flags, &plan, &error)) {
        ui_show_message(ui, true, error.message);
    } else if (plan->effective == 0) {
        say_why_not(ui, plan);
        plan_free(plan);
    } else {
        open_question(ui, plan);
    }
    free(set);
}

/* Up to a dozen names of nodes in a state, as a line of a question. */
static void add_names(const struct ui *ui, struct layer *layer, enum node_state state, const char *label)
{
    const struct snapshot *snapshot = ui->snapshot;
    size_t shown = 0;
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < snapshot->workflow->node_count && shown < 12; i++) {
        if (snapshot->views[i].state == state)
            text_append_format(&text, "%s%s", shown++ ? ", " : "", snapshot->workflow->nodes[i].name);
    }
    if (snapshot->counts[state] > shown)
        text_append_format(&text, " and %zu more", snapshot->counts[state] - shown);
    if (shown > 0)
        layer_add(layer, label, STYLE_LABEL, text.data, STYLE_TEXT);
    text_release(&text);
}

void layer_question_drive(struct ui *ui)
{
    const struct snapshot *snapshot = ui->snapshot;
    bool start = snapshot->driver != DRIVER_SELF;
    if (snapshot->read_only) {
        ui_show_message(ui, true, "Read only: nothing can be started from here");
        return;
    }
    struct layer *layer = layer_new(LAYER_DRIVE, start ? "Drive this workflow?" : "Stop driving?");
    layer->driving = start;
    if (start) {
        layer_add(layer, NULL, STYLE_TEXT, "What is ready starts now, and the rest as soon as its parents are done.",
            STYLE_TEXT);
        add_names(ui, layer, STATE_READY, "starts now");
        layer_add_format(layer, "follows", "%zu waiting", snapshot->counts[STATE_WAITING]);
        if (snapshot->driver == DRIVER_OTHER)
            layer_add(layer, "attention", STYLE_WARNING, snapshot->driver_text, STYLE_WARNING);
    } else {
        layer_add(layer, NULL, STYLE_TEXT, "Running jobs go on; nothing new starts by itself.", STYLE_TEXT);
        add_names(ui, layer, STATE_RUNNING, "runs on");
    }
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
}

void layer_question_quit(struct ui *ui)
{
    if (ui->snapshot->driver != DRIVER_SELF || !engine_is_busy(ui->options.engine)) {
        ui_end(ui, false);
        return;
    }
    struct layer *layer = layer_new(LAYER_QUIT, "This dagtop drives the workflow");
    layer_add(layer, NULL, STYLE_TEXT, "Jobs that run go on in any case. And what still waits?", STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    layer_add(layer, "s", STYLE_KEY, "stop driving and quit: it waits until somebody drives again", STYLE_TEXT);
    if (ui->options.background)
        layer_add(layer, "b", STYLE_KEY, "quit and go on driving in the background", STYLE_TEXT);
    layer_add(layer, "n", STYLE_KEY, "stay here", STYLE_TEXT);
    ui_open_layer(ui, layer);
}

/* What a carried-out plan needs until the engine has answered. */
struct execution {
    struct ui *ui;
    struct plan *plan;
    struct execution *next;
};

static void executed(void *argument, const struct error *error)
{
    struct execution *execution = argument;
    struct ui *ui = execution->ui;
    if (ui) {
        struct execution **link = &ui->executions;
        while (*link != execution)
            link = &(*link)->next;
        *link = execution->next;
        if (error->status)
            ui_show_message(ui, true, error->message);
    }
    plan_free(execution->plan);
    free(execution);
}

void layer_question_forget(struct ui *ui)
{
    for (struct execution *execution = ui->executions; execution; execution = execution->next)
        execution->ui = NULL;
    ui->executions = NULL;
}

static void execute(struct ui *ui, struct layer *layer)
{
    struct execution *execution = memory_new(sizeof *execution);
    char words[200];
    snprintf(words, sizeof words, "%.*s\u2026", (int)strcspn(layer->title, "?"), layer->title);
    *execution = (struct execution){.ui = ui, .plan = layer->plan, .next = ui->executions};
    ui->executions = execution;
    layer->plan = NULL;
    ui_show_message(ui, false, words);
    engine_execute(ui->options.engine, execution->plan, executed, execution);
}

void layer_question_answer(struct ui *ui, bool yes)
{
    if (ui->layer_count == 0)
        return;
    struct layer *layer = ui->layers[ui->layer_count - 1];
    if (yes && layer->kind == LAYER_ACTION)
        execute(ui, layer);
    else if (yes && layer->kind == LAYER_DRIVE)
        engine_set_driving(ui->options.engine, layer->driving);
    ui_close_layer(ui);
}
