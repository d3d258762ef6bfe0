/* SPDX-License-Identifier: Apache-2.0 */
/* What the panes say about a node. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/model/label.h"
#include "ui_private.h"

static const char *environment(const char *name, void *argument)
{
    (void)argument;
    return getenv(name);
}

static const char *variable(const char *name, void *argument)
{
    const struct ui *ui = argument;
    return ui->options.settings ? attributes_get(&ui->options.settings->variables, name) : NULL;
}

void ui_expand_label(const struct ui *ui, size_t node, struct text *text)
{
    const struct snapshot *snapshot = ui->snapshot;
    struct label_context context = {.workflow = snapshot->workflow,
        .node = node,
        .view = &snapshot->views[node],
        .observation = &snapshot->observations[node],
        .now = ui_now(ui),
        .workflow_first_start = snapshot->first_start,
        .workflow_end = snapshot->end,
        .environment = environment,
        .variable = variable,
        .argument = (void *)ui};
    label_expand(snapshot->workflow->nodes[node].label, &context, text);
}

/* Why a node stands as it does, or what it last said, where it has no label of its own. */
static void append_reason(const struct ui *ui, size_t node, struct text *text)
{
    const struct snapshot *snapshot = ui->snapshot;
    const struct node_view *view = &snapshot->views[node];
    const struct observation *observation = &snapshot->observations[node];
    if (view->reason)
        text_append_string(text, view->reason);
    else if (view->blocked_by_count > 0)
        text_append_format(text, "blocked by %s", snapshot->workflow->nodes[view->blocked_by[0]].name);
    else if (observation->trouble)
        text_append_string(text, observation->trouble);
    else if (observation->report.message)
        text_append_string(text, observation->report.message);
    else if (snapshot->workflow->nodes[node].note)
        text_append_string(text, snapshot->workflow->nodes[node].note);
}

void ui_label_line(const struct ui *ui, size_t node, struct text *text)
{
    const struct node *row = &ui->snapshot->workflow->nodes[node];
    const struct node_view *view = &ui->snapshot->views[node];
    size_t begin = text->length;
    if (row->label && !(view->reason && state_blocks_children(view->state))) {
        ui_expand_label(ui, node, text);
        size_t line = strcspn(text->data + begin, "\n");
        text_truncate(text, begin + line);
        bool empty = view->attempt == 0 && strstr(text->data + begin, "N/A");
        if (strcmp(text->data + begin, row->name) != 0 && !empty)
            return;
        text_truncate(text, begin);
    }
    append_reason(ui, node, text);
}

struct filter_subject ui_filter_subject(const struct ui *ui, size_t node)
{
    return (struct filter_subject){&ui->snapshot->workflow->nodes[node], &ui->snapshot->views[node],
        &ui->snapshot->observations[node], ui_elapsed(ui, node), ui->marks && ui->marks[node]};
}

int64_t ui_elapsed(const struct ui *ui, size_t node)
{
    const struct node_view *view = &ui->snapshot->views[node];
    wall_time from = view->started ? view->started : view->submitted;
    if (!from || (!state_is_live(view->state) && !view->ended))
        return -1;
    wall_time to = state_is_live(view->state) ? ui_now(ui) : view->ended;
    return to > from ? to - from : 0;
}

unsigned ui_selected_style(const struct ui *ui, enum pane pane)
{
    return ui->focus == pane && ui->layer_count == 0 ? STYLE_SELECTED : STYLE_SELECTED_IDLE;
}
