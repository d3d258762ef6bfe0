/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what an action would do to each node, before anything is done. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/model/graph.h"
#include "engine_private.h"

static const char *const action_words[] = {
    [ACTION_START] = "start",
    [ACTION_CANCEL] = "cancel",
    [ACTION_RESUBMIT] = "resubmit",
    [ACTION_HOLD] = "hold",
    [ACTION_RELEASE] = "release",
    [ACTION_SKIP] = "skip",
    [ACTION_CLEAN] = "clean",
    [ACTION_CHANGE] = "change",
};

const char *action_word(enum action action)
{
    return action_words[action];
}

bool action_from_word(const char *word, enum action *action)
{
    for (size_t i = 0; i < sizeof action_words / sizeof *action_words; i++) {
        if (strcmp(word, action_words[i]) == 0) {
            *action = (enum action)i;
            return true;
        }
    }
    return false;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->rows[i].what);
        free(plan->rows[i].command);
        free(plan->rows[i].tasks);
        free(plan->rows[i].unfinished);
        free(plan->rows[i].requeues);
    }
    free(plan->rows);
    free(plan);
}

/* A plan in the making. */
struct planner {
    struct engine *engine;
    struct plan *plan;
    const struct job_wish *wish;
    bool *set;        /* chosen nodes */
    bool *runs_again; /* nodes that get a new attempt by this plan: their followers wait for it */
    size_t *room;     /* a host: starts that the limit still allows */
    char *refusal;    /* the first row that cannot be done, as "NODE: why" */
};

/* Ends a row that does nothing. */
static void row_nothing(struct plan_row *row, const char *why)
{
    row->does_nothing = true;
    row->attempt = 0;
    row->what = memory_format("nothing: %s", why);
}

/* Ends a row that does nothing though it was asked for, for a reason that a person should hear of. */
static void row_refuse(struct planner *planner, struct plan_row *row, const char *why)
{
    row->does_nothing = true;
    row->attempt = 0;
    row->what = memory_format("cannot: %s", why);
    if (planner->refusal == NULL)
        planner->refusal = memory_format("%s: %s", planner->engine->workflow->nodes[row->node].name, why);
}

static char *nothing_because(enum node_state state)
{
    return memory_format("it is %s", state_word(state));
}

/* The line that runs on the host, for people: the wrapper around it is the agent's. */
static char *command_of(const struct engine *engine, size_t index)
{
    const struct node *node = &engine->workflow->nodes[index];
    const char *prologue = engine_prologue(engine, index);
    struct text text;
    text_init(&text, 0);
    if (prologue != NULL)
        text_append_format(&text, "%s && ", prologue);
    if (node->venv != NULL) {
        text_append_string(&text, ". ");
        text_append_shell_quoted(&text, node->venv);
        text_append_string(&text, "/bin/activate && ");
    }
    for (size_t i = 0; i < node->env.count; i++) {
        text_append_string(&text, node->env.items[i].key);
        text_append_byte(&text, '=');
        text_append_shell_quoted(&text, node->env.items[i].value);
        text_append_byte(&text, ' ');
    }
    if (node->work == NODE_WORK_COMMAND) {
        text_append_string(&text, "/bin/sh -c ");
        text_append_shell_quoted(&text, node->exec);
    } else {
        text_append_shell_quoted(&text, node->script != NULL ? node->script : node->script_path);
    }
    return text_take(&text);
}

/* The first parent that keeps a node from starting, or NULL. Those that this plan runs again count. */
static const char *parent_in_the_way(const struct planner *planner, size_t index)
{
    const struct engine *engine = planner->engine;
    const struct node *node = &engine->workflow->nodes[index];
    for (size_t i = 0; i < node->parent_count; i++) {
        size_t parent = node->parents[i];
        if (!state_lets_children_start(engine->views[parent].state) || planner->runs_again[parent])
            return engine->workflow->nodes[parent].name;
    }
    return NULL;
}

