/* SPDX-License-Identifier: Apache-2.0 */
/* Questions before something is done: what exactly, for which nodes; only y means yes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/graph.h"
#include "ui_private.h"

enum { ROWS_LIMIT = 2000 };

static const struct {
    const char *words;
    unsigned flags;
} scopes[SCOPE_COUNT] = {[SCOPE_CHOSEN] = {"only these", 0},
    [SCOPE_DOWNSTREAM] = {"these and all that follow", PLAN_DOWNSTREAM},
    [SCOPE_UPSTREAM] = {"these and all before them", PLAN_UPSTREAM},
    [SCOPE_FAILED] = {"the failed and lost ones among these and all that follow", PLAN_DOWNSTREAM | PLAN_FAILED},
    [SCOPE_UP_TO] = {"everything up to here that is not done yet", 0}};

static const char *verb(enum action action)
{
    static const char *const verbs[] = {[ACTION_START] = "Start",
        [ACTION_CANCEL] = "Cancel",
        [ACTION_RESUBMIT] = "Resubmit",
        [ACTION_HOLD] = "Hold",
        [ACTION_RELEASE] = "Release",
        [ACTION_SKIP] = "Skip",
        [ACTION_CLEAN] = "Clean",
        [ACTION_CHANGE] = "Change"};
    return verbs[action];
}

/* With "everything up to here", a start is for the ready nodes now and for the waiting ones when their turn comes. */
static bool comes_later(const struct layer *layer, const struct plan_row *row)
{
    return layer->scope == SCOPE_UP_TO && layer->action == ACTION_START && row->state == STATE_WAITING &&
           row->does_nothing;
}

static bool does_something(const struct layer *layer, const struct plan_row *row)
{
    return !row->does_nothing || comes_later(layer, row);
}

static size_t count_effective(const struct layer *layer)
{
    size_t count = 0;
    for (size_t i = 0; layer->plan && i < layer->plan->count; i++)
        count += does_something(layer, &layer->plan->rows[i]);
    return count;
}

/* What a host or a scheduler says is shown whole: in a window where the last line of the screen is too short. */
static void show_refusal(struct ui *ui, const char *what, const char *words)
{
    bool fits = ink_width(words) < ui->canvas.width - 2;
    ui_show_message(ui, true, words);
    if (fits || ui->prompt.open)
        return;
    char *title = memory_format("%s: refused", what);
    struct layer *layer = layer_new(LAYER_TEXT, title);
    layer_add(layer, NULL, STYLE_TEXT, words, STYLE_ERROR);
    ui_open_layer(ui, layer);
    free(title);
}

static void add_row(const struct ui *ui, struct layer *layer, const struct plan_row *row)
{
    const struct node *node = &ui->snapshot->workflow->nodes[row->node];
    bool effective = does_something(layer, row);
    struct text text;
    text_init(&text, 0);
    text_append_format(&text, "%s %-9s  ", state_glyph(row->state), state_word(row->state));
    if (comes_later(layer, row))
        text_append_string(&text, "start when its parents are done");
    else
        text_append_string(&text, row->what ? row->what : "");
    if (effective && row->host)
        text_append_format(&text, "  on %s", row->host);
    layer_add(layer, node->name, effective ? STYLE_STRONG : STYLE_DIM, text.data, effective ? STYLE_TEXT : STYLE_DIM);
    if (effective && row->command)
        layer_add_format(layer, "", "  %s", row->command);
    text_release(&text);
}

/* The rows of a plan that do something, or those that do nothing; a very long list ends in a number. */
static void add_rows(const struct ui *ui, struct layer *layer, bool effective)
{
    const struct plan *plan = layer->plan;
    size_t shown = 0, all = count_effective(layer), left = effective ? all : plan->count - all;
    if (!effective && left > 0) {
        layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
        layer_add(layer, NULL, STYLE_TEXT, "Nothing happens to", STYLE_HEADING);
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (does_something(layer, &plan->rows[i]) != effective)
            continue;
        if (shown++ == ROWS_LIMIT) {
            layer_add_format(layer, NULL, "and %zu more", left - ROWS_LIMIT);
            return;
        }
        add_row(ui, layer, &plan->rows[i]);
    }
}

