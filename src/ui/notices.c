/* SPDX-License-Identifier: Apache-2.0 */
/* Telling a person who looks elsewhere: the title of the window, a bell, a notice of the terminal, a command. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum { HOOK_PATIENCE = 10000, HOOKS_AT_ONCE = 4 };

extern char **environ;

/* A command of the person's own that runs now. */
struct hook {
    struct ui *ui;
    struct loop_child *child;
    struct loop_timer *limit;
    struct hook *next;
};

static void hook_free(struct hook *hook)
{
    struct hook **link = &hook->ui->hooks;
    while (*link != hook)
        link = &(*link)->next;
    *link = hook->next;
    hook->ui->hook_count--;
    loop_timer_free(hook->limit);
    loop_child_free(hook->child);
    free(hook);
}

static void hook_ended(void *argument, int exit_status, int signal)
{
    (void)exit_status;
    (void)signal;
    hook_free(argument);
}

static void hook_hangs(void *argument)
{
    struct hook *hook = argument;
    /* It leads a session of its own: whatever it has begun ends with it. */
    kill((pid_t)-loop_child_process(hook->child), SIGKILL);
    ui_show_message(hook->ui, true, "A command of the config file took over 10 s and was stopped");
}

/* The environment with what happened in it: nothing that came from outside stands in the command itself. */
static char **make_environment(char *const *extra, size_t extra_count)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **all = memory_new_array(count + extra_count + 1, sizeof *all);
    memcpy(all, environ, count * sizeof *all);
    memcpy(all + count, extra, extra_count * sizeof *all);
    return all;
}

static void run_hook(struct ui *ui, const char *command, const char *node, const char *state, const char *reason)
{
    struct error error;
    if (!command || !*command || !ui->options.loop || ui->hook_count >= HOOKS_AT_ONCE)
        return;
    char *extra[4] = {memory_format("DAGTOP_WORKFLOW=%s", ui->snapshot->workflow->name),
        memory_format("DAGTOP_NODE=%s", node), memory_format("DAGTOP_STATE=%s", state),
        memory_format("DAGTOP_REASON=%s", reason ? reason : "")};
    char **environment = make_environment(extra, 4);
    char *arguments[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
    const struct loop_child_options options = {.arguments = arguments, .environment = environment, .detached = true};
    struct hook *hook = memory_new(sizeof *hook);
    *hook = (struct hook){.ui = ui, .next = ui->hooks};
    if (loop_child_new(ui->options.loop, &options, hook_ended, hook, &hook->child, &error) == STATUS_OK) {
        hook->limit = loop_timer_new(ui->options.loop, hook_hangs, hook);
        loop_timer_start(hook->limit, HOOK_PATIENCE, 0);
        ui->hooks = hook;
        ui->hook_count++;
    } else {
        free(hook);
        ui_show_message(ui, true, error.message);
    }
    for (int i = 0; i < 4; i++)
        free(extra[i]);
    free(environment);
}

void notices_release(struct ui *ui)
{
    while (ui->hooks)
        hook_free(ui->hooks);
    free(ui->noticed);
    ui->noticed = NULL;
}

static void set_title(struct ui *ui)
{
    char title[200];
    const struct snapshot *snapshot = ui->snapshot;
    const size_t *counts = snapshot->counts;
    size_t failed = counts[STATE_FAILED] + counts[STATE_LOST], live = counts[STATE_RUNNING] + counts[STATE_QUEUED];
    size_t done = counts[STATE_DONE] + counts[STATE_SKIPPED];
    if (ui->options.settings && ui->options.settings->title && strcmp(ui->options.settings->title, "no") == 0)
        return;
    int length = snprintf(title, sizeof title, "%.80s: ", snapshot->workflow->name);
    if (failed > 0)
        length += snprintf(title + length, sizeof title - (size_t)length, "%zu failed, ", failed);
    if (live > 0)
        length += snprintf(title + length, sizeof title - (size_t)length, "%zu live, ", live);
    snprintf(title + length, sizeof title - (size_t)length, "%zu of %zu done", done, snapshot->workflow->node_count);
    if (strcmp(title, ui->title) == 0)
        return;
    snprintf(ui->title, sizeof ui->title, "%s", title);
    term_set_title(ui->options.term, title);
}

static bool is_on(const char *word)
{
    return word && strcmp(word, "yes") == 0;
}

/* One bell and one notice for all that happened at once. */
static void ring(struct ui *ui, const char *words)
{
    const struct settings *settings = ui->options.settings;
    if (!settings)
        return;
    if (is_on(settings->bell))
        term_bell(ui->options.term);
    if (is_on(settings->notify))
        term_notify(ui->options.term, ui->snapshot->workflow->name, words);
}

/* Nodes that have come to an end since the last look; the first look only learns how things are. */
static void notice_nodes(struct ui *ui)
{
    const struct snapshot *snapshot = ui->snapshot;
    const struct settings *settings = ui->options.settings;
    size_t count = snapshot->workflow->node_count, bad = 0, good = 0, last = 0;
    bool first = !ui->noticed;
    if (first)
        ui->noticed = memory_new_array(count + 1, sizeof *ui->noticed);
    for (size_t i = 0; i < count; i++) {
        enum node_state state = snapshot->views[i].state, before = (enum node_state)ui->noticed[i];
        const char *name = snapshot->workflow->nodes[i].name;
        bool failed = state == STATE_FAILED || state == STATE_LOST;
        ui->noticed[i] = (unsigned char)state;
        if (first || state != before)
            ui_record(ui, "node %s %s%s%s", name, state_word(state), snapshot->views[i].reason ? ": " : "",
                snapshot->views[i].reason ? snapshot->views[i].reason : "");
        if (first || state == before || !(failed || state == STATE_DONE))
            continue;
        last = i;
        bad += failed;
        good += !failed;
        if (failed)
            run_hook(ui, settings ? settings->on_failed : NULL, name, state_word(state), snapshot->views[i].reason);
    }
    if (bad + good == 0)
        return;
    char words[200];
    if (bad + good == 1)
        snprintf(words, sizeof words, "%.100s %s", snapshot->workflow->nodes[last].name,
            state_word(snapshot->views[last].state));
    else
        snprintf(words, sizeof words, "%zu failed, %zu done", bad, good);
    if (bad > 0)
        ring(ui, words);
}

void notices_update(struct ui *ui)
{
    enum workflow_state state = ui->snapshot->state;
    const struct settings *settings = ui->options.settings;
    if (!ui->snapshot->complete)
        return;
    set_title(ui);
    bool first = !ui->noticed;
    notice_nodes(ui);
    bool ended = state == WORKFLOW_DONE || state == WORKFLOW_FAILED;
    if (!first && ended && ui->noticed_workflow == WORKFLOW_RUNNING) {
        ring(ui, state == WORKFLOW_DONE ? "the workflow is done" : "the workflow has failed");
        run_hook(ui, settings ? settings->on_end : NULL, "", workflow_state_word(state), NULL);
    }
    ui->noticed_workflow = state;
}
