/* SPDX-License-Identifier: Apache-2.0 */
/* What an action does, wherever it came from. */
#include "ui_private.h"

static void choose_pane(struct ui *ui, int pane)
{
    ui->focus = (enum pane)((pane + PANE_COUNT) % PANE_COUNT);
}

/* q: the top layer, else the zoom, else nothing but a hint: a finger that slips ends no program. */
static void close_top(struct ui *ui)
{
    if (ui->layer_count > 0)
        ui_close_layer(ui);
    else if (ui->zoomed)
        ui->zoomed = false;
    else
        ui_show_message(ui, false, "Q quits");
}

static void clear_top(struct ui *ui)
{
    if (ui->layer_count > 0)
        ui_close_layer(ui);
    else if (ui->rows.filter[0] || ui->log.search[0])
        prompt_clear(ui);
    else
        ui->zoomed = false;
}

static bool act_on_pane(struct ui *ui, enum ui_action action)
{
    switch (ui->focus) {
    case PANE_TABLE:
        return pane_table_act(ui, action);
    case PANE_GRAPH:
        return pane_graph_act(ui, action);
    case PANE_LOG:
    case PANE_COUNT:
        break;
    }
    return pane_log_act(ui, action);
}

/* Panes, zoom, following and wrapping: what changes the view. */
static bool act_on_view(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_NEXT_PANE:
        choose_pane(ui, (int)ui->focus + 1);
        return true;
    case UI_PREVIOUS_PANE:
        choose_pane(ui, (int)ui->focus - 1);
        return true;
    case UI_PANE_TABLE:
    case UI_PANE_GRAPH:
    case UI_PANE_LOG:
        choose_pane(ui, (int)(action - UI_PANE_TABLE));
        return true;
    case UI_ZOOM:
        ui->zoomed = !ui->zoomed;
        return true;
    case UI_FOLLOW:
        if (!ui->log.follow)
            return pane_log_act(ui, UI_BOTTOM);
        ui->log.follow = false;
        return true;
    case UI_WRAP:
        ui->log.wrap = !ui->log.wrap;
        ui->log.shift = 0;
        return true;
    case UI_FILTER:
        prompt_open(ui, false);
        return true;
    case UI_SEARCH:
        prompt_open(ui, true);
        return true;
    default:
        return false;
    }
}

static bool act_on_nodes(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_DETAILS:
        layer_details_open(ui);
        return true;
    case UI_START:
    case UI_CANCEL:
    case UI_RESUBMIT:
    case UI_RESUBMIT_ALL:
    case UI_HOLD:
    case UI_SKIP:
        layer_question_action(ui, action);
        return true;
    case UI_DRIVE:
        layer_question_drive(ui);
        return true;
    default:
        return false;
    }
}

static bool act_on_program(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_HELP:
        if (ui->layer_count > 0 && ui->layers[ui->layer_count - 1]->kind == LAYER_HELP)
            ui_close_layer(ui);
        else
            layer_help_open(ui);
        return true;
    case UI_REFRESH:
        engine_refresh(ui->options.engine);
        ui_show_message(ui, false, "Asking all hosts");
        return true;
    case UI_REDRAW:
        term_invalidate(ui->options.term);
        return true;
    case UI_SUSPEND:
        term_stop_process(ui->options.term);
        term_resize(ui->options.term);
        return true;
    case UI_CLOSE:
        close_top(ui);
        return true;
    case UI_CLEAR:
        clear_top(ui);
        return true;
    case UI_QUIT:
        layer_question_quit(ui);
        return true;
    default:
        return false;
    }
}

static bool act_on_question(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_YES:
    case UI_NO:
        layer_question_answer(ui, action == UI_YES);
        return true;
    case UI_QUIT_STOP:
        ui_end(ui, false);
        return true;
    case UI_QUIT_BACKGROUND:
        if (ui->options.background)
            ui_end(ui, true);
        return true;
    default:
        return false;
    }
}

bool ui_act(struct ui *ui, enum ui_action action)
{
    if (ui->prompt.open && prompt_act(ui, action))
        return true;
    if (act_on_program(ui, action) || act_on_question(ui, action))
        return true;
    if (ui->layer_count > 0)
        return layer_scroll(ui->layers[ui->layer_count - 1], action);
    if (act_on_view(ui, action)) {
        ui->chosen = ui->chosen || action == UI_FOLLOW || action == UI_SEARCH;
        return true;
    }
    bool done = act_on_nodes(ui, action) || act_on_pane(ui, action);
    /* Whoever looks at a node keeps it: the selection no longer goes where something happens. */
    ui->chosen = ui->chosen || (done && action != UI_DRIVE);
    return done;
}