bool layer_question_may_act(struct ui *ui)
{
    if (ui->snapshot->read_only || ui->armed == ARMED_NO) {
        ui_show_message(ui, true,
            ui->armed == ARMED_NO ? "Not armed (armed: no in the config file): nothing can be changed from here"
                                  : "Read only: nothing can be changed from here");
        return false;
    }
    if (ui->armed == ARMED_YES)
        return true;
    struct layer *layer = layer_new(LAYER_ARM, "Arm this dashboard?");
    layer_add(layer, NULL, STYLE_TEXT,
        "It only looks so far (armed: ask in the config file). Armed, its keys start, "
        "cancel and change things, each after its own question, until it ends.",
        STYLE_TEXT);
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
    return false;
}

/* Which nodes the plan on top would do something to: marked in table and graph while it is asked about. */
static void mark_concerned(struct ui *ui, const struct layer *layer)
{
    memset(ui->concerned, 0, ui->rows.node_count * sizeof *ui->concerned);
    ui->concerned_count = 0;
    for (size_t i = 0; layer && layer->plan && i < layer->plan->count; i++) {
        bool concerned = does_something(layer, &layer->plan->rows[i]);
        ui->concerned[layer->plan->rows[i].node] = concerned;
        ui->concerned_count += concerned;
    }
}

static void set_title(const struct ui *ui, struct layer *layer)
{
    size_t count = count_effective(layer);
    free(layer->title);
    if (count == 1 && layer->plan->count == 1)
        layer->title = memory_format(
            "%s %.100s?", verb(layer->action), ui->snapshot->workflow->nodes[layer->plan->rows[0].node].name);
    else
        layer->title = memory_format("%s %zu node%s?", verb(layer->action), count, count == 1 ? "" : "s");
}

static bool has_options(const struct layer *layer)
{
    return layer->action == ACTION_START || layer->action == ACTION_RESUBMIT;
}

/* Lines of a difference, each in its colour. */
static void add_preface(struct layer *layer)
{
    char *copy = memory_copy_text(layer->preface), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && (rest || *line);) {
        unsigned style = line[0] == '-' ? STYLE_STATE_FAILED : line[0] == '+' ? STYLE_STATE_DONE : STYLE_DIM;
        layer_add(layer, NULL, STYLE_TEXT, line, style);
    }
    free(copy);
}

/* Options of the batch system that differ from the workflow file's. */
static void add_changes(const struct ui *ui, struct layer *layer)
{
    for (size_t i = 0; i < layer->change_count && i < 20; i++) {
        const struct option_change *change = &layer->changes[i];
        const struct node *node = &ui->snapshot->workflow->nodes[change->node];
        const char *now = attributes_get(&node->slurm, change->name);
        layer_add_format(layer, i == 0 ? "with" : "", "%s=%s for %s (was %s)", change->name, now ? now : "", node->name,
            change->before ? change->before : "not set");
    }
}

static const char *hint_of(const struct layer *layer)
{
    static const char *const hints[] = {"y yes  n no  a scope", "y yes  n no  a scope  e options",
        "y yes  n no  a scope  i hidden ones", "y yes  n no  a scope  e options  i hidden ones"};
    return hints[(layer->hidden ? 2 : 0) + has_options(layer)];
}

static void fill_question(struct ui *ui, struct layer *layer)
{
    layer_clear(layer);
    layer->top = 0;
    set_title(ui, layer);
    layer_add_format(layer, "scope", "%s%s", scopes[layer->scope].words,
        layer->forced ? "; by force, though parents are not done" : "");
    if (layer->scope == SCOPE_UP_TO && layer->action == ACTION_START)
        layer_add(layer, "", STYLE_LABEL, "this dagtop then drives these nodes, and only these", STYLE_DIM);
    add_changes(ui, layer);
    if (layer->hidden)
        layer_add_format(layer, layer->is_inclusive ? "and" : "left alone", "marked%s hidden by the filter: %s",
            layer->is_inclusive ? " and" : ", but", layer->hidden);
    if (layer->preface) {
        layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
        layer_add(
            layer, NULL, STYLE_TEXT, "What was changed in the script (it is saved, also after no)", STYLE_HEADING);
        add_preface(layer);
    }
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    add_rows(ui, layer, true);
    add_rows(ui, layer, false);
    layer->hint = hint_of(layer);
    mark_concerned(ui, layer);
}