/* Whether this machine could start the node now, its parents and the limit of jobs apart. */
static enum status may_start(struct planner *planner, size_t index, struct error *error)
{
    struct host *host = engine_host_of(planner->engine, index);
    const char *obstacle = owner_obstacle(host);
    if (host->elsewhere)
        return error_set(error, STATUS_REFUSED, "its home is %s: --adopt takes it over", host->home_machine);
    if (obstacle != NULL)
        return error_set(error, STATUS_REFUSED, "%s", obstacle);
    if (!host->scanned)
        return error_set(error, STATUS_REFUSED, "%s is not connected%s%s", host->name,
            host->trouble != NULL ? ": " : "", host->trouble != NULL ? host->trouble : "");
    return engine_node_obstacle(planner->engine, index, error);
}

static void fill_start(struct planner *planner, struct plan_row *row)
{
    row->attempt = reconcile_next_attempt(&planner->engine->observations[row->node]);
    row->what = memory_format("start attempt %u", row->attempt);
    row->command = command_of(planner->engine, row->node);
}

/* Takes one of the starts that the host's limit allows. */
static bool take_room(struct planner *planner, size_t node)
{
    size_t *room = &planner->room[planner->engine->reconcile.nodes[node].host];
    if (planner->engine->reconcile.nodes[node].queue > 0)
        return true;
    if (*room == 0 && (planner->plan->flags & PLAN_FORCE) == 0)
        return false;
    *room -= *room > 0;
    return true;
}

static void plan_start(struct planner *planner, struct plan_row *row)
{
    const struct observation *observation = &planner->engine->observations[row->node];
    enum node_state state = row->state;
    struct error error = {0};
    const char *parent = parent_in_the_way(planner, row->node);
    bool forced = (planner->plan->flags & PLAN_FORCE) != 0;
    if (planner->engine->workflow->nodes[row->node].work == NODE_WORK_MILESTONE)
        row_nothing(row, "it is a milestone, done as soon as its parents are");
    else if (state_is_live(state) || planner->engine->reconcile.nodes[row->node].starting > 0)
        row_nothing(row, "it is live already");
    else if (observation->held || observation->skipped)
        row_nothing(row, observation->held ? "it is held: release it first" : "it is skipped: release it first");
    else if (state_is_ended(state) || state == STATE_SKIPPED)
        row_nothing(row, state == STATE_DONE ? "it is done" : "it has ended: resubmit makes a new attempt");
    else if (may_start(planner, row->node, &error) != STATUS_OK)
        row_refuse(planner, row, error.message);
    else if (parent != NULL && !forced) {
        char *why = memory_format("its parent %s is not done", parent);
        row_refuse(planner, row, why);
        free(why);
    } else if (!take_room(planner, row->node))
        row_refuse(planner, row, "as many jobs as its host may have are running");
    else
        fill_start(planner, row);
}

/* The scheduler's command for the row's job; NULL: it has none. The caller frees it. */
static char *job_command(const struct planner *planner, const struct plan_row *row, enum batch_control control)
{
    struct text command;
    text_init(&command, 0);
    if (!batch_append_job_control(planner->engine, row->node, control, NULL, &command)) {
        text_release(&command);
        return NULL;
    }
    return text_take(&command);
}

/* Whether its batch system has a job of the node that waits or runs. */
static bool has_live_job(const struct planner *planner, const struct plan_row *row)
{
    const struct node_view *view = &planner->engine->views[row->node];
    return queue_system_of(planner->engine, row->node) != NULL && view->current != NULL &&
           view->current->jobid != NULL && (state_is_live(row->state) || batch_is_in_queue(planner->engine, row->node));
}

