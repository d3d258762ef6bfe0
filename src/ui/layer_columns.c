/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns the table has. */
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
        struct text text;
        if (i == COLUMN_MARK || i == COLUMN_NAME)
            continue;
        text_init(&text, 0);
        text_append_format(
            &text, "%s %-10s %s", ui->hidden_columns[i] ? "[ ]" : "[x]", columns[i].title, columns[i].sentence);
        layer_add_choice(layer, i, NULL, STYLE_TEXT, text.data, ui->hidden_columns[i] ? STYLE_DIM : STYLE_TEXT);
        text_release(&text);
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