/* The chosen nodes and, for "everything up to here", all before them that are not done. */
static bool *make_set(const struct ui *ui, const struct layer *layer)
{
    size_t count = ui->rows.node_count;
    bool *set = memory_new_array(count + 1, sizeof *set);
    memcpy(set, layer->seeds, count * sizeof *set);
    if (layer->scope != SCOPE_UP_TO)
        return set;
    graph_add_upstream(ui->snapshot->workflow, set);
    for (size_t i = 0; i < count; i++)
        set[i] = set[i] && !state_lets_children_start(ui->snapshot->views[i].state);
    return set;
}

/* Makes the plan of a question anew; false, with the reason in words, where the engine refuses it. */
static bool make_plan(struct ui *ui, struct layer *layer, struct error *error)
{
    unsigned flags =
        scopes[layer->scope].flags | (layer->forced ? PLAN_FORCE : 0u) | (layer->requeued ? PLAN_REQUEUE : 0u);
    bool *set = make_set(ui, layer);
    struct plan *plan = NULL;
    const struct job_wish wish = {.changes = &layer->settings, .tasks = layer->tasks};
    bool made = engine_plan_jobs(ui->options.engine, layer->action, set, flags, &wish, &plan, error) == STATUS_OK;
    free(set);
    if (!made)
        return false;
    plan_free(layer->plan);
    layer->plan = plan;
    return true;
}

/* Nothing would happen: say why instead of asking. */
static void say_why_not(struct ui *ui, const struct plan *plan)
{
    char words[512];
    static const char nothing[] = "nothing: ";
    const char *what = plan->count > 0 && plan->rows[0].what ? plan->rows[0].what : "nothing to do";
    if (strncmp(what, nothing, strlen(nothing)) == 0)
        what += strlen(nothing);
    if (plan->count == 1)
        snprintf(words, sizeof words, "%.200s: %.250s", ui->snapshot->workflow->nodes[plan->rows[0].node].name, what);
    else if (plan->count > 1)
        snprintf(words, sizeof words, "Nothing to do for any of %zu nodes; %.150s: %.250s", plan->count,
            ui->snapshot->workflow->nodes[plan->rows[0].node].name, what);
    else
        snprintf(words, sizeof words, "Nothing to do");
    ui_show_message(ui, false, words);
}

/* The question that is open, or NULL. */
static struct layer *open_question(const struct ui *ui)
{
    struct layer *layer = ui_top_layer(ui);
    return layer && layer->kind == LAYER_ACTION ? layer : NULL;
}

void layer_question_scope(struct ui *ui)
{
    struct layer *layer = open_question(ui);
    struct error error;
    enum action_scope before = layer ? layer->scope : SCOPE_CHOSEN;
    if (!layer)
        return;
    for (int i = 1; i < SCOPE_COUNT; i++) {
        layer->scope = (enum action_scope)(((int)before + i) % SCOPE_COUNT);
        if (!make_plan(ui, layer, &error))
            continue;
        if (count_effective(layer) > 0) {
            fill_question(ui, layer);
            return;
        }
    }
    layer->scope = before;
    if (make_plan(ui, layer, &error))
        fill_question(ui, layer);
    ui_show_message(ui, false, "No other scope has anything to do");
}

void layer_question_include(struct ui *ui)
{
    struct layer *layer = open_question(ui);
    struct error error;
    if (!layer || !layer->hidden) {
        ui_show_message(ui, false, "The filter hides no marked node");
        return;
    }
    bool *before = layer->seeds;
    layer->is_inclusive = !layer->is_inclusive;
    layer->seeds = layer->is_inclusive ? marks_all(ui) : marks_targets(ui);
    if (make_plan(ui, layer, &error)) {
        free(before);
        fill_question(ui, layer);
        return;
    }
    free(layer->seeds);
    layer->seeds = before;
    layer->is_inclusive = !layer->is_inclusive;
    ui_show_message(ui, true, error.message);
}

