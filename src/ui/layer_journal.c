/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that this dagtop has asked hosts to do: when, where, what, and how it ended. */
#include <string.h>

#include "ui_private.h"

static void fill(struct ui *ui, struct layer *layer)
{
    struct journal_view entry;
    char time[32];
    layer_clear(layer);
    for (size_t age = 0; engine_journal(ui->options.engine, age, &entry); age++) {
        struct text text;
        bool fine = strcmp(entry.result, "done") == 0, open = entry.result[0] == '\0';
        text_init(&text, 0);
        text_append_format(&text, "%s: %s  %s", entry.host, entry.text, open ? "(no answer yet)" : entry.result);
        layer_add_choice(layer, (int64_t)age, ink_clock(entry.time, time), STYLE_LABEL, text.data,
            open   ? STYLE_DIM
            : fine ? STYLE_TEXT
                   : STYLE_ERROR);
        text_release(&text);
    }
    if (layer->count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "Nothing has been asked of any host, only looked at.", STYLE_DIM);
    layer_begin_list(layer);
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    (void)value;
    (void)toggle;
    ui_copy(ui, "the entry", layer->lines[layer->cursor].text);
}

void layer_journal_open(struct ui *ui)
{
    struct layer *layer = layer_new(LAYER_LIST, "Journal of acts, newest first");
    layer->choose = choose;
    layer->fill = fill;
    layer->hint = "Enter copies";
    fill(ui, layer);
    ui_open_layer(ui, layer);
}
