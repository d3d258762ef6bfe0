/* SPDX-License-Identifier: Apache-2.0 */
/* Marked nodes: what an action is meant for, instead of the selected one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/graph.h"
#include "ui_private.h"

static void set_mark(struct ui *ui, size_t node, bool marked)
{
    if (ui->marks[node] == marked)
        return;
    ui->marks[node] = marked;
    ui->mark_count += marked ? 1 : (size_t)-1;
}

void marks_clear(struct ui *ui)
{
    memset(ui->marks, 0, ui->rows.node_count * sizeof *ui->marks);
    ui->mark_count = 0;
    ui->range_from = SIZE_MAX;
}

bool marks_in_range(const struct ui *ui, size_t node)
{
    size_t from = ui->range_from, row = ui->rows.row_of[node];
    if (from == SIZE_MAX || ui->selected >= ui->rows.node_count || row == SIZE_MAX)
        return false;
    size_t first = ui->rows.row_of[from], last = ui->rows.row_of[ui->selected];
    if (first == SIZE_MAX || last == SIZE_MAX)
        return false;
    return first < last ? row >= first && row <= last : row >= last && row <= first;
}

static void mark_range(struct ui *ui)
{
    if (ui->range_from == SIZE_MAX) {
        ui->range_from = ui->selected;
        ui_show_message(ui, false, "Range: move to its other end, v marks it, Esc forgets it");
        return;
    }
    for (size_t i = 0; i < ui->rows.count; i++) {
        if (marks_in_range(ui, ui->rows.nodes[i]))
            set_mark(ui, ui->rows.nodes[i], true);
    }
    ui->range_from = SIZE_MAX;
}

static void mark_downstream(struct ui *ui)
{
    bool *set = memory_new_array(ui->rows.node_count, sizeof *set);
    set[ui->selected] = true;
    graph_add_downstream(ui->snapshot->workflow, set);
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        if (set[i])
            set_mark(ui, i, true);
    }
    free(set);
}

static void say_count(struct ui *ui)
{
    char words[80];
    snprintf(words, sizeof words, "%zu node%s marked", ui->mark_count, ui->mark_count == 1 ? "" : "s");
    ui_show_message(ui, false, words);
}

void marks_add_fitting(struct ui *ui, const char *words)
{
    struct filter filter = {0};
    filter_compile(&filter, words);
    for (size_t i = 0; i < ui->rows.node_count && filter.count > 0; i++) {
        struct filter_subject subject = ui_filter_subject(ui, i);
        if (filter_fits(&filter, &subject))
            set_mark(ui, i, true);
    }
    filter_release(&filter);
    say_count(ui);
}

bool marks_act(struct ui *ui, enum ui_action action)
{
    if (ui->selected >= ui->rows.node_count)
        return false;
    switch (action) {
    case UI_MARK:
        set_mark(ui, ui->selected, !ui->marks[ui->selected]);
        if (ui->focus == PANE_TABLE)
            pane_table_act(ui, UI_DOWN);
        return true;
    case UI_MARK_RANGE:
        mark_range(ui);
        return true;
    case UI_MARK_DOWNSTREAM:
        mark_downstream(ui);
        say_count(ui);
        return true;
    case UI_UNMARK:
        marks_clear(ui);
        return true;
    default:
        return false;
    }
}

bool *marks_targets(const struct ui *ui)
{
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    if (ui->mark_count == 0 && ui->selected < ui->rows.node_count)
        set[ui->selected] = true;
    for (size_t i = 0; i < ui->rows.node_count && ui->mark_count > 0; i++)
        set[i] = ui->marks[i] && ui->rows.row_of[i] != SIZE_MAX;
    return set;
}

bool *marks_all(const struct ui *ui)
{
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    memcpy(set, ui->marks, ui->rows.node_count * sizeof *set);
    return set;
}

void marks_take_away(struct ui *ui, const bool *set)
{
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        if (set[i])
            set_mark(ui, i, false);
    }
    ui->range_from = SIZE_MAX;
}

size_t marks_hidden(const struct ui *ui, struct text *names)
{
    size_t hidden = 0;
    for (size_t i = 0; i < ui->rows.node_count && ui->mark_count > 0; i++) {
        if (!ui->marks[i] || ui->rows.row_of[i] != SIZE_MAX)
            continue;
        if (names && hidden < 8)
            text_append_format(names, "%s%s", hidden ? ", " : "", ui->snapshot->workflow->nodes[i].name);
        hidden++;
    }
    if (names && hidden > 8)
        text_append_format(names, " and %zu more", hidden - 8);
    return hidden;
}
