/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong first: causes only, each with its class, its last lines and what may be done about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum { CAUSES_SHOWN = 200, TAILS_ASKED = 12, TAIL_BYTES = 2048, TAIL_LINES = 4 };

/* How a node came to its end, as far as its records tell. */
enum trouble_class {
    TROUBLE_MEMORY,
    TROUBLE_TIME,
    TROUBLE_NODE,
    TROUBLE_LOST,
    TROUBLE_SIGNAL,
    TROUBLE_CANCELLED,
    TROUBLE_EXIT
};

static const char *const class_words[] = {[TROUBLE_MEMORY] = "out of memory",
    [TROUBLE_TIME] = "time limit",
    [TROUBLE_NODE] = "node failure",
    [TROUBLE_LOST] = "lost",
    [TROUBLE_SIGNAL] = "signal",
    [TROUBLE_CANCELLED] = "cancelled",
    [TROUBLE_EXIT] = "exit"};

static enum trouble_class class_of(const struct node_view *view)
{
    const char *reason = view->reason ? view->reason : "", *cause = "";
    if (view->current && view->current->cause)
        cause = view->current->cause;
    if (strstr(reason, "OUT_OF_ME") || strstr(cause, "OUT_OF_ME") || strstr(cause, "OOM"))
        return TROUBLE_MEMORY;
    if (strstr(reason, "TIMEOUT") || strstr(cause, "TIMEOUT"))
        return TROUBLE_TIME;
    if (strstr(reason, "NODE_FAIL") || strstr(cause, "NODE_FAIL"))
        return TROUBLE_NODE;
    if (view->state == STATE_LOST)
        return TROUBLE_LOST;
    if (view->state == STATE_CANCELLED)
        return TROUBLE_CANCELLED;
    return view->signal ? TROUBLE_SIGNAL : TROUBLE_EXIT;
}

static bool is_batch(const struct node *node)
{
    return node->kind == NODE_KIND_SLURM || node->kind == NODE_KIND_LSF;
}

/* "4G" times 1.5, as "6144M"; false where it is no amount of memory. */
static bool more_memory(const char *text, char *result, size_t size)
{
    static const char units[] = "KMGT";
    char *end;
    double amount = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end & ~0x20) : &units[1];
    if (end == text || amount <= 0 || !unit)
        return false;
    amount *= 1.5;
    for (; unit > &units[0] && amount != (double)(long long)amount; unit--)
        amount *= 1024;
    snprintf(result, size, "%.0f%c", amount, *unit);
    return true;
}

/* "D-HH:MM:SS", "HH:MM:SS", "MM:SS" or "MM", doubled; false where it is no time (sbatch(1), --time). */
static bool more_time(const char *text, char *result, size_t size)
{
    unsigned parts[4] = {0}, count = 0;
    unsigned long long days = 0, seconds;
    const char *dash = strchr(text, '-');
    if (dash && sscanf(text, "%llu-", &days) != 1)
        return false;
    const char *rest = dash ? dash + 1 : text;
    for (; count < 3 && sscanf(rest, "%9u", &parts[count]) == 1; count++) {
        rest += strspn(rest, "0123456789");
        if (*rest++ != ':') {
            count++;
            break;
        }
    }
    if (count == 0)
        return false;
    if (dash || count == 3)
        seconds = parts[0] * 3600ull + parts[1] * 60ull + parts[2];
    else
        seconds = parts[0] * 60ull + parts[1];
    seconds = 2 * (days * 86400 + seconds);
    snprintf(result, size, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return true;
}

/* The option of the batch system that would help, and its value; false where there is none. */
static bool find_option(const struct node *node, enum trouble_class class, const char **name, char *value, size_t size)
{
    if (!is_batch(node))
        return false;
    if (class == TROUBLE_TIME) {
        const char *limit = attributes_get(&node->slurm, "time");
        *name = "time";
        return limit && more_time(limit, value, size);
    }
    static const char *const names[] = {"mem", "mem-per-cpu", "mem-per-gpu"};
    for (size_t i = 0; class == TROUBLE_MEMORY && i < sizeof names / sizeof names[0]; i++) {
        const char *limit = attributes_get(&node->slurm, names[i]);
        *name = names[i];
        if (limit && more_memory(limit, value, size))
            return true;
    }
    return false;
}

static size_t count_blocked(const struct ui *ui, size_t cause)
{
    size_t count = 0;
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        const struct node_view *view = &ui->snapshot->views[i];
        for (size_t j = 0; j < view->blocked_by_count && j < 16; j++)
            count += view->blocked_by[j] == cause;
    }
    return count;
}

static void add_tail(struct layer *layer, const char *tail)
{
    const char *begin = tail + strlen(tail);
    for (int lines = 0; begin > tail; begin--) {
        if (begin[-1] == '\n' && begin[0] != '\0' && ++lines == TAIL_LINES)
            break;
    }
    layer_add(layer, "", STYLE_LABEL, begin, STYLE_LOG);
}