/* A row that is a command of the batch system about a live job, or about some tasks of it. */
static void plan_job_command(struct planner *planner, struct plan_row *row, enum batch_control control)
{
    const struct node_view *view = &planner->engine->views[row->node];
    const char *tasks = planner->wish->tasks, *job = view->current->jobid;
    struct text command;
    text_init(&command, 0);
    row->is_job_command = task_append_control(planner->engine, row->node, control, planner->wish, &command);
    if (row->is_job_command) {
        row->attempt = view->attempt;
        if (control == BATCH_SIGNAL)
            row->what = memory_format("send %s to the script of job %s%s%s", planner->wish->signal, job,
                tasks != NULL ? ", tasks " : "", tasks != NULL ? tasks : "");
        else if (tasks == NULL)
            row->what = memory_format("put job %s into the queue again: the same attempt runs anew", job);
        else
            row->what = control == BATCH_CANCEL ? memory_format("cancel the tasks %s of job %s", tasks, job)
                                                : memory_format("run the tasks %s of job %s again", tasks, job);
        row->command = text_take(&command);
    } else {
        row_nothing(row, "its batch system has no command for it");
    }
    text_release(&command);
}

/* Nothing is cancelled: the script is told, and does what it likes. */
static void plan_signal(struct planner *planner, struct plan_row *row)
{
    if (!has_live_job(planner, row) || row->state != STATE_RUNNING)
        row_nothing(row, "only a batch job that runs is sent a signal");
    else
        plan_job_command(planner, row, BATCH_SIGNAL);
}

static void plan_cancel(struct planner *planner, struct plan_row *row)
{
    const struct node_view *view = &planner->engine->views[row->node];
    bool is_queued = batch_is_in_queue(planner->engine, row->node);
    if ((!state_is_live(row->state) && !is_queued) || view->current == NULL) {
        char *why = nothing_because(row->state);
        row_nothing(row, why);
        free(why);
        return;
    }
    row->attempt = view->attempt;
    row->command = job_command(planner, row, BATCH_CANCEL);
    if (row->command != NULL) {
        row->what = memory_format("cancel attempt %u (job %s)", row->attempt, view->current->jobid);
        return;
    }
    row->what = memory_format("cancel attempt %u (TERM, KILL after %d s)", row->attempt, ENGINE_CANCEL_GRACE / 1000);
    if (view->current->pid > 0)
        row->command = memory_format("kill -TERM -- -%lld", (long long)view->current->pid);
}

/* Some tasks of an array that has ended, as a new attempt that knows what else is left to do. */
static void plan_task_start(struct planner *planner, struct plan_row *row)
{
    struct error error = {0};
    const char *parent = parent_in_the_way(planner, row->node), *tasks = planner->wish->tasks;
    char *unfinished = NULL;
    if (parent != NULL || planner->engine->observations[row->node].held) {
        char *why =
            parent != NULL ? memory_format("its parent %s is not done", parent) : memory_copy_text("it is held");
        row_refuse(planner, row, why);
        free(why);
    } else if (may_start(planner, row->node, &error) != STATUS_OK ||
               task_find_unfinished(planner->engine, row->node, tasks, &unfinished, &error) != STATUS_OK) {
        row_refuse(planner, row, error.message);
    } else {
        fill_start(planner, row);
        free(row->what);
        row->tasks = memory_copy_text(tasks);
        row->unfinished = unfinished;
        row->what = memory_format("start attempt %u of the tasks %s%s%s", row->attempt, tasks,
            unfinished != NULL ? "; not of these, which did not end well either: " : "",
            unfinished != NULL ? unfinished : "");
    }
}

/* Actions that single tasks can be the subject of. */
static void plan_tasks(struct planner *planner, struct plan_row *row)
{
    struct error error = {0};
    const struct node_view *view = &planner->engine->views[row->node];
    if (task_check(planner->engine, row->node, planner->wish->tasks, &error) != STATUS_OK) {
        row_refuse(planner, row, error.message);
    } else if (has_live_job(planner, row)) {
        plan_job_command(planner, row,
            planner->plan->action == ACTION_RESUBMIT ? BATCH_REQUEUE
            : planner->wish->signal != NULL          ? BATCH_SIGNAL
                                                     : BATCH_CANCEL);
    } else if (planner->plan->action == ACTION_CANCEL || !state_is_ended(row->state) || view->current == NULL) {
        char *why = nothing_because(row->state);
        row_nothing(row, why);
        free(why);
    } else {
        plan_task_start(planner, row);
    }
}