/* A row of a plan whose node is a batch job, or NULL. */
static const struct plan_row *batch_row(const struct ui *ui, const struct layer *layer)
{
    for (size_t i = 0; i < layer->plan->count; i++) {
        enum node_kind kind = ui->snapshot->workflow->nodes[layer->plan->rows[i].node].kind;
        if (!layer->plan->rows[i].does_nothing && (kind == NODE_KIND_SLURM || kind == NODE_KIND_LSF))
            return &layer->plan->rows[i];
    }
    return NULL;
}

void layer_question_options(struct ui *ui)
{
    struct layer *layer = open_question(ui);
    struct text words;
    if (!layer || !has_options(layer)) {
        ui_show_message(ui, false, "This has no options");
        return;
    }
    text_init(&words, PROMPT_LIMIT);
    text_append_format(&words, "force=%s", layer->forced ? "yes" : "no");
    const struct plan_row *row = batch_row(ui, layer);
    const struct attributes *slurm = row ? &ui->snapshot->workflow->nodes[row->node].slurm : NULL;
    for (size_t i = 0; slurm && i < slurm->count; i++)
        text_append_format(&words, " %s=%s", slurm->items[i].key, slurm->items[i].value);
    prompt_open(ui, PROMPT_OPTIONS, words.data);
    text_release(&words);
}

/* An option of the batch system, for every batch job of the plan. */
static bool set_batch_option(struct ui *ui, struct layer *layer, const char *name, const char *value)
{
    bool any = false;
    struct error error;
    for (size_t i = 0; i < layer->plan->count; i++) {
        size_t node = layer->plan->rows[i].node;
        enum node_kind kind = ui->snapshot->workflow->nodes[node].kind;
        if (layer->plan->rows[i].does_nothing || (kind != NODE_KIND_SLURM && kind != NODE_KIND_LSF))
            continue;
        any = true;
        const char *before = attributes_get(&ui->snapshot->workflow->nodes[node].slurm, name);
        struct option_change change = {node, memory_copy_text(name), memory_copy_text(before)};
        memory_grow(&layer->changes, &layer->change_capacity, layer->change_count + 1, sizeof *layer->changes);
        layer->changes[layer->change_count++] = change;
        if (engine_set_batch_option(ui->options.engine, node, name, value && *value ? value : NULL, &error)) {
            ui_show_message(ui, true, error.message);
            return true;
        }
    }
    return any;
}

void layer_question_restore(struct ui *ui, struct layer *layer)
{
    struct error error;
    while (layer->change_count > 0) {
        struct option_change *change = &layer->changes[--layer->change_count];
        if (engine_set_batch_option(ui->options.engine, change->node, change->name, change->before, &error))
            ui_show_message(ui, true, error.message);
        free(change->name);
        free(change->before);
    }
}

void layer_question_set(struct ui *ui, const char *name, const char *value)
{
    struct layer *layer = open_question(ui);
    struct error error;
    if (layer && set_batch_option(ui, layer, name, value) && make_plan(ui, layer, &error))
        fill_question(ui, layer);
}

void layer_question_take_options(struct ui *ui, const char *words)
{
    struct layer *layer = open_question(ui);
    struct error error;
    char copy[PROMPT_LIMIT + 1], *rest = copy;
    if (!layer)
        return;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        if (strcmp(word, "force") == 0)
            layer->forced = !value || strcmp(value, "yes") == 0;
        else if (strcmp(word, "requeue") == 0 && layer->action == ACTION_RESUBMIT)
            layer->requeued = !value || strcmp(value, "yes") == 0;
        else if (!set_batch_option(ui, layer, word, value))
            ui_show_message(
                ui, true, "Options are force=yes or no and, for batch jobs, those of sbatch(1): time=2:00:00");
    }
    if (make_plan(ui, layer, &error))
        fill_question(ui, layer);
    else
        ui_show_message(ui, true, error.message);
}

/* Opens the question, or says why there is nothing to ask; takes the layer. from_marks: the set is what marks and
 * filter leave; of the others it is told. */