static void add_cause(struct ui *ui, struct layer *layer, size_t node)
{
    const struct node_view *view = &ui->snapshot->views[node];
    const struct node *now = &ui->snapshot->workflow->nodes[node];
    enum trouble_class class = class_of(view);
    const char *option;
    char value[48];
    struct text text;
    text_init(&text, 0);
    const char *reason = view->reason ? view->reason : state_word(view->state);
    /* "exit 3" and "signal 9 (KILL)" say what they are themselves. */
    bool plain = class == TROUBLE_EXIT || class == TROUBLE_SIGNAL;
    text_append_format(
        &text, "%s %s%s%s", state_glyph(view->state), plain ? "" : class_words[class], plain ? "" : ": ", reason);
    size_t blocked = count_blocked(ui, node);
    if (blocked > 0)
        text_append_format(&text, "; %zu node%s blocked by it", blocked, blocked == 1 ? "" : "s");
    layer_add_choice(layer, (int64_t)node, now->name, STYLE_STRONG, text.data, theme_state_style(view->state));
    text_clear(&text);
    if (ui->triage_tails && ui->triage_tails[node])
        add_tail(layer, ui->triage_tails[node]);
    if (find_option(now, class, &option, value, sizeof value)) {
        text_append_format(&text, "Enter: again with %s=%s, and all that follows", option, value);
        layer_add(layer, "", STYLE_LABEL, text.data, STYLE_KEY_TEXT);
    }
    text_release(&text);
}

static void fill(struct ui *ui, struct layer *layer)
{
    size_t causes = 0;
    layer_clear(layer);
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        size_t node = ui->snapshot->workflow->order[i];
        enum node_state state = ui->snapshot->views[node].state;
        if ((state == STATE_FAILED || state == STATE_LOST || state == STATE_CANCELLED) && causes++ < CAUSES_SHOWN)
            add_cause(ui, layer, node);
    }
    if (causes > CAUSES_SHOWN)
        layer_add_format(layer, NULL, "and %zu more", causes - CAUSES_SHOWN);
    if (causes == 0)
        layer_add(layer, NULL, STYLE_TEXT, "Nothing has failed, was lost or cancelled.", STYLE_DIM);
    layer_begin_list(layer);
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    size_t node = (size_t)value;
    const char *option;
    char more[48];
    (void)layer;
    ui_close_layer(ui);
    ui_select(ui, node);
    if (toggle)
        return;
    const struct node *now = &ui->snapshot->workflow->nodes[node];
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    set[node] = true;
    layer_question_nodes(ui, ACTION_RESUBMIT, set, SCOPE_DOWNSTREAM, false);
    free(set);
    if (find_option(now, class_of(&ui->snapshot->views[node]), &option, more, sizeof more))
        layer_question_set(ui, option, more);
}

/* The end of one cause's log, on its way. */
struct tail_request {
    struct ui *ui;
    size_t node;
};

static void tail_came(void *argument, const struct agent_log *log, const struct error *error)
{
    struct tail_request *request = argument;
    struct ui *ui = request->ui;
    if (ui) {
        ui_forget_task(ui, &request->ui);
        if (error->status == STATUS_OK && log && log->length > 0) {
            free(ui->triage_tails[request->node]);
            size_t length = log->length;
            while (length > 0 && log->bytes[length - 1] == '\n')
                length--;
            ui->triage_tails[request->node] = memory_copy_span(log->bytes, length);
        }
        for (size_t i = 0; i < ui->layer_count; i++) {
            if (ui->layers[i]->fill == fill)
                fill(ui, ui->layers[i]);
        }
        ui_mark_dirty(ui);
    }
    free(request);
}

static void ask_tails(struct ui *ui)
{
    size_t asked = 0;
    struct error error;
    if (!ui->triage_tails)
        ui->triage_tails = memory_new_array(ui->rows.node_count + 1, sizeof *ui->triage_tails);
    for (size_t i = 0; i < ui->rows.node_count && asked < TAILS_ASKED; i++) {
        size_t node = ui->snapshot->workflow->order[i];
        const struct node_view *view = &ui->snapshot->views[node];
        if (!state_blocks_children(view->state) || view->state == STATE_HELD || view->attempt == 0)
            continue;
        struct tail_request *request = memory_new(sizeof *request);
        *request = (struct tail_request){ui, node};
        asked++;
        ui_add_task(ui, &request->ui);
        if (engine_read_log(
                ui->options.engine, node, view->attempt, NULL, -TAIL_BYTES, TAIL_BYTES, tail_came, request, &error)) {
            ui_forget_task(ui, &request->ui);
            free(request);
        }
    }
}

void layer_triage_open(struct ui *ui)
{
    struct layer *layer = layer_new(LAYER_LIST, "What went wrong first");
    layer->choose = choose;
    layer->fill = fill;
    layer->hint = "Enter again, Space goes there";
    fill(ui, layer);
    ui_open_layer(ui, layer);
    ask_tails(ui);
}
