/* SPDX-License-Identifier: Apache-2.0 */
/* What an action does, wherever it came from. */
#include "ui_private.h"

static void choose_pane(struct ui *ui, int pane)
{
    ui->focus = (enum pane)pane;
    if (ui->focus >= PANE_LOG)
        ui->lower = ui->focus;
}

/* Round the three panes that are on the screen. */
static void step_pane(struct ui *ui, int step)
{
    int place = ui->focus >= PANE_LOG ? 2 : (int)ui->focus;
    place = (place + step + 3) % 3;
    choose_pane(ui, place == 2 ? (int)ui->lower : place);
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
    else if (ui->range_from != SIZE_MAX)
        ui->range_from = SIZE_MAX;
    else if (ui->rows.filter[0] || ui->log.search[0] || ui->log.lines[0])
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
    case PANE_HOSTS:
        return pane_hosts_act(ui, action);
    case PANE_TIMELINE:
        return pane_timeline_act(ui, action);
    case PANE_GRID:
        return pane_grid_act(ui, action);
    case PANE_LOG:
    case PANE_COUNT:
        break;
    }
    return pane_log_act(ui, action);
}

static void step_layout(struct ui *ui)
{
    static const char *const words[] = {"auto", "wide", "tall", "single"};
    ui_set_layout(ui, words[(ui->layout + 1) % LAYOUT_COUNT]);
}

/* To the next node that the filter leaves; round at the ends. */
static void step_fit(struct ui *ui, enum ui_action way)
{
    size_t before = ui->selected;
    if (!ui->rows.filter[0])
        ui_show_message(ui, false, "/ filters first");
    pane_table_act(ui, way);
    if (ui->selected == before)
        pane_table_act(ui, way == UI_DOWN ? UI_TOP : UI_BOTTOM);
}

/* Windows and other programs. */
static bool act_on_windows(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_COLUMNS:
        layer_columns_open(ui);
        return true;
    case UI_JOURNAL:
        layer_journal_open(ui);
        return true;
    case UI_HISTORY:
        layer_history_open(ui);
        return true;
    case UI_FILES:
        layer_files_open(ui);
        return true;
    case UI_ERRORS:
        layer_files_errors(ui);
        return true;
    case UI_TRIAGE:
        layer_triage_open(ui);
        return true;
    case UI_COPY:
        layer_copy_open(ui);
        return true;
    case UI_EDIT_SCRIPT:
        edit_script(ui);
        return true;
    case UI_SHELL:
        open_shell(ui);
        return true;
    case UI_PAGER:
    case UI_EDITOR:
        log_fetch_start(ui, action == UI_PAGER ? FETCH_PAGER : FETCH_EDITOR, NULL);
        return true;
    case UI_SAVE:
        prompt_open(ui, PROMPT_SAVE, "");
        return true;
    case UI_MOUSE:
        ui_set_mouse(ui, !ui->mouse);
        return true;
    default:
        return false;
    }
}

/* Panes, zoom, following and wrapping: what changes the view. */
static bool act_on_view(struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_NEXT_PANE:
        step_pane(ui, 1);
        return true;
    case UI_PREVIOUS_PANE:
        step_pane(ui, -1);
        return true;
    case UI_PANE_TABLE:
    case UI_PANE_GRAPH:
    case UI_PANE_LOG:
    case UI_PANE_HOSTS:
    case UI_PANE_TIMELINE:
    case UI_PANE_GRID:
        choose_pane(ui, (int)(action - UI_PANE_TABLE));
        return true;
    case UI_ZOOM:
        ui->zoomed = !ui->zoomed;
        return true;
    case UI_SPLIT_LEFT:
    case UI_SPLIT_RIGHT:
        screen_move_split(ui, true, action == UI_SPLIT_RIGHT ? 2 : -2);
        return true;
    case UI_SPLIT_UP:
    case UI_SPLIT_DOWN:
        screen_move_split(ui, false, action == UI_SPLIT_DOWN ? 1 : -1);
        return true;
    case UI_LAYOUT:
        step_layout(ui);
        return true;
    case UI_LINES:
        prompt_open(ui, PROMPT_LINES, ui->log.lines);
        return true;
    case UI_TIMES:
        ui->log.untimed = !ui->log.untimed;
        return true;
    case UI_MARK_FITTING:
        prompt_open(ui, PROMPT_MARK, "");
        return true;
    case UI_COMMAND:
        prompt_open(ui, PROMPT_COMMAND, "");
        return true;
    case UI_NEXT_FIT:
    case UI_PREVIOUS_FIT:
        step_fit(ui, action == UI_NEXT_FIT ? UI_DOWN : UI_UP);
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
        prompt_open(ui, PROMPT_FILTER, ui->rows.filter);
        return true;
    case UI_SEARCH:
        prompt_open(ui, PROMPT_SEARCH, "");
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
    case UI_CHANGE:
        job_change_open(ui);
        return true;
    case UI_TASKS:
        layer_tasks_open(ui);
        return true;
    case UI_WHY:
        layer_why_open(ui);
        return true;
    case UI_DRIVE:
        layer_question_drive(ui);
        return true;
    case UI_DETACH:
        layer_question_detach(ui);
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
        reload_look(ui);
        ui_show_message(ui, false, "Asking all hosts");
        return true;
    case UI_RELOAD:
        reload_ask(ui);
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
    case UI_BACK:
        if (ui->options.back)
            ui_leave(ui);
        else
            ui_show_message(ui, false, "There is no list to go back to; Q quits");
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
    case UI_SCOPE:
        layer_question_scope(ui);
        return true;
    case UI_INCLUDE:
        layer_question_include(ui);
        return true;
    case UI_OPTIONS:
        layer_question_options(ui);
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

static bool act_on_layer(struct ui *ui, struct layer *layer, enum ui_action action)
{
    if (action != UI_CHOOSE && action != UI_TOGGLE)
        return layer_tasks_act(ui, layer, action) || layer_scroll(layer, action);
    if (layer_value(layer) >= 0)
        layer->choose(ui, layer, layer_value(layer), action == UI_TOGGLE);
    else
        ui_close_layer(ui);
    return true;
}

bool ui_act(struct ui *ui, enum ui_action action)
{
    if (ui->prompt.open && prompt_act(ui, action))
        return true;
    if (act_on_program(ui, action) || act_on_question(ui, action))
        return true;
    if (ui->layer_count > 0)
        return act_on_layer(ui, ui_top_layer(ui), action);
    if (act_on_view(ui, action)) {
        ui->chosen = ui->chosen || action == UI_FOLLOW || action == UI_SEARCH;
        return true;
    }
    bool done =
        act_on_windows(ui, action) || marks_act(ui, action) || act_on_nodes(ui, action) || act_on_pane(ui, action);
    /* Whoever looks at a node keeps it: the selection no longer goes where something happens. */
    ui->chosen = ui->chosen || (done && action != UI_DRIVE);
    return done;
}