/* Why the job of an attempt that has ended cannot run again; NULL: that is for the scheduler to say. */
static const char *requeue_obstacle(const struct planner *planner, const struct plan_row *row)
{
    const struct batch_system *system = queue_system_of(planner->engine, row->node);
    const struct attempt *attempt = observation_newest(&planner->engine->observations[row->node]);
    if (system == NULL || attempt == NULL || attempt->jobid == NULL)
        return "it has no job";
    if (!batch_can_requeue(system))
        return "its batch system runs no job again that has ended";
    if (strchr(attempt->jobid, '_') != NULL)
        return "its job was one of an array";
    return task_is_array(planner->engine, row->node) ? "its job was an array, which has ended" : NULL;
}

/* A job that has ended, as that of a new attempt: the one before is final. */
static void plan_requeue_ended(struct planner *planner, struct plan_row *row)
{
    const char *obstacle = requeue_obstacle(planner, row), *parent = parent_in_the_way(planner, row->node);
    bool forced = (planner->plan->flags & PLAN_FORCE) != 0;
    struct error error = {0};
    char *why = NULL;
    if (obstacle != NULL)
        why = memory_format("%s: without requeue, resubmit makes a new attempt", obstacle);
    else if (!planner->runs_again[row->node])
        why = nothing_because(row->state);
    if (why != NULL) {
        row_nothing(row, why);
        free(why);
    } else if (planner->engine->observations[row->node].held) {
        row_refuse(planner, row, "it is held: release it first");
    } else if (parent != NULL && !forced) {
        why = memory_format("its parent %s is not done", parent);
        row_refuse(planner, row, why);
        free(why);
    } else if (may_start(planner, row->node, &error) != STATUS_OK) {
        row_refuse(planner, row, error.message);
    } else {
        fill_start(planner, row);
        free(row->what);
        row->requeues = memory_copy_text(observation_newest(&planner->engine->observations[row->node])->jobid);
        row->what = memory_format("put job %s into the queue again, as attempt %u", row->requeues, row->attempt);
        free(row->command);
        row->command = job_command(planner, row, BATCH_REQUEUE_HELD);
    }
}

static void plan_resubmit(struct planner *planner, struct plan_row *row)
{
    const struct engine *engine = planner->engine;
    bool live = state_is_live(row->state), forced = (planner->plan->flags & PLAN_FORCE) != 0;
    struct error error = {0};
    if (engine->workflow->nodes[row->node].work == NODE_WORK_MILESTONE) {
        row_nothing(row, "it is a milestone, done as soon as its parents are");
    } else if ((planner->plan->flags & PLAN_REQUEUE) != 0 && has_live_job(planner, row)) {
        plan_job_command(planner, row, BATCH_REQUEUE);
    } else if ((planner->plan->flags & PLAN_REQUEUE) != 0) {
        plan_requeue_ended(planner, row);
    } else if (!planner->runs_again[row->node]) {
        char *why = live ? memory_copy_text("it is live: cancel it first") : nothing_because(row->state);
        row_nothing(row, why);
        free(why);
    } else if (may_start(planner, row->node, &error) != STATUS_OK) {
        row_refuse(planner, row, error.message);
    } else {
        fill_start(planner, row);
        bool held = engine->observations[row->node].held;
        bool waits = live || held || (parent_in_the_way(planner, row->node) != NULL && !forced);
        if (!waits && take_room(planner, row->node))
            return;
        row->want_only = true;
        free(row->what);
        row->what =
            memory_format("want attempt %u: it runs when its parents are done and somebody drives", row->attempt);
    }
}

