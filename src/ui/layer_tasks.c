/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of a job array: how each stands, its log, and cancel, resubmit and change for some of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

/* Lists of tasks in a command line: what is longer is marked by the node's own actions. */
enum { TASKS_LENGTH = 2000 };

static const struct batch_observation *batch_of(const struct ui *ui, size_t node)
{
    return &ui->snapshot->observations[node].batch;
}

static int compare_tasks(const void *one, const void *other)
{
    const struct batch_task *const *a = one, *const *b = other;
    unsigned long first = strtoul((*a)->task, NULL, 10), second = strtoul((*b)->task, NULL, 10);
    return first < second ? -1 : first > second;
}

/* In the order of their numbers; the caller frees the array. */
static const struct batch_task **sorted_tasks(const struct batch_observation *batch)
{
    const struct batch_task **sorted = memory_new_array(batch->task_count + 1, sizeof *sorted);
    for (size_t i = 0; i < batch->task_count; i++)
        sorted[i] = &batch->tasks[i];
    qsort(sorted, batch->task_count, sizeof *sorted, compare_tasks);
    return sorted;
}

static unsigned style_of(enum batch_phase phase)
{
    static const unsigned styles[] = {[BATCH_PHASE_UNKNOWN] = STYLE_DIM,
        [BATCH_PHASE_QUEUED] = STYLE_STATE_QUEUED,
        [BATCH_PHASE_HELD] = STYLE_STATE_HELD,
        [BATCH_PHASE_RUNNING] = STYLE_STATE_RUNNING,
        [BATCH_PHASE_DONE] = STYLE_STATE_DONE,
        [BATCH_PHASE_FAILED] = STYLE_STATE_FAILED,
        [BATCH_PHASE_CANCELLED] = STYLE_STATE_CANCELLED};
    return styles[phase];
}

static bool is_marked(const struct layer *layer, const char *task)
{
    return attributes_get(&layer->marks, task) != NULL;
}

static void add_task(struct layer *layer, const struct batch_task *task, size_t index)
{
    struct text text;
    char *label = memory_format("%c %s", is_marked(layer, task->task) ? '*' : ' ', task->task);
    text_init(&text, 0);
    text_append_string(&text, task->state);
    if (task->exit_code > 0)
        text_append_format(&text, ", exit %d", task->exit_code);
    if (task->count > 1)
        text_append_format(&text, ", %u tasks", task->count);
    layer_add_choice(layer, (int64_t)index, label, is_marked(layer, task->task) ? STYLE_MARK : STYLE_STRONG, text.data,
        style_of(derive_batch_phase(task->state)));
    text_release(&text);
    free(label);
}

static void fill(struct ui *ui, struct layer *layer)
{
    const struct batch_observation *batch = batch_of(ui, layer->node);
    const struct attempt *attempt = ui->snapshot->views[layer->node].current;
    layer_clear(layer);
    if (batch->task_count > 0)
        layer_add(layer, NULL, STYLE_TEXT, batch->reason, STYLE_TEXT);
    if (attempt && attempt->unfinished)
        layer_add_format(layer, NULL, "not in this attempt, and not ended well before: %s", attempt->unfinished);
    const struct batch_task **tasks = sorted_tasks(batch);
    for (size_t i = 0; i < batch->task_count; i++)
        add_task(layer, tasks[i], i);
    if (batch->task_count == 0)
        layer_add(layer, NULL, STYLE_TEXT, "Its batch system knows of no tasks: it is no job array, or ended long ago.",
            STYLE_DIM);
    free(tasks);
    layer_begin_list(layer);
}

/* Without the limit of tasks at once: "7-100%20" names the tasks 7-100. */
static void append_name(struct text *names, const char *task)
{
    text_append_string(names, names->length > 0 ? "," : "");
    text_append(names, task, strcspn(task, "%"));
}

/* The marked tasks, else the one of the cursor; NULL where there is none. The caller frees it. */
static char *chosen_tasks(struct ui *ui, const struct layer *layer)
{
    const struct batch_observation *batch = batch_of(ui, layer->node);
    const struct batch_task **tasks = sorted_tasks(batch);
    struct text names;
    int64_t cursor = layer_value(layer);
    text_init(&names, 0);
    for (size_t i = 0; i < batch->task_count && names.length < TASKS_LENGTH; i++)
        if (layer->marks.count > 0 ? is_marked(layer, tasks[i]->task) : (int64_t)i == cursor)
            append_name(&names, tasks[i]->task);
    free(tasks);
    if (names.length > 0 && names.length < TASKS_LENGTH)
        return text_take(&names);
    ui_show_message(ui, true, names.length > 0 ? "Too many tasks for one command" : "No task is chosen");
    text_release(&names);
    return NULL;
}

static void toggle_mark(struct layer *layer, const char *task)
{
    struct attributes kept = {0};
    bool was_marked = is_marked(layer, task);
    for (size_t i = 0; i < layer->marks.count; i++)
        if (strcmp(layer->marks.items[i].key, task) != 0)
            attributes_set(&kept, layer->marks.items[i].key, "");
    if (!was_marked)
        attributes_set(&kept, task, "");
    attributes_release(&layer->marks);
    layer->marks = kept;
}

static void choose(struct ui *ui, struct layer *layer, int64_t value, bool toggle)
{
    const struct batch_observation *batch = batch_of(ui, layer->node);
    const struct batch_task **tasks = sorted_tasks(batch);
    const char *name = (size_t)value < batch->task_count ? tasks[value]->task : NULL;
    free(tasks);
    if (name && toggle) {
        toggle_mark(layer, name);
        fill(ui, layer);
        layer_scroll(layer, UI_DOWN);
        return;
    }
    if (!name || name[strspn(name, "0123456789")]) {
        ui_show_message(ui, false, "Tasks that wait have no log yet");
        return;
    }
    char task[16];
    size_t node = layer->node;
    snprintf(task, sizeof task, "%s", name);
    ui_close_layer(ui);
    ui_select(ui, node);
    ui->chosen = true;
    pane_log_show_task(ui, task);
    ui->focus = PANE_LOG;
}

bool layer_tasks_act(struct ui *ui, struct layer *layer, enum ui_action action)
{
    if (layer->kind != LAYER_TASKS || (action != UI_CANCEL && action != UI_RESUBMIT))
        return false;
    bool *set = memory_new_array(ui->rows.node_count + 1, sizeof *set);
    char *tasks = chosen_tasks(ui, layer);
    set[layer->node] = true;
    if (tasks)
        layer_question_tasks(ui, action == UI_CANCEL ? ACTION_CANCEL : ACTION_RESUBMIT, set, tasks);
    free(tasks);
    free(set);
    return true;
}

void layer_tasks_open(struct ui *ui)
{
    struct error error;
    char title[120];
    if (ui->selected >= ui->rows.node_count)
        return;
    snprintf(title, sizeof title, "Tasks of %.80s", ui->snapshot->workflow->nodes[ui->selected].name);
    struct layer *layer = layer_new(LAYER_TASKS, title);
    layer->node = ui->selected;
    layer->choose = choose;
    layer->fill = fill;
    layer->hint = "Enter log, Space mark, x cancel, r run again";
    fill(ui, layer);
    ui_open_layer(ui, layer);
    struct ui **place = ui_expect(ui);
    if (engine_look_at_job(ui->options.engine, layer->node, ui_expected, place, &error) == STATUS_OK)
        return;
    ui_expected(place, &error);
    ui_show_message(ui, true, error.message);
}
