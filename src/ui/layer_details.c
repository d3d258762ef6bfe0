/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is known of one node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/label.h"
#include "ui_private.h"

static void add(struct layer *layer, const char *label, const char *text)
{
    if (text && *text)
        layer_add(layer, label, STYLE_LABEL, text, STYLE_TEXT);
}

static void add_heading(struct layer *layer, const char *text)
{
    layer_add(layer, NULL, STYLE_TEXT, "", STYLE_TEXT);
    layer_add(layer, NULL, STYLE_TEXT, text, STYLE_HEADING);
}

static void add_attributes(struct layer *layer, const char *heading, const struct attributes *attributes)
{
    if (attributes->count == 0)
        return;
    add_heading(layer, heading);
    for (size_t i = 0; i < attributes->count; i++)
        layer_add(layer, attributes->items[i].key, STYLE_LABEL, attributes->items[i].value, STYLE_TEXT);
}

static void add_nodes(
    struct layer *layer, const struct ui *ui, const char *label, const size_t *nodes, size_t count, size_t total)
{
    struct text text;
    if (total == 0)
        return;
    text_init(&text, 4096);
    for (size_t i = 0; i < count && i < 40; i++)
        text_append_format(&text, "%s%s (%s)", i > 0 ? ", " : "", ui->snapshot->workflow->nodes[nodes[i]].name,
            state_word(ui->snapshot->views[nodes[i]].state));
    if (total > count || count > 40)
        text_append_format(&text, " and %zu more", total - (count < 40 ? count : 40));
    layer_add(layer, label, STYLE_LABEL, text.data, STYLE_TEXT);
    text_release(&text);
}

static void add_time(struct layer *layer, const struct ui *ui, const char *label, wall_time time)
{
    char date[32], age[32];
    if (time == 0)
        return;
    if (time > ui_now(ui))
        layer_add_format(layer, label, "%s", ink_date(time, date));
    else
        layer_add_format(layer, label, "%s  (%s ago)", ink_date(time, date), ink_duration(ui_now(ui) - time, age));
}

/* A list of the queue may be older than the records: when it was told stands beside it. */
static void add_batch_state(struct layer *layer, const struct ui *ui, const struct batch_observation *batch)
{
    char age[32];
    if (batch->state && batch->observed && batch->observed <= ui_now(ui))
        layer_add_format(
            layer, "batch state", "%s  (told %s ago)", batch->state, ink_duration(ui_now(ui) - batch->observed, age));
    else
        add(layer, "batch state", batch->state);
}

static void add_state(struct layer *layer, const struct ui *ui, size_t node)
{
    const struct node_view *view = &ui->snapshot->views[node];
    const struct observation *observation = &ui->snapshot->observations[node];
    struct text text;
    char buffer[32];
    text_init(&text, 0);
    text_append_format(
        &text, "%s %c  %s", state_glyph(view->state), state_letter(view->state), state_word(view->state));
    if (view->progress >= 0)
        text_append_format(&text, ", %.4g%%", view->progress);
    if (view->outdated)
        text_append_string(&text, ", outdated");
    if (view->stale)
        text_append_string(&text, ", stale");
    if (view->from_cache)
        text_append_string(&text, ", remembered from an earlier time");
    layer_add(layer, "state", STYLE_LABEL, text.data, theme_state_style(view->state));
    text_release(&text);
    add(layer, "reason", view->reason);
    add_nodes(layer, ui, "blocked by", view->blocked_by, view->blocked_by_count < 16 ? view->blocked_by_count : 16,
        view->blocked_by_count);
    if (view->attempt > 0)
        layer_add_format(layer, "attempt", "%u", view->attempt);
    add_time(layer, ui, "submitted", view->submitted);
    add_time(layer, ui, "started", view->started);
    add_time(layer, ui, "ended", view->ended);
    if (ui_elapsed(ui, node) >= 0)
        add(layer, "time", ink_duration(ui_elapsed(ui, node), buffer));
    add_time(layer, ui, "observed", view->observed);
    add(layer, "trouble", observation->trouble);
    add(layer, "message", observation->report.message);
    add_batch_state(layer, ui, &observation->batch);
    add(layer, "batch reason", observation->batch.reason);
    if (observation->log_size >= 0)
        layer_add_format(layer, "log", "%lld bytes", (long long)observation->log_size);
}