static void plan_mark(struct planner *planner, struct plan_row *row)
{
    const struct observation *observation = &planner->engine->observations[row->node];
    char *why = NULL;
    bool ends_badly = row->state == STATE_FAILED || row->state == STATE_LOST || row->state == STATE_CANCELLED;
    bool waits = row->state == STATE_WAITING || row->state == STATE_READY;
    bool in_queue = batch_is_in_queue(planner->engine, row->node);
    switch (planner->plan->action) {
    case ACTION_HOLD:
        if (in_queue && row->state == STATE_QUEUED) {
            row->what = memory_copy_text("hold its job in the queue");
            row->command = job_command(planner, row, BATCH_HOLD);
        } else if (observation->held || row->state == STATE_HELD)
            why = memory_copy_text("it is held already");
        else if (waits || ends_badly)
            row->what = memory_copy_text("hold: not to be started");
        break;
    case ACTION_SKIP:
        if (observation->skipped)
            why = memory_copy_text("it is skipped already");
        else if (waits || ends_badly || row->state == STATE_HELD)
            row->what = memory_copy_text("skip: counts as done");
        break;
    default:
        if (in_queue && row->state == STATE_HELD) {
            row->what = memory_copy_text("release its job in the queue");
            row->command = job_command(planner, row, BATCH_RELEASE);
        } else if (observation->held || observation->skipped)
            row->what = memory_format("release%s%s", observation->held ? ": may be started" : "",
                observation->skipped ? ": no longer counts as done" : "");
        else if (row->state == STATE_SKIPPED)
            why = memory_copy_text("its file says status: done");
        else
            why = memory_copy_text("it is neither held nor skipped");
    }
    if (row->what == NULL)
        row_nothing(row, why != NULL ? why : (why = nothing_because(row->state)));
    free(why);
}

static void plan_clean(struct planner *planner, struct plan_row *row)
{
    const struct node_view *view = &planner->engine->views[row->node];
    if (state_is_ended(row->state) && view->attempt > 0) {
        row->what = memory_copy_text("move its run directory aside");
        return;
    }
    char *why = view->attempt == 0 ? memory_copy_text("it has no run directory") : nothing_because(row->state);
    row_nothing(row, why);
    free(why);
}

static void plan_change(struct planner *planner, struct plan_row *row)
{
    struct text command;
    struct error error = {0};
    text_init(&command, 0);
    if (batch_append_job_change(planner->engine, row->node, planner->wish, &command, &error) == STATUS_OK) {
        row->what = memory_format("change its job %s", planner->engine->views[row->node].current->jobid);
        row->command = text_take(&command);
        row->is_job_command = true;
    } else if (error.status == STATUS_REFUSED) {
        row_nothing(row, error.message);
    } else {
        row_refuse(planner, row, error.message);
    }
    text_release(&command);
}

static void plan_row(struct planner *planner, size_t node)
{
    struct plan *plan = planner->plan;
    memory_grow(&plan->rows, &plan->capacity, plan->count + 1, sizeof *plan->rows);
    struct plan_row *row = &plan->rows[plan->count++];
    struct host *host = engine_host_of(planner->engine, node);
    row->node = node;
    row->state = planner->engine->views[node].state;
    row->host = planner->engine->workflow->nodes[node].host;
    if (host->agent == NULL || !host->scanned)
        row_refuse(planner, row, host->trouble != NULL ? host->trouble : "its host has not answered yet");
    else if (planner->wish->tasks != NULL && plan->action != ACTION_CHANGE)
        plan_tasks(planner, row);
    else if (plan->action == ACTION_START)
        plan_start(planner, row);
    else if (plan->action == ACTION_CANCEL && planner->wish->signal != NULL)
        plan_signal(planner, row);
    else if (plan->action == ACTION_CANCEL)
        plan_cancel(planner, row);
    else if (plan->action == ACTION_RESUBMIT)
        plan_resubmit(planner, row);
    else if (plan->action == ACTION_CLEAN)
        plan_clean(planner, row);
    else if (plan->action == ACTION_CHANGE)
        plan_change(planner, row);
    else
        plan_mark(planner, row);
    plan->effective += !row->does_nothing;
}

