/* SPDX-License-Identifier: Apache-2.0 */
/* Copying to the clipboard of the terminal (OSC 52). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

void ui_copy(struct ui *ui, const char *what, const char *text)
{
    char words[160];
    size_t length = strlen(text);
    if (length > TERM_COPY_LIMIT)
        snprintf(
            words, sizeof words, "%.60s is too long to copy: %zu bytes, at most %d", what, length, TERM_COPY_LIMIT);
    else
        snprintf(words, sizeof words, "Copied %.60s, %zu bytes, by way of the terminal", what, length);
    if (length <= TERM_COPY_LIMIT)
        term_copy(ui->options.term, text, length);
    ui_show_message(ui, length > TERM_COPY_LIMIT, words);
}

static void add(struct layer *layer, const char *what, char *text)
{
    if (text && *text)
        layer_add_choice(layer, (int64_t)layer->count, what, STYLE_LABEL, text, STYLE_TEXT);
    free(text);
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    char *text = NULL;
    char what[40];
    (void)value;
    (void)toggle;
    snprintf(what, sizeof what, "the %s", layer->lines[layer->cursor].label);
    if (strcmp(layer->lines[layer->cursor].label, "log on screen") == 0)
        text = pane_log_visible(ui);
    else
        text = memory_copy_text(layer->lines[layer->cursor].text);
    ui_close_layer(ui);
    ui_copy(ui, what, text);
    free(text);
}

void layer_copy_open(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count)
        return;
    const struct node *node = &ui->snapshot->workflow->nodes[ui->selected];
    const struct attempt *attempt = ui->snapshot->views[ui->selected].current;
    struct layer *layer = layer_new(LAYER_LIST, "Copy");
    char *folder = engine_run_directory(ui->options.engine, ui->selected);
    char *visible = pane_log_visible(ui);
    layer->choose = choose;
    layer->hint = "Enter copies";
    add(layer, "name", memory_copy_text(node->name));
    add(layer, "job id", memory_copy_text(attempt ? attempt->jobid : NULL));
    if (attempt && attempt->pid > 0)
        add(layer, "process", memory_format("%lld", (long long)attempt->pid));
    add(layer, "host", memory_copy_text(node->host));
    add(layer, "directory", memory_copy_text(folder));
    if (folder && attempt)
        add(layer, "log path", memory_format("%s/.dagtop/%u/log", folder, attempt->number));
    if (folder && ui->log.file && ui->log.node == ui->selected)
        add(layer, "file path", memory_format("%s/%s", folder, ui->log.file));
    add(layer, "command", memory_copy_text(attempt ? attempt->command : NULL));
    add(layer, "script", memory_copy_text(node->script_path));
    if (visible && *visible)
        layer_add_choice(
            layer, (int64_t)layer->count, "log on screen", STYLE_LABEL, "the lines that are shown", STYLE_DIM);
    free(visible);
    free(folder);
    layer_begin_list(layer);
    ui_open_layer(ui, layer);
}