/* Tasks of an array that did not end well; T has all of them. */
static void add_tasks(struct layer *layer, const struct batch_observation *batch)
{
    enum { SHOWN = 12 };
    unsigned bad = 0;
    add_heading(layer, "Tasks");
    layer_add(layer, NULL, STYLE_TEXT, batch->reason ? batch->reason : "", STYLE_TEXT);
    for (size_t i = 0; i < batch->task_count; i++) {
        const struct batch_task *task = &batch->tasks[i];
        if (derive_batch_phase(task->state) <= BATCH_PHASE_DONE || bad++ >= SHOWN)
            continue;
        if (task->exit_code > 0)
            layer_add_format(layer, task->task, "%s, exit %d", task->state, task->exit_code);
        else
            add(layer, task->task, task->state);
    }
    if (bad > SHOWN)
        layer_add_format(layer, "", "and %u more", bad - SHOWN);
    layer_add(layer, NULL, STYLE_TEXT, "T shows all of them, each with its log", STYLE_DIM);
}

/* What the batch system has told, and when. */
static void add_batch(struct layer *layer, const struct ui *ui, size_t number)
{
    const struct batch_observation *batch = &ui->snapshot->observations[number].batch;
    if (batch->details.count > 0)
        add_heading(layer, "Batch job");
    for (size_t i = 0; i < batch->details.count; i++) {
        const struct attribute *item = &batch->details.items[i];
        wall_time time;
        if (clock_parse_utc(item->value, &time))
            add_time(layer, ui, item->key, time);
        else
            add(layer, item->key, item->value);
    }
    if (batch->known)
        add_time(layer, ui, "told", batch->observed);
    if (batch->task_count > 0)
        add_tasks(layer, batch);
}

static void add_node(struct layer *layer, const struct ui *ui, size_t number)
{
    const struct node *node = &ui->snapshot->workflow->nodes[number];
    struct text label;
    add_heading(layer, "Node");
    add(layer, "kind", node->kind_text ? node->kind_text : node_kind_word(node->kind));
    add(layer, "host", node->host);
    add(layer, "user", node->user);
    add(layer, "script", node->script);
    add(layer, "exec", node->exec);
    if (node->work == NODE_WORK_MILESTONE)
        add(layer, "runs", "nothing: a milestone");
    if (node->script_missing)
        layer_add(layer, "", STYLE_LABEL, "the script is missing", STYLE_ERROR);
    add(layer, "directory", node->directory);
    add(layer, "logfile", node->logfile);
    add(layer, "array", node->array);
    add(layer, "statusfile", node->statusfile);
    add(layer, "venv", node->venv);
    if (node->gpus)
        layer_add_format(layer, "gpus", "%u", node->gpus);
    if (node->retries)
        layer_add_format(layer, "retries", "%u", node->retries);
    if (node->timeout) {
        char buffer[32];
        add(layer, "timeout", ink_duration(node->timeout, buffer));
    }
    for (size_t i = 0; i < node->file_count; i++)
        add(layer, i == 0 ? "files" : "", node->files[i]);
    add(layer, "note", node->note);
    if (node->line)
        layer_add_format(layer, "written in", "line %u", node->line);
    add_nodes(layer, ui, "parents", node->parents, node->parent_count, node->parent_count);
    add_nodes(layer, ui, "children", node->children, node->child_count, node->child_count);
    if (!node->label)
        return;
    text_init(&label, 0);
    ui_expand_label(ui, number, &label);
    add(layer, "label", label.data);
    text_release(&label);
}