/* Nodes of the set that a resubmit gives a new attempt: ended ones, and live ones that follow one of them. */
static void choose_runs_again(struct planner *planner)
{
    const struct workflow *workflow = planner->engine->workflow;
    for (size_t i = 0; i < workflow->node_count; i++) {
        size_t index = workflow->order[i];
        const struct node *node = &workflow->nodes[index];
        const struct node_view *view = &planner->engine->views[index];
        bool follows = false;
        for (size_t p = 0; p < node->parent_count; p++)
            follows |= planner->runs_again[node->parents[p]];
        bool runs = view->current != NULL && planner->set[index] && node->work != NODE_WORK_MILESTONE &&
                    !planner->engine->observations[index].skipped;
        bool passes_on = node->work == NODE_WORK_MILESTONE && follows;
        planner->runs_again[index] =
            passes_on || (runs && (state_is_ended(view->state) || (follows && state_is_live(view->state))));
    }
}

static void choose_set(struct planner *planner, const bool *set)
{
    const struct engine *engine = planner->engine;
    size_t count = engine->workflow->node_count;
    memcpy(planner->set, set, count * sizeof *set);
    if ((planner->plan->flags & PLAN_DOWNSTREAM) != 0)
        graph_add_downstream(engine->workflow, planner->set);
    if ((planner->plan->flags & PLAN_UPSTREAM) != 0) {
        bool *before = memory_new_array(count, sizeof *before);
        memcpy(before, set, count * sizeof *set);
        graph_add_upstream(engine->workflow, before);
        for (size_t i = 0; i < count; i++)
            planner->set[i] |= before[i];
        free(before);
    }
    for (size_t i = 0; (planner->plan->flags & PLAN_FAILED) != 0 && i < count; i++) {
        enum node_state state = engine->views[i].state;
        planner->set[i] &= state == STATE_FAILED || state == STATE_LOST;
    }
}

static void count_room(struct planner *planner)
{
    const struct reconcile *reconcile = &planner->engine->reconcile;
    for (size_t i = 0; i < reconcile->host_count; i++) {
        const struct reconcile_host *host = &reconcile->hosts[i];
        planner->room[i] = host->jobs == 0 ? SIZE_MAX : host->jobs > host->slots ? host->jobs - host->slots : 0;
    }
}

enum status engine_plan(
    struct engine *engine, enum action action, const bool *set, unsigned flags, struct plan **plan, struct error *error)
{
    const struct job_wish nothing = {0};
    return engine_plan_jobs(engine, action, set, flags, &nothing, plan, error);
}

enum status engine_plan_jobs(struct engine *engine, enum action action, const bool *set, unsigned flags,
    const struct job_wish *wish, struct plan **result, struct error *error)
{
    *result = NULL;
    engine_be_quick(engine);
    const struct snapshot *snapshot = engine_snapshot(engine);
    const struct workflow *workflow = engine->workflow;
    if (engine->options.read_only)
        return error_set(error, STATUS_REFUSED, "read only: nothing may be changed");
    if (!snapshot->complete)
        return error_set(error, STATUS_REFUSED, "the hosts have not answered yet");
    struct plan *plan = memory_new(sizeof *plan);
    plan->action = action;
    plan->flags = flags;
    struct planner planner = {.engine = engine, .plan = plan, .wish = wish};
    planner.set = memory_new_array(workflow->node_count, sizeof *planner.set);
    planner.runs_again = memory_new_array(workflow->node_count, sizeof *planner.runs_again);
    planner.room = memory_new_array(engine->reconcile.host_count, sizeof *planner.room);
    choose_set(&planner, set);
    if (action == ACTION_RESUBMIT)
        choose_runs_again(&planner);
    count_room(&planner);
    for (size_t i = 0; i < workflow->node_count; i++) {
        if (planner.set[workflow->order[i]])
            plan_row(&planner, workflow->order[i]);
    }
    enum status status = STATUS_OK;
    if (plan->effective == 0 && planner.refusal != NULL) {
        status = error_set(error, STATUS_REFUSED, "%s", planner.refusal);
        plan_free(plan);
    } else {
        *result = plan;
    }
    free(planner.refusal);
    free(planner.set);
    free(planner.runs_again);
    free(planner.room);
    return status;
}
