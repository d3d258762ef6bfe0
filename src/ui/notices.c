/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/ui/notices.h"

enum {
    HOOK_PATIENCE = 10000,
    HOOKS_AT_ONCE = 4,
    HOOKS_WAITING = 1000,
    UNNOTICED = 255, /* among the states that were told of */
};

extern char **environ;

/* A command of the person's own, oldest first: it waits until it has a child. */
struct hook {
    struct notices *notices;
    const char *command;
    char *extra[4]; /* for its environment */
    struct loop_child *child;
    struct loop_timer *limit;
    struct hook *next;
};

struct notices {
    struct notices_options options;
    const struct workflow *workflow; /* whose nodes are noticed; NULL before the first look */
    unsigned char *noticed;          /* states that were told of */
    enum workflow_state noticed_workflow;
    struct hook *hooks; /* commands that run now or wait */
    size_t hook_count;
};

static void hook_free(struct hook *hook)
{
    struct hook **link = &hook->notices->hooks;
    while (*link != hook)
        link = &(*link)->next;
    *link = hook->next;
    hook->notices->hook_count--;
    for (size_t i = 0; i < sizeof hook->extra / sizeof hook->extra[0]; i++)
        free(hook->extra[i]);
    loop_timer_free(hook->limit);
    loop_child_free(hook->child);
    free(hook);
}

static void start_hooks(struct notices *notices);

static void hook_ended(void *argument, int exit_status, int signal)
{
    struct notices *notices = ((struct hook *)argument)->notices;
    (void)exit_status;
    (void)signal;
    hook_free(argument);
    start_hooks(notices);
}