static void ask(struct ui *ui, struct layer *layer, const bool *set, bool from_marks)
{
    struct error error;
    size_t count = ui->rows.node_count;
    layer->seeds = memory_new_array(count + 1, sizeof *layer->seeds);
    memcpy(layer->seeds, set, count * sizeof *set);
    if (!make_plan(ui, layer, &error)) {
        ui_show_message(ui, true, error.message);
    } else if (count_effective(layer) == 0) {
        say_why_not(ui, layer->plan);
    } else {
        struct text names;
        text_init(&names, 0);
        if (from_marks && marks_hidden(ui, &names) > 0)
            layer->hidden = text_take(&names);
        text_release(&names);
        layer->preface = memory_copy_text(ui->preface);
        fill_question(ui, layer);
        ui_open_layer(ui, layer);
        return;
    }
    layer_free(layer);
}

/* NULL, and said why, where nothing may be asked. */
static struct layer *new_question(struct ui *ui, enum action action, enum action_scope scope)
{
    if (!layer_question_may_act(ui))
        return NULL;
    struct layer *layer = layer_new(LAYER_ACTION, "");
    layer->action = action;
    layer->scope = scope;
    return layer;
}

void layer_question_nodes(struct ui *ui, enum action action, const bool *set, enum action_scope scope, bool forced)
{
    struct layer *layer = new_question(ui, action, scope);
    if (!layer)
        return;
    layer->forced = forced;
    ask(ui, layer, set, false);
}

void layer_question_marked(struct ui *ui, enum action action, enum action_scope scope, bool forced)
{
    bool *set = marks_targets(ui), any = false;
    for (size_t i = 0; i < ui->rows.node_count; i++)
        any = any || set[i];
    struct layer *layer = any ? new_question(ui, action, scope) : NULL;
    if (layer) {
        layer->forced = forced;
        ask(ui, layer, set, true);
    } else if (!any && ui->mark_count > 0) {
        ui_show_message(ui, true, "All marked nodes are hidden by the filter: nothing is done to them; Esc shows all");
    }
    free(set);
}

void layer_question_change(struct ui *ui, const bool *set, enum action_scope scope, struct attributes *changes)
{
    struct layer *layer = new_question(ui, ACTION_CHANGE, scope);
    if (!layer)
        return;
    layer->settings = *changes;
    attributes_init(changes);
    ask(ui, layer, set, false);
}

void layer_question_requeue(struct ui *ui, const bool *set)
{
    struct layer *layer = new_question(ui, ACTION_RESUBMIT, SCOPE_CHOSEN);
    if (!layer)
        return;
    layer->requeued = true;
    ask(ui, layer, set, false);
}

void layer_question_tasks(struct ui *ui, enum action action, const bool *set, const char *tasks)
{
    struct layer *layer = new_question(ui, action, SCOPE_CHOSEN);
    if (!layer)
        return;
    layer->tasks = memory_copy_text(tasks);
    ask(ui, layer, set, false);
}

/* Of several nodes, one word for all: they are released where all of them are held (or skipped). */
static bool all_have(const struct ui *ui, const bool *set, bool held)
{
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        const struct observation *observation = &ui->snapshot->observations[i];
        if (set[i] && !(held ? observation->held : observation->skipped))
            return false;
    }
    return true;
}

void layer_question_action(struct ui *ui, enum ui_action wanted)
{
    enum action action = ACTION_RESUBMIT;
    enum action_scope scope = wanted == UI_RESUBMIT_ALL ? SCOPE_DOWNSTREAM : SCOPE_CHOSEN;
    bool *set = marks_targets(ui);
    if (wanted == UI_START)
        action = ACTION_START;
    else if (wanted == UI_CANCEL)
        action = ACTION_CANCEL;
    else if (wanted == UI_HOLD)
        action = all_have(ui, set, true) ? ACTION_RELEASE : ACTION_HOLD;
    else if (wanted == UI_SKIP)
        action = all_have(ui, set, false) ? ACTION_RELEASE : ACTION_SKIP;
    free(set);
    layer_question_marked(ui, action, scope, false);
}

