/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns the table has: its own, then the parameters and the metrics that its nodes have. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "dagtop/sweep/result_table.h"
#include "ui_private.h"

static const struct {
    const char *word, *title, *sentence;
} columns[COLUMN_COUNT] = {
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence) {#name, title, sentence},
#include "dagtop/ui/columns.def"
#undef COLUMN
};

/* What may be chosen beside the columns: choice COLUMN_COUNT + i is the i-th of these. */
struct candidates {
    struct name_list parameters, metrics;
};

/* Those that nodes have, and those that are shown though no node has them now. */
static void find_candidates(const struct ui *ui, struct candidates *found)
{
    size_t index;
    name_list_init(&found->parameters);
    name_list_init(&found->metrics);
    for (size_t i = 0; i < ui->snapshot->workflow->node_count; i++) {
        table_value_add_names(&found->parameters, &ui->snapshot->workflow->nodes[i].sweep);
        table_value_add_names(&found->metrics, &ui->snapshot->observations[i].report.metrics);
    }
    for (size_t i = 0; i < TABLE_VALUES; i++) {
        const struct table_value *value = &ui->rows.values[i];
        struct name_list *list = value->is_metric ? &found->metrics : &found->parameters;
        if (value->name && !result_find_name(list, value->name, &index))
            name_list_add(list, value->name);
    }
}

static void release(struct candidates *candidates)
{
    name_list_release(&candidates->parameters);
    name_list_release(&candidates->metrics);
}

static void add_choice(struct layer *layer, int64_t value, bool shown, const char *title, const char *sentence)
{
    char *label = memory_format("%s %s", shown ? "[x]" : "[ ]", title);
    layer_add_choice(layer, value, label, shown ? STYLE_STRONG : STYLE_DIM, sentence, shown ? STYLE_TEXT : STYLE_DIM);
    free(label);
}

static void add_values(
    struct ui *ui, struct layer *layer, const struct name_list *names, int64_t first, bool are_metrics)
{
    for (size_t i = 0; i < names->count; i++)
        add_choice(layer, first + (int64_t)i, table_value_is_shown(ui->rows.values, names->names[i], are_metrics),
            names->names[i], are_metrics ? "a metric" : "a parameter");
}

static void fill(struct ui *ui, struct layer *layer)
{
    struct candidates candidates;
    layer_clear(layer);
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (i != COLUMN_MARK && i != COLUMN_NAME && !column_is_value((enum column)i))
            add_choice(layer, i, !ui->hidden_columns[i], columns[i].title, columns[i].sentence);
    find_candidates(ui, &candidates);
    add_values(ui, layer, &candidates.parameters, COLUMN_COUNT, false);
    add_values(ui, layer, &candidates.metrics, COLUMN_COUNT + (int64_t)candidates.parameters.count, true);
    release(&candidates);
}

static void toggle_value(struct ui *ui, size_t index)
{
    struct candidates candidates;
    find_candidates(ui, &candidates);
    bool is_metric = index >= candidates.parameters.count;
    const struct name_list *names = is_metric ? &candidates.metrics : &candidates.parameters;
    index -= is_metric ? candidates.parameters.count : 0;
    if (index < names->count && !table_value_toggle(ui->rows.values, names->names[index], is_metric))
        ui_show_message(ui, true, "Eight parameters and metrics are shown, as many as may be");
    release(&candidates);
    /* The order may have been by what is shown no more. */
    if (column_is_value(ui->rows.sort) && !ui->rows.values[ui->rows.sort - COLUMN_VALUE_1].name) {
        ui->rows.sort = COLUMN_MARK;
        table_rows_make(&ui->rows, ui, ui->snapshot);
    }
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    if (!toggle) {
        ui_close_layer(ui);
        return;
    }
    if (value >= COLUMN_COUNT)
        toggle_value(ui, (size_t)(value - COLUMN_COUNT));
    else
        ui->hidden_columns[value] = !ui->hidden_columns[value];
    fill(ui, layer);
}

void layer_columns_open(struct ui *ui)
{
    struct layer *layer = layer_new(LAYER_LIST, "Columns of the table");
    layer->choose = choose;
    layer->hint = "Space switches, Enter is done";
    fill(ui, layer);
    layer_begin_list(layer);
    ui_open_layer(ui, layer);
}