static void add_attempt(struct layer *layer, const struct ui *ui, const struct attempt *attempt)
{
    struct text text;
    char label[32], date[32], length[32];
    snprintf(label, sizeof label, "attempt %u", attempt->number);
    text_init(&text, 0);
    attempt_outcome(attempt, &text);
    if (attempt->started) {
        wall_time end = attempt->ended ? attempt->ended : ui_now(ui);
        text_append_format(
            &text, ", started %s, %s", ink_date(attempt->started, date), ink_duration(end - attempt->started, length));
    }
    layer_add(layer, label, STYLE_LABEL, text.data, STYLE_TEXT);
    if (attempt->jobid)
        layer_add_format(layer, "", "job %s%s", attempt->jobid, attempt->requeued ? ", put into the queue again" : "");
    else if (attempt->pid)
        layer_add_format(layer, "", "process %lld on %s%s", (long long)attempt->pid,
            attempt->machine ? attempt->machine : "?", attempt->gone ? ", gone" : "");
    if (attempt->who)
        layer_add_format(layer, "", "asked by %s%s%s", attempt->who, attempt->from ? " from " : "",
            attempt->from ? attempt->from : "");
    if (attempt->command)
        layer_add(layer, "", STYLE_LABEL, attempt->command, STYLE_DIM);
    for (const char *line = attempt->refusal; line && *line; line += strspn(line, "\n")) {
        char *words = memory_copy_span(line, strcspn(line, "\n"));
        layer_add(layer, "", STYLE_LABEL, words, STYLE_ERROR);
        line += strlen(words);
        free(words);
    }
    text_release(&text);
}

/* Of the newest attempt. */
static void add_facts(struct layer *layer, const struct observation *observation)
{
    const struct attempt *newest = observation_newest(observation);
    struct attributes facts;
    attributes_init(&facts);
    if (newest)
        attempt_read_facts(newest, &facts);
    add_attributes(layer, "Ran on", &facts);
    attributes_release(&facts);
}

void layer_details_fill(struct ui *ui, struct layer *layer)
{
    const struct node *node = &ui->snapshot->workflow->nodes[layer->node];
    const struct observation *observation = &ui->snapshot->observations[layer->node];
    layer_clear(layer);
    add_state(layer, ui, layer->node);
    add_batch(layer, ui, layer->node);
    add_attributes(layer, "Metrics", &observation->report.metrics);
    if (observation->attempt_count > 0)
        add_heading(layer, "Attempts");
    for (size_t i = observation->attempt_count; i-- > 0;)
        add_attempt(layer, ui, &observation->attempts[i]);
    add_facts(layer, observation);
    add_node(layer, ui, layer->node);
    add_attributes(layer, "Environment", &node->env);
    add_attributes(layer, "Slurm", &node->slurm);
    add_attributes(layer, "Sweep", &node->sweep);
    add_attributes(layer, "Other attributes", &node->other);
}

/* Asks for all attempts of a node, and for what the batch system knows of its job. */
static void ask(struct ui *ui, size_t node)
{
    struct error error;
    struct ui **attempts = ui_expect(ui), **job = ui_expect(ui);
    enum status status = engine_look_at_job(ui->options.engine, node, ui_expected, job, &error);
    if (status != STATUS_OK)
        ui_expected(job, &error);
    status = engine_list_attempts(ui->options.engine, node, ui_expected, attempts, &error);
    if (status == STATUS_OK)
        return;
    ui_expected(attempts, &error);
    ui_show_message(ui, true, error.message);
}

void layer_details_open(struct ui *ui)
{
    if (ui->selected >= ui->snapshot->workflow->node_count)
        return;
    struct layer *layer = layer_new(LAYER_DETAILS, ui->snapshot->workflow->nodes[ui->selected].name);
    layer->node = ui->selected;
    layer->fill = layer_details_fill;
    layer_details_fill(ui, layer);
    ui_open_layer(ui, layer);
    /* Only of jobs is there more to know. */
    ask(ui, layer->node);
}

/* Whatever is known of why the nodes that are meant do not run. */
static void fill_why(struct ui *ui, struct layer *layer)
{
    layer_clear(layer);
    for (size_t i = 0; i < ui->rows.node_count; i++) {
        if (!layer->seeds[i])
            continue;
        char *sentence = engine_why(ui->options.engine, i);
        layer_add(layer, NULL, STYLE_TEXT, sentence, STYLE_TEXT);
        free(sentence);
    }
}

void layer_why_open(struct ui *ui)
{
    if (ui->selected >= ui->rows.node_count)
        return;
    struct layer *layer = layer_new(LAYER_DETAILS, "Why does it not run?");
    layer->seeds = marks_targets(ui);
    layer->fill = fill_why;
    fill_why(ui, layer);
    ui_open_layer(ui, layer);
}
