/* SPDX-License-Identifier: Apache-2.0 */
/* The help: made from the tables of keys, states and columns. */
#include <string.h>

#include "ui_private.h"

/* All keys of one action in one context, "j Down", once for each action: false where an earlier row told it. */
static bool gather_keys(const struct key_binding *bindings, size_t count, size_t which, struct text *keys)
{
    for (size_t i = 0; i < count; i++) {
        if (bindings[i].context != bindings[which].context || bindings[i].action != bindings[which].action)
            continue;
        if (i < which)
            return false;
        text_append_format(keys, "%s%s", keys->length > 0 ? " " : "", bindings[i].key);
    }
    return true;
}

static void add_context(const struct ui *ui, struct layer *layer, enum key_context context)
{
    size_t count;
    const struct key_binding *bindings = keymap_bindings(ui->options.keymap, &count);
    layer_add(layer, NULL, STYLE_TEXT, keymap_context_title(context), STYLE_HEADING);
    for (size_t i = 0; i < count; i++) {
        struct text keys;
        if (bindings[i].context != context)
            continue;
        text_init(&keys, 0);
        if (gather_keys(bindings, count, i, &keys))
            layer_add(layer, keys.data, STYLE_KEY, keymap_action_sentence(bindings[i].action), STYLE_TEXT);
        text_release(&keys);
    }
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
}

static void add_states(struct layer *layer)
{
    layer_add(layer, NULL, STYLE_TEXT, "States", STYLE_HEADING);
    for (int i = 0; i < STATE_COUNT; i++) {
        enum node_state state = (enum node_state)i;
        struct text mark, words;
        text_init(&mark, 0);
        text_init(&words, 0);
        text_append_format(&mark, "%s %c", state_glyph(state), state_letter(state));
        text_append_format(&words, "%-10s %s", state_word(state), state_sentence(state));
        layer_add(layer, mark.data, theme_state_style(state), words.data, STYLE_TEXT);
        text_release(&mark);
        text_release(&words);
    }
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
}

static void add_columns(struct layer *layer)
{
    layer_add(layer, NULL, STYLE_TEXT, "Columns of the table", STYLE_HEADING);
#define COLUMN(name, title, width, most, alignment, rank, shown, sentence)                                             \
    layer_add(layer, title[0] ? title : "(mark)", STYLE_COLUMN, sentence, STYLE_TEXT);
#define VALUE_COLUMN(name)
#include "dagtop/ui/columns.def"
#undef COLUMN
    layer_add(layer, "(any)", STYLE_COLUMN, "parameters of a sweep and metrics, as chosen with C", STYLE_TEXT);
}

static void add_filters(struct layer *layer)
{
    static const struct {
        const char *word, *sentence;
    } rows[] = {{"train", "names with this in them, in any case unless it has capital letters"},
        {"train-*", "whole names, with * and ?"}, {"^train-[12]$", "names that fit an extended regular expression"},
        {"@failed", "a state, or outdated, stale, blocked, marked"}, {"host:gpu", "names of hosts"},
        {"kind:slurm", "where a node runs"},
        {"loss<0.3", "a parameter, a metric, or progress, attempt, exit, time in seconds"},
        {"!train", "the opposite; several words must all fit"}};
    layer_add(layer, NULL, STYLE_TEXT, "Filters and marks (/ and *)", STYLE_HEADING);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        layer_add(layer, rows[i].word, STYLE_KEY, rows[i].sentence, STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
}

static void add_commands(struct layer *layer)
{
    layer_add(layer, NULL, STYLE_TEXT, "Commands (:), beside every action above by its name", STYLE_HEADING);
#define PALETTE(word, arguments, usage, sentence) layer_add(layer, word, STYLE_KEY, usage "  " sentence, STYLE_TEXT);
#include "dagtop/ui/palette.def"
#undef PALETTE
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
}

void layer_help_open(struct ui *ui)
{
    struct layer *layer = layer_new(LAYER_HELP, "Help");
    enum key_context here = ui_context(ui);
    if (here != KEY_CONTEXT_GLOBAL)
        add_context(ui, layer, here);
    for (int i = 0; i < KEY_CONTEXT_COUNT; i++) {
        if (i != (int)here)
            add_context(ui, layer, (enum key_context)i);
    }
    add_filters(layer);
    add_commands(layer);
    add_states(layer);
    add_columns(layer);
    ui_open_layer(ui, layer);
}