/* Up to a dozen names of nodes in a state, as a line of a question. */
static void add_names(const struct ui *ui, struct layer *layer, enum node_state state, const char *label)
{
    const struct snapshot *snapshot = ui->snapshot;
    size_t shown = 0;
    struct text text;
    text_init(&text, 0);
    for (size_t i = 0; i < snapshot->workflow->node_count && shown < 12; i++) {
        if (snapshot->views[i].state == state)
            text_append_format(&text, "%s%s", shown++ ? ", " : "", snapshot->workflow->nodes[i].name);
    }
    if (snapshot->counts[state] > shown)
        text_append_format(&text, " and %zu more", snapshot->counts[state] - shown);
    if (shown > 0)
        layer_add(layer, label, STYLE_LABEL, text.data, STYLE_TEXT);
    text_release(&text);
}

/* What a driver starts at once, as a plan shows it. */
static void add_first_starts(struct ui *ui, struct layer *layer)
{
    struct error error;
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    for (size_t i = 0; i < ui->rows.node_count; i++)
        set[i] = ui->snapshot->views[i].state == STATE_READY;
    layer->action = ACTION_START;
    if (ui->snapshot->counts[STATE_READY] > 0 &&
        engine_plan(ui->options.engine, ACTION_START, set, 0, &layer->plan, &error) == STATUS_OK) {
        layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
        add_rows(ui, layer, true);
        mark_concerned(ui, layer);
    }
    free(set);
}

void layer_question_drive(struct ui *ui)
{
    const struct snapshot *snapshot = ui->snapshot;
    bool start = snapshot->driver != DRIVER_SELF;
    if (!layer_question_may_act(ui))
        return;
    struct layer *layer = layer_new(LAYER_DRIVE, start ? "Drive this workflow?" : "Stop driving?");
    layer->driving = start;
    if (start) {
        layer_add(layer, NULL, STYLE_TEXT, "What is ready starts now, and the rest as soon as its parents are done.",
            STYLE_TEXT);
        layer_add_format(layer, "follows", "%zu waiting", snapshot->counts[STATE_WAITING]);
        if (snapshot->driver == DRIVER_OTHER)
            layer_add(layer, "attention", STYLE_WARNING, snapshot->driver_text, STYLE_WARNING);
        add_first_starts(ui, layer);
    } else {
        layer_add(layer, NULL, STYLE_TEXT, "Running jobs go on; nothing new starts by itself.", STYLE_TEXT);
        add_names(ui, layer, STATE_RUNNING, "runs on");
    }
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
}

