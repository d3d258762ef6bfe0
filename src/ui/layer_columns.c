/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns the table has. */
#include <stdlib.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

static const struct {
    const char *word, *title, *sentence;
} columns[COLUMN_COUNT] = {
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence) {#name, title, sentence},
#include "dagtop/ui/columns.def"
#undef COLUMN
};

static void fill(struct ui *ui, struct layer *layer)
{
    layer_clear(layer);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bool hidden = ui->hidden_columns[i];
        if (i == COLUMN_MARK || i == COLUMN_NAME)
            continue;
        char *label = memory_format("%s %s", hidden ? "[ ]" : "[x]", columns[i].title);
        layer_add_choice(
            layer, i, label, hidden ? STYLE_DIM : STYLE_STRONG, columns[i].sentence, hidden ? STYLE_DIM : STYLE_TEXT);
        free(label);
    }
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    if (!toggle) {
        ui_close_layer(ui);
        return;
    }
    ui->hidden_columns[value] = !ui->hidden_columns[value];
    fill(ui, layer);
}

void layer_columns_open(struct ui *ui)
{
    struct layer *layer = layer_new(LAYER_LIST, "Columns of the table");
    layer->choose = choose;
    layer->hint = "Space turns on or off, Enter is done";
    fill(ui, layer);
    layer_begin_list(layer);
    ui_open_layer(ui, layer);
}
