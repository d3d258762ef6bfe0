/* SPDX-License-Identifier: Apache-2.0 */
/* Telling a person who looks elsewhere: the title of the window, a bell, a notice of the terminal, a command. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "ui_private.h"

enum { HOOK_PATIENCE = 10000, HOOKS_AT_ONCE = 4, HOOKS_WAITING = 1000 };

extern char **environ;

/* A command of the person's own, oldest first: it waits until it has a child. */
struct hook {
    struct ui *ui;
    const char *command;
    char *extra[4]; /* for its environment */
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
    for (size_t i = 0; i < sizeof hook->extra / sizeof hook->extra[0]; i++)
        free(hook->extra[i]);
    loop_timer_free(hook->limit);
    loop_child_free(hook->child);
    free(hook);
}

static void start_hooks(struct ui *ui);

static void hook_ended(void *argument, int exit_status, int signal)
{
    struct ui *ui = ((struct hook *)argument)->ui;
    (void)exit_status;
    (void)signal;
    hook_free(argument);
    start_hooks(ui);
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

static bool start_hook(struct hook *hook, struct error *error)
{
    struct loop *loop = hook->ui->options.loop;
    char **environment = make_environment(hook->extra, sizeof hook->extra / sizeof hook->extra[0]);
    char *arguments[] = {(char *)"/bin/sh", (char *)"-c", (char *)hook->command, NULL};
    const struct loop_child_options options = {.arguments = arguments, .environment = environment, .detached = true};
    enum status status = loop_child_new(loop, &options, hook_ended, hook, &hook->child, error);
    free(environment);
    if (status != STATUS_OK)
        return false;
    hook->limit = loop_timer_new(loop, hook_hangs, hook);
    loop_timer_start(hook->limit, HOOK_PATIENCE, 0);
    return true;
}

/* Those that wait, in their order, as many as may run at once. */
static void start_hooks(struct ui *ui)
{
    size_t running = 0;
    for (struct hook *hook = ui->hooks, *next; hook && running < HOOKS_AT_ONCE; hook = next) {
        struct error error;
        next = hook->next;
        if (!hook->child && !start_hook(hook, &error)) {
            ui_show_message(ui, true, error.message);
            hook_free(hook);
        } else {
            running++;
        }
    }
}

static void run_hook(struct ui *ui, const char *command, const char *node, const char *state, const char *reason)
{
    if (!command || !*command || !ui->options.loop || ui->hook_count >= HOOKS_WAITING)
        return;
    struct hook *hook = memory_new(sizeof *hook), **last = &ui->hooks;
    *hook = (struct hook){.ui = ui, .command = command};
    hook->extra[0] = memory_format("DAGTOP_WORKFLOW=%s", ui->snapshot->workflow->name);
    hook->extra[1] = memory_format("DAGTOP_NODE=%s", node);
    hook->extra[2] = memory_format("DAGTOP_STATE=%s", state);
    hook->extra[3] = memory_format("DAGTOP_REASON=%s", reason ? reason : "");
    while (*last)
        last = &(*last)->next;
    *last = hook;
    ui->hook_count++;
    start_hooks(ui);
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

/* "yes" is for trouble and for the end of everything, "all" for every end. */
static bool is_on(const char *word, bool matters)
{
    return word && (strcmp(word, "all") == 0 || (matters && strcmp(word, "yes") == 0));
}

/* One bell and one notice for all that happened at once. */
static void ring(struct ui *ui, const char *words, bool matters)
{
    const struct settings *settings = ui->options.settings;
    if (!settings)
        return;
    if (is_on(settings->bell, matters))
        term_bell(ui->options.term);
    if (is_on(settings->notify, matters))
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
        bool is_new = first || ui->noticed[i] == UNNOTICED;
        const char *name = snapshot->workflow->nodes[i].name;
        bool failed = state == STATE_FAILED || state == STATE_LOST;
        ui->noticed[i] = (unsigned char)state;
        if (is_new || state != before)
            ui_record(ui, "node %s %s%s%s", name, state_word(state), snapshot->views[i].reason ? ": " : "",
                snapshot->views[i].reason ? snapshot->views[i].reason : "");
        if (is_new || state == before || !(failed || state == STATE_DONE))
            continue;
        last = i;
        bad += failed;
        good += !failed;
        if (settings)
            run_hook(ui, failed ? settings->on_failed : settings->on_done, name, state_word(state),
                snapshot->views[i].reason);
    }
    if (bad + good == 0)
        return;
    char words[200];
    if (bad + good == 1)
        snprintf(words, sizeof words, "%.100s %s", snapshot->workflow->nodes[last].name,
            state_word(snapshot->views[last].state));
    else
        snprintf(words, sizeof words, "%zu failed, %zu done", bad, good);
    ring(ui, words, bad > 0);
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
        ring(ui, state == WORKFLOW_DONE ? "the workflow is done" : "the workflow has failed", true);
        run_hook(ui, settings ? settings->on_end : NULL, "", workflow_state_word(state), NULL);
    }
    ui->noticed_workflow = state;
}
