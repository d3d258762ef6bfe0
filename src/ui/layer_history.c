/* SPDX-License-Identifier: Apache-2.0 */
/* All attempts of a node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

const char *attempt_outcome(const struct attempt *attempt, struct text *text)
{
    if (attempt->exited && attempt->signal)
        text_append_format(text, "signal %d", attempt->signal);
    else if (attempt->exited)
        text_append_format(text, "exit %d", attempt->exit_code);
    else if (attempt->lost)
        text_append_string(text, "lost");
    else if (attempt->decision == DECISION_VOID)
        text_append_string(text, "void: never ran");
    else if (attempt->decision == DECISION_CANCELLED)
        text_append_string(text, "cancelled before it ran");
    else if (attempt->decision == DECISION_NONE)
        text_append_string(text, "not confirmed yet");
    else
        text_append_string(text, "running");
    if (attempt->cause)
        text_append_format(text, " (%s)", attempt->cause);
    if (attempt->cancelled)
        text_append_string(text, ", a user asked to cancel it");
    return text->data;
}

void attempt_duration(const struct ui *ui, const struct attempt *attempt, struct text *text)
{
    char buffer[32];
    if (!attempt->started)
        return;
    wall_time end = attempt->ended ? attempt->ended : ui_now(ui);
    text_append_string(text, ink_duration(end - attempt->started, buffer));
}

static void add_attempt(struct layer *layer, const struct ui *ui, const struct attempt *attempt)
{
    struct text text, duration;
    char label[32], date[32];
    text_init(&text, 0);
    text_init(&duration, 0);
    snprintf(label, sizeof label, "%u", attempt->number);
    attempt_duration(ui, attempt, &duration);
    text_append_format(&text, "%-19s  %7s  %-16s  ",
        ink_date(attempt->started ? attempt->started : attempt->requested, date), duration.data,
        attempt->machine ? attempt->machine : "");
    attempt_outcome(attempt, &text);
    bool bad = (attempt->exited && (attempt->exit_code || attempt->signal)) || attempt->lost;
    layer_add_choice(layer, attempt->number, label, STYLE_STRONG, text.data, bad ? STYLE_STATE_FAILED : STYLE_TEXT);
    text_release(&text);
    text_release(&duration);
}

static void fill(struct ui *ui, struct layer *layer)
{
    const struct observation *observation = &ui->snapshot->observations[layer->node];
    layer_clear(layer);
    layer_add(layer, "Try", STYLE_COLUMN, "Started                 Time  Machine           Outcome", STYLE_COLUMN);
    for (size_t i = observation->attempt_count; i-- > 0;)
        add_attempt(layer, ui, &observation->attempts[i]);
    if (observation->attempt_count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "There was no attempt yet.", STYLE_DIM);
    layer_begin_list(layer);
}

static const struct attempt *find_attempt(const struct observation *observation, unsigned number)
{
    for (size_t i = 0; i < observation->attempt_count; i++) {
        if (observation->attempts[i].number == number)
            return &observation->attempts[i];
    }
    return NULL;
}

static void choose(struct ui *ui, struct layer *list, int64_t value, bool toggle)
{
    const struct observation *observation = &ui->snapshot->observations[list->node];
    const struct attempt *new = find_attempt(observation, (unsigned)value);
    const struct attempt *old = value > 0 ? find_attempt(observation, (unsigned)value - 1) : NULL;
    size_t node = list->node;
    if (toggle || !old || !new) {
        ui_close_layer(ui);
        ui_select(ui, node);
        pane_log_show_attempt(ui, (unsigned)value);
        ui->focus = PANE_LOG;
        return;
    }
    layer_compare_open(ui, node, old, new);
}

void layer_history_open(struct ui *ui)
{
    struct error error;
    char title[120];
    if (ui->selected >= ui->rows.node_count)
        return;
    snprintf(title, sizeof title, "Attempts of %.80s", ui->snapshot->workflow->nodes[ui->selected].name);
    struct layer *layer = layer_new(LAYER_LIST, title);
    layer->node = ui->selected;
    layer->choose = choose;
    layer->fill = fill;
    layer->hint = "Enter compares, Space shows log";
    fill(ui, layer);
    ui_open_layer(ui, layer);
    struct ui **place = ui_expect(ui);
    if (engine_list_attempts(ui->options.engine, layer->node, ui_expected, place, &error) == STATUS_OK)
        return;
    ui_expected(place, &error);
    ui_show_message(ui, true, error.message);
}
