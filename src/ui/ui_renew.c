/* SPDX-License-Identifier: Apache-2.0 */
/* Another engine for the same dashboard: what a person sees stays, found again by the names of nodes. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* Which node of one workflow has the name of which of the other; NO_NODE: none. */
struct renewal {
    const struct snapshot *before, *now;
    size_t *now_of, *before_of;
};

static void find_names(struct renewal *renewal)
{
    const struct workflow *before = renewal->before->workflow, *now = renewal->now->workflow;
    renewal->now_of = memory_new_array(before->node_count + 1, sizeof *renewal->now_of);
    renewal->before_of = memory_new_array(now->node_count + 1, sizeof *renewal->before_of);
    for (size_t i = 0; i < now->node_count; i++)
        renewal->before_of[i] = (size_t)NO_NODE;
    for (size_t i = 0; i < before->node_count; i++) {
        if (workflow_find(now, before->nodes[i].name, &renewal->now_of[i]))
            renewal->before_of[renewal->now_of[i]] = i;
        else
            renewal->now_of[i] = (size_t)NO_NODE;
    }
}

/* NO_NODE where the node is gone, or was none. */
static size_t now_of(const struct renewal *renewal, size_t node)
{
    return node < renewal->before->workflow->node_count ? renewal->now_of[node] : (size_t)NO_NODE;
}

/* The selected node, or, where it is gone, the one below it in the table that is not, or above. */
static size_t find_selected(const struct ui *ui, const struct renewal *renewal)
{
    size_t found = now_of(renewal, ui->selected);
    if (found != (size_t)NO_NODE || renewal->now->workflow->node_count == 0)
        return found;
    size_t row = ui->selected < ui->rows.node_count ? ui->rows.row_of[ui->selected] : SIZE_MAX;
    for (size_t i = row; i < ui->rows.count; i++) {
        if (now_of(renewal, ui->rows.nodes[i]) != (size_t)NO_NODE)
            return now_of(renewal, ui->rows.nodes[i]);
    }
    for (size_t i = row < ui->rows.count ? row : 0; i-- > 0;) {
        if (now_of(renewal, ui->rows.nodes[i]) != (size_t)NO_NODE)
            return now_of(renewal, ui->rows.nodes[i]);
    }
    return 0;
}

static void renew_marks(struct ui *ui, const struct renewal *renewal)
{
    size_t count = renewal->now->workflow->node_count;
    bool *marks = memory_new_array(count + 1, sizeof *marks);
    ui->mark_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t before = renewal->before_of[i];
        marks[i] = before != (size_t)NO_NODE && ui->marks[before];
        ui->mark_count += marks[i];
    }
    free(ui->marks);
    free(ui->concerned);
    ui->marks = marks;
    ui->concerned = memory_new_array(count + 1, sizeof *ui->concerned);
    ui->concerned_count = 0;
    size_t from = now_of(renewal, ui->range_from);
    ui->range_from = from == (size_t)NO_NODE ? SIZE_MAX : from;
}

static size_t find_host(const struct ui *ui, const struct renewal *renewal)
{
    if (ui->host >= renewal->before->host_count)
        return 0;
    for (size_t i = 0; i < renewal->now->host_count; i++) {
        if (strcmp(renewal->now->hosts[i].name, renewal->before->hosts[ui->host].name) == 0)
            return i;
    }
    return 0;
}

/* The selected row stays where it is on the screen. */
static void renew_rows(struct ui *ui, size_t selected, size_t count)
{
    size_t row = ui->selected < ui->rows.node_count ? ui->rows.row_of[ui->selected] : SIZE_MAX;
    size_t below = row != SIZE_MAX && row > ui->table_top ? row - ui->table_top : 0;
    table_rows_resize(&ui->rows, count);
    ui->selected = selected;
    table_rows_make(&ui->rows, ui, ui->snapshot);
    row = selected < count ? ui->rows.row_of[selected] : SIZE_MAX;
    if (row != SIZE_MAX)
        ui->table_top = row > below ? row - below : 0;
}

/* Answers that are on their way, and what was made from the nodes as they were. */
static void forget_answers(struct ui *ui, size_t count)
{
    while (ui->layer_count > 0)
        ui_close_layer(ui);
    layer_question_forget(ui);
    log_fetch_release(ui);
    for (size_t i = 0; i < ui->task_count; i++)
        *ui->tasks[i] = NULL;
    ui->task_count = 0;
    for (size_t i = 0; ui->triage_tails && i < count; i++)
        free(ui->triage_tails[i]);
    free(ui->triage_tails);
    ui->triage_tails = NULL;
    free(ui->job_settings);
    ui->job_settings = NULL;
    pane_timeline_release(ui);
}

void ui_set_engine(struct ui *ui, struct engine *engine)
{
    struct renewal renewal = {.before = engine_snapshot(ui->options.engine), .now = engine_snapshot(engine)};
    find_names(&renewal);
    size_t count = renewal.now->workflow->node_count, selected = find_selected(ui, &renewal);
    forget_answers(ui, renewal.before->workflow->node_count);
    pane_log_renew(ui, now_of(&renewal, ui->log.node));
    pane_graph_renew(ui, renewal.now->workflow, renewal.now_of, renewal.before_of);
    ui->host = find_host(ui, &renewal);
    renew_marks(ui, &renewal);
    notices_renew(ui->notices, renewal.now->workflow, renewal.before_of);
    ui->options.engine = engine;
    ui->snapshot = renewal.now;
    renew_rows(ui, selected, count);
    pane_grid_renew(ui);
    free(renewal.now_of);
    free(renewal.before_of);
    ui_changed(ui, ~0u);
}

struct engine *ui_engine(const struct ui *ui)
{
    return ui->options.engine;
}