void layer_question_detach(struct ui *ui)
{
    struct plan *plan;
    struct error error;
    if (!layer_question_may_act(ui))
        return;
    if (engine_detach_plan(ui->options.engine, &plan, &error) != STATUS_OK) {
        show_refusal(ui, "Hand over to Slurm", error.message);
        return;
    }
    char *title = memory_format("Hand %zu job%s over to Slurm?", plan->count, plan->count == 1 ? "" : "s");
    struct layer *layer = layer_new(LAYER_DETACH, title);
    layer->plan = plan;
    layer_add(layer, NULL, STYLE_TEXT,
        "All of them are submitted now; each runs when what is named has ended well. It goes on with no dagtop "
        "anywhere, "
        "and no node is retried; what waits for a job that fails, fails.",
        STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    add_rows(ui, layer, true);
    layer->hint = "y yes  n no";
    ui_open_layer(ui, layer);
    mark_concerned(ui, layer);
    free(title);
}

/* The jobs are all in the queue, or why they are not. */
static void handed_over(void *argument, const struct error *error)
{
    struct ui *ui = *(struct ui **)argument;
    ui_expected(argument, error);
    if (ui && error->status)
        show_refusal(ui, "Hand over to Slurm", error->message);
    else if (ui)
        ui_show_message(ui, false, "In the hands of Slurm: it goes on without dagtop");
}

static void hand_over(struct ui *ui)
{
    struct error error;
    struct ui **place = ui_expect(ui);
    ui_record(ui, "asked: hand over to Slurm");
    ui_show_message(ui, false, "Handing over\u2026");
    if (engine_detach(ui->options.engine, handed_over, place, &error) == STATUS_OK)
        return;
    ui_expected(place, &error);
    show_refusal(ui, "Hand over to Slurm", error.message);
}

void layer_question_quit(struct ui *ui)
{
    if (ui->snapshot->driver != DRIVER_SELF || !engine_is_busy(ui->options.engine)) {
        ui_end(ui, false);
        return;
    }
    struct layer *layer = layer_new(LAYER_QUIT, "This dagtop drives the workflow");
    layer_add(layer, NULL, STYLE_TEXT, "Jobs that run go on in any case. And what still waits?", STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    layer_add(layer, "s", STYLE_KEY, "stop driving and quit: it waits until somebody drives again", STYLE_TEXT);
    if (ui->options.background)
        layer_add(layer, "b", STYLE_KEY, "quit and go on driving in the background", STYLE_TEXT);
    layer_add(layer, "n", STYLE_KEY, "stay here", STYLE_TEXT);
    ui_open_layer(ui, layer);
}

/* What a carried-out plan needs until the engine has answered. */
struct execution {
    struct ui *ui;
    struct plan *plan;
    struct execution *next;
};

static void executed(void *argument, const struct error *error)
{
    struct execution *execution = argument;
    struct ui *ui = execution->ui;
    if (ui) {
        struct execution **link = &ui->executions;
        while (*link != execution)
            link = &(*link)->next;
        *link = execution->next;
        if (error->status)
            show_refusal(ui, verb(execution->plan->action), error->message);
    }
    plan_free(execution->plan);
    free(execution);
}

void layer_question_forget(struct ui *ui)
{
    for (struct execution *execution = ui->executions; execution; execution = execution->next)
        execution->ui = NULL;
    ui->executions = NULL;
}

static void execute(struct ui *ui, struct layer *layer)
{
    struct execution *execution = memory_new(sizeof *execution);
    char words[200];
    snprintf(words, sizeof words, "%.*s\u2026", (int)strcspn(layer->title, "?"), layer->title);
    *execution = (struct execution){.ui = ui, .plan = layer->plan, .next = ui->executions};
    ui->executions = execution;
    layer->plan = NULL;
    for (; layer->change_count > 0; layer->change_count--) {
        free(layer->changes[layer->change_count - 1].name);
        free(layer->changes[layer->change_count - 1].before);
    }
    ui_show_message(ui, false, words);
    for (size_t i = 0; i < execution->plan->count; i++) {
        const struct plan_row *row = &execution->plan->rows[i];
        if (!row->does_nothing)
            ui_record(ui, "asked: %s: %s", ui->snapshot->workflow->nodes[row->node].name, row->what ? row->what : "");
    }
    engine_execute(ui->options.engine, execution->plan, executed, execution);
    if (layer->scope == SCOPE_UP_TO && layer->action == ACTION_START) {
        bool *set = make_set(ui, layer);
        engine_set_scope(ui->options.engine, set);
        engine_set_driving(ui->options.engine, true);
        free(set);
    }
    marks_take_away(ui, layer->seeds);
}

void layer_question_answer(struct ui *ui, bool yes)
{
    if (ui->layer_count == 0)
        return;
    struct layer *layer = ui_top_layer(ui);
    if (layer->kind == LAYER_TRUST) {
        login_answer(ui, yes ? "yes" : "no");
        return;
    }
    if (yes && layer->kind == LAYER_ARM) {
        ui->armed = ARMED_YES;
        ui_show_message(ui, false, "Armed: now the key again");
    } else if (yes && layer->kind == LAYER_ACTION && count_effective(layer) > 0)
        execute(ui, layer);
    else if (yes && layer->kind == LAYER_DRIVE) {
        engine_set_scope(ui->options.engine, NULL);
        engine_set_driving(ui->options.engine, layer->driving);
        ui_record(ui, "asked: %s", layer->driving ? "drive" : "stop driving");
    }
    bool detaches = yes && layer->kind == LAYER_DETACH, reloads = layer->kind == LAYER_RELOAD;
    ui_close_layer(ui);
    if (reloads)
        reload_answer(ui, yes);
    if (detaches)
        hand_over(ui);
}
