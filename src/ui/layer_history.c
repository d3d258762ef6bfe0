/* SPDX-License-Identifier: Apache-2.0 */
/* All attempts of a node, and what is different between one and the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "line_diff.h"
#include "ui_private.h"

enum { TAIL_BYTES = 4096, TAIL_LINES = 20 };

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

static void append_duration(struct text *text, const struct ui *ui, const struct attempt *attempt)
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
    append_duration(&duration, ui, attempt);
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
    layer_add(layer, "Try", STYLE_COLUMN, "Started              Time     Machine           Outcome", STYLE_COLUMN);
    for (size_t i = observation->attempt_count; i-- > 0;)
        add_attempt(layer, ui, &observation->attempts[i]);
    if (observation->attempt_count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "There was no attempt yet.", STYLE_DIM);
    layer_begin_list(layer);
}

/* Two attempts whose ends of logs are on their way. */
struct tails {
    struct ui *ui;
    uint64_t number;
    unsigned open;
    char *text[2];
};

struct tail_request {
    struct tails *tails;
    int which;
};

static void add_difference(void *argument, char sign, const char *line, size_t length)
{
    struct layer *layer = argument;
    char *text = memory_copy_span(line, length);
    char *whole = memory_format("%c %s", sign, text);
    layer_add(layer, NULL, STYLE_TEXT, whole,
        sign == '-'   ? STYLE_STATE_FAILED
        : sign == '+' ? STYLE_STATE_DONE
                      : STYLE_DIM);
    free(whole);
    free(text);
}

static struct layer *find_layer(struct ui *ui, uint64_t number)
{
    for (size_t i = 0; ui && i < ui->layer_count; i++) {
        if (ui->layers[i]->kind == LAYER_TEXT && ui->layers[i]->number == number)
            return ui->layers[i];
    }
    return NULL;
}

static void show_tails(struct tails *tails)
{
    struct layer *layer = find_layer(tails->ui, tails->number);
    if (layer) {
        layer->lines[--layer->count].value = 0;
        free(layer->lines[layer->count].label);
        free(layer->lines[layer->count].text);
        line_diff(tails->text[0] ? tails->text[0] : "", tails->text[1] ? tails->text[1] : "", add_difference, layer);
    }
    if (tails->ui)
        ui_forget_task(tails->ui, &tails->ui);
    free(tails->text[0]);
    free(tails->text[1]);
    free(tails);
}

/* The last lines of what came, without the first, which may be cut. */
static char *last_lines(const char *bytes, size_t length, bool cut)
{
    size_t begin = length, lines = 0;
    while (begin > 0 && (lines < TAIL_LINES || bytes[begin - 1] != '\n'))
        lines += bytes[--begin] == '\n' && begin + 1 < length;
    while (begin < length && bytes[begin] == '\n')
        begin++;
    if (begin == 0 && cut) {
        const char *newline = memchr(bytes, '\n', length);
        begin = newline ? (size_t)(newline - bytes) + 1 : 0;
    }
    return memory_copy_span(bytes + begin, length - begin);
}

static void tail_came(void *argument, const struct agent_log *log, const struct error *error)
{
    struct tail_request *request = argument;
    struct tails *tails = request->tails;
    if (error->status == STATUS_OK && log && log->length > 0)
        tails->text[request->which] = last_lines(log->bytes, log->length, log->offset > 0);
    free(request);
    if (--tails->open == 0)
        show_tails(tails);
}

static void ask_tails(struct ui *ui, struct layer *layer, size_t node, unsigned old, unsigned new)
{
    struct tails *tails = memory_new(sizeof *tails);
    const unsigned attempts[2] = {old, new};
    layer->number = ++ui->task_number;
    *tails = (struct tails){.ui = ui, .number = layer->number, .open = 3};
    ui_add_task(ui, &tails->ui);
    for (int i = 0; i < 2; i++) {
        struct tail_request *request = memory_new(sizeof *request);
        struct error error;
        *request = (struct tail_request){tails, i};
        if (engine_read_log(
                ui->options.engine, node, attempts[i], NULL, -TAIL_BYTES, TAIL_BYTES, tail_came, request, &error)) {
            free(request);
            tails->open--;
        }
    }
    if (--tails->open == 0)
        show_tails(tails);
}

static void compare(struct layer *layer, const char *label, const char *old, const char *new)
{
    old = old ? old : "";
    new = new ? new : "";
    if (strcmp(old, new) == 0)
        return;
    layer_add_format(layer, label, "- %s", old);
    layer->lines[layer->count - 1].style = STYLE_STATE_FAILED;
    layer_add_format(layer, "", "+ %s", new);
    layer->lines[layer->count - 1].style = STYLE_STATE_DONE;
}

static const struct attempt *find_attempt(const struct observation *observation, unsigned number)
{
    for (size_t i = 0; i < observation->attempt_count; i++) {
        if (observation->attempts[i].number == number)
            return &observation->attempts[i];
    }
    return NULL;
}

static void compare_attempts(struct ui *ui, struct layer *layer, const struct attempt *old, const struct attempt *new)
{
    struct text one, other;
    text_init(&one, 0);
    text_init(&other, 0);
    compare(layer, "outcome", attempt_outcome(old, &one), attempt_outcome(new, &other));
    text_clear(&one);
    text_clear(&other);
    append_duration(&one, ui, old);
    append_duration(&other, ui, new);
    compare(layer, "time", one.data, other.data);
    compare(layer, "machine", old->machine, new->machine);
    compare(layer, "job", old->jobid, new->jobid);
    compare(layer, "command", old->command, new->command);
    compare(layer, "script", old->checksum, new->checksum);
    compare(layer, "parents", old->parents, new->parents);
    compare(layer, "asked by", old->who, new->who);
    compare(layer, "from", old->from, new->from);
    if (layer->count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "The records of both are the same.", STYLE_DIM);
    text_release(&one);
    text_release(&other);
}

static void choose(struct ui *ui, struct layer *list, int64_t value, bool toggle)
{
    const struct observation *observation = &ui->snapshot->observations[list->node];
    const struct attempt *new = find_attempt(observation, (unsigned)value);
    const struct attempt *old = value > 0 ? find_attempt(observation, (unsigned)value - 1) : NULL;
    size_t node = list->node;
    char title[120];
    if (toggle || !old || !new) {
        ui_close_layer(ui);
        ui_select(ui, node);
        pane_log_show_attempt(ui, (unsigned)value);
        ui->focus = PANE_LOG;
        return;
    }
    snprintf(title, sizeof title, "Attempt %u against %u", new->number, old->number);
    struct layer *layer = layer_new(LAYER_TEXT, title);
    compare_attempts(ui, layer, old, new);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "Last lines", STYLE_HEADING);
    layer_add(layer, NULL, STYLE_TEXT, "reading\u2026", STYLE_DIM);
    ui_open_layer(ui, layer);
    ask_tails(ui, layer, node, old->number, new->number);
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
    layer->hint = "Enter compares with the one before, Space shows the log";
    fill(ui, layer);
    ui_open_layer(ui, layer);
    struct ui **place = ui_expect(ui);
    if (engine_list_attempts(ui->options.engine, layer->node, ui_expected, place, &error) == STATUS_OK)
        return;
    ui_expected(place, &error);
    ui_show_message(ui, true, error.message);
}