static void hook_hangs(void *argument)
{
    struct hook *hook = argument;
    /* It leads a session of its own: whatever it has begun ends with it. */
    kill((pid_t)-loop_child_process(hook->child), SIGKILL);
    const struct notices_options *options = &hook->notices->options;
    options->trouble(options->argument, "A command of the config file took over 10 s and was stopped");
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
    struct loop *loop = hook->notices->options.loop;
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
static void start_hooks(struct notices *notices)
{
    size_t running = 0;
    for (struct hook *hook = notices->hooks, *next; hook && running < HOOKS_AT_ONCE; hook = next) {
        struct error error;
        next = hook->next;
        if (!hook->child && !start_hook(hook, &error)) {
            notices->options.trouble(notices->options.argument, error.message);
            hook_free(hook);
        } else {
            running++;
        }
    }
}

static void run_hook(struct notices *notices, const struct snapshot *snapshot, const char *command, const char *node,
    const char *state, const char *reason)
{
    if (!command || !*command || !notices->options.loop || notices->hook_count >= HOOKS_WAITING)
        return;
    struct hook *hook = memory_new(sizeof *hook), **last = &notices->hooks;
    *hook = (struct hook){.notices = notices, .command = command};
    hook->extra[0] = memory_format("DAGTOP_WORKFLOW=%s", snapshot->workflow->name);
    hook->extra[1] = memory_format("DAGTOP_NODE=%s", node);
    hook->extra[2] = memory_format("DAGTOP_STATE=%s", state);
    hook->extra[3] = memory_format("DAGTOP_REASON=%s", reason ? reason : "");
    while (*last)
        last = &(*last)->next;
    *last = hook;
    notices->hook_count++;
    start_hooks(notices);
}

struct notices *notices_new(const struct notices_options *options)
{
    struct notices *notices = memory_new(sizeof *notices);
    notices->options = *options;
    return notices;
}

void notices_free(struct notices *notices)
{
    if (!notices)
        return;
    while (notices->hooks)
        hook_free(notices->hooks);
    free(notices->noticed);
    free(notices);
}

/* "yes" is for trouble and for the end of everything, "all" for every end. */
static bool is_on(const char *word, bool matters)
{
    return word && (strcmp(word, "all") == 0 || (matters && strcmp(word, "yes") == 0));
}

/* One bell and one notice for all that happened at once. */
static void ring(const struct notices *notices, const struct snapshot *snapshot, const char *words, bool matters)
{
    const struct settings *settings = notices->options.settings;
    if (!settings)
        return;
    if (is_on(settings->bell, matters))
        term_bell(notices->options.term);
    if (is_on(settings->notify, matters))
        term_notify(notices->options.term, snapshot->workflow->name, words);
}

/* What has come to an end since the last look. */
struct ends {
    size_t bad, good, last;
};

/* True where the node has come to an end since the last look. */
static bool notice_node(struct notices *notices, const struct snapshot *snapshot, size_t node, bool first)
{
    const struct node_view *view = &snapshot->views[node];
    unsigned char before = notices->noticed[node];
    bool is_new = first || before == UNNOTICED, failed = view->state == STATE_FAILED || view->state == STATE_LOST;
    notices->noticed[node] = (unsigned char)view->state;
    if (!is_new && view->state == (enum node_state)before)
        return false;
    if (notices->options.told)
        notices->options.told(notices->options.argument, snapshot, node);
    return !is_new && (failed || view->state == STATE_DONE);
}

/* Nodes that have come to an end since the last look; the first look only learns how things are. */
static struct ends notice_nodes(struct notices *notices, const struct snapshot *snapshot, bool first)
{
    const struct settings *settings = notices->options.settings;
    struct ends ends = {0};
    for (size_t i = 0; i < snapshot->workflow->node_count; i++) {
        const struct node_view *view = &snapshot->views[i];
        if (!notice_node(notices, snapshot, i, first))
            continue;
        bool good = view->state == STATE_DONE;
        ends.last = i;
        ends.good += good;
        ends.bad += !good;
        if (settings)
            run_hook(notices, snapshot, good ? settings->on_done : settings->on_failed,
                snapshot->workflow->nodes[i].name, state_word(view->state), view->reason);
    }
    return ends;
}

static void tell_ends(const struct notices *notices, const struct snapshot *snapshot, const struct ends *ends)
{
    char words[200];
    if (ends->bad + ends->good == 0)
        return;
    if (ends->bad + ends->good == 1)
        snprintf(words, sizeof words, "%.100s %s", snapshot->workflow->nodes[ends->last].name,
            state_word(snapshot->views[ends->last].state));
    else
        snprintf(words, sizeof words, "%zu failed, %zu done", ends->bad, ends->good);
    ring(notices, snapshot, words, ends->bad > 0);
}

void notices_update(struct notices *notices, const struct snapshot *snapshot)
{
    enum workflow_state state = snapshot->state;
    const struct settings *settings = notices->options.settings;
    bool first = !notices->workflow;
    if (!snapshot->complete || (!first && notices->workflow != snapshot->workflow))
        return;
    if (first)
        notices->noticed = memory_new_array(snapshot->workflow->node_count + 1, sizeof *notices->noticed);
    notices->workflow = snapshot->workflow;
    const struct ends ends = notice_nodes(notices, snapshot, first);
    tell_ends(notices, snapshot, &ends);
    bool ended = state == WORKFLOW_DONE || state == WORKFLOW_FAILED;
    if (!first && ended && notices->noticed_workflow == WORKFLOW_RUNNING) {
        ring(notices, snapshot, state == WORKFLOW_DONE ? "the workflow is done" : "the workflow has failed", true);
        run_hook(notices, snapshot, settings ? settings->on_end : NULL, "", workflow_state_word(state), NULL);
    }
    notices->noticed_workflow = state;
}

/* What was told of a node counts; a new one is learnt first. */
void notices_renew(struct notices *notices, const struct workflow *workflow, const size_t *before_of)
{
    if (!notices->workflow)
        return;
    unsigned char *noticed = memory_new_array(workflow->node_count + 1, sizeof *noticed);
    for (size_t i = 0; i < workflow->node_count; i++)
        noticed[i] = before_of[i] == SIZE_MAX ? UNNOTICED : notices->noticed[before_of[i]];
    free(notices->noticed);
    notices->noticed = noticed;
    notices->workflow = workflow;
}
