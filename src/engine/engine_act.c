/* SPDX-License-Identifier: Apache-2.0 */
/* Carrying out a plan that was shown: as few requests a host as possible, one answer to the caller. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum { ASKED_FOR = 150 * 1000 };

struct execution {
    struct engine *engine;
    struct execution *next;
    enum action action;
    bool is_forced;        /* no limit of jobs */
    struct plan_row *rows; /* of the plan, only those that do something; of their strings, tasks are kept */
    size_t count;
    bool *taken;        /* a row: its start went out, or was dropped */
    bool *asks;         /* a row: its job is to run again, and the scheduler has not said yet whether it does */
    int64_t asks_until; /* then that is given up (monotonic) */
    size_t remaining;   /* answers that are still to come */
    struct error error; /* the first that was told */
    agent_done_function *done;
    void *argument;
};

static void note_error(struct execution *execution, const struct error *error)
{
    if (error != NULL && error->status != STATUS_OK && execution->error.status == STATUS_OK)
        execution->error = *error;
}

static void one_answered(struct execution *execution, const struct error *error)
{
    note_error(execution, error);
    execution->remaining--;
    engine_ask_turn(execution->engine);
}

/* One request to a host about some nodes. */
struct request {
    struct execution *execution;
    struct host *host;
    size_t *nodes;
    unsigned *attempts;
    size_t count, journal_entry;
    enum agent_mark mark;
    bool moves_directories;
};

/* Sends a request; the rest is the same for all of them. */
typedef enum status request_function(
    struct request *request, struct agent *agent, const struct agent_place *place, struct error *error);

static struct request *request_new(struct execution *execution, struct host *host, size_t capacity)
{
    struct request *request = memory_new(sizeof *request);
    request->execution = execution;
    request->host = host;
    request->nodes = memory_new_array(capacity, sizeof *request->nodes);
    request->attempts = memory_new_array(capacity, sizeof *request->attempts);
    return request;
}

static void request_add(struct request *request, const struct plan_row *row)
{
    request->nodes[request->count] = row->node;
    request->attempts[request->count++] = row->attempt;
}

static void request_free(struct request *request)
{
    free(request->nodes);
    free(request->attempts);
    free(request);
}

static void request_answered(void *argument, const struct error *error)
{
    struct request *request = argument;
    struct host *host = request->host;
    struct engine *engine = host->engine;
    journal_result(&engine->journal, request->journal_entry, error);
    for (size_t i = 0; i < request->count; i++)
        engine->reconcile.nodes[request->nodes[i]].needs_look = true;
    if (!engine->closing) {
        host->rescan |= request->moves_directories;
        reconcile_hurry(engine_memory_of(host), loop_now(engine->loop));
        observe_hurry(host, request->moves_directories ? RECONCILE_LOOK_ALL : RECONCILE_LOOK_LIVE);
    }
    one_answered(request->execution, error);
    request_free(request);
}

/* Takes the request. */
static void request_send(struct request *request, request_function *send, const char *what)
{
    struct host *host = request->host;
    struct engine *engine = host->engine;
    if (request->count == 0) {
        request_free(request);
        return;
    }
    request->execution->remaining++;
    request->journal_entry = journal_add(&engine->journal, clock_wall(), host->name, "%s %s%s", what,
        engine->workflow->nodes[request->nodes[0]].name, request->count > 1 ? " and others" : "");
    struct agent_place place = engine_place(host);
    struct error error = {0};
    enum status status = host->state == HOST_READY
                             ? send(request, host->agent, &place, &error)
                             : error_set(&error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    if (status != STATUS_OK)
        request_answered(request, &error);
}

static enum status send_mark(
    struct request *request, struct agent *agent, const struct agent_place *place, struct error *error)
{
    return agent_mark(agent, place, request->host->engine->workflow, request->mark, request->nodes, request->attempts,
        request->count, request_answered, request, error);
}

static enum status send_clean(
    struct request *request, struct agent *agent, const struct agent_place *place, struct error *error)
{
    return agent_clean(agent, place, request->host->engine->workflow, request->nodes, request->count, request_answered,
        request, error);
}

static enum status send_cancel(
    struct request *request, struct agent *agent, const struct agent_place *place, struct error *error)
{
    return agent_cancel(agent, place, request->host->engine->workflow, request->nodes[0], request->attempts[0],
        ENGINE_CANCEL_GRACE, request_answered, request, error);
}

static void control_done(void *argument, const struct error *error)
{
    one_answered(argument, error);
}

/* Has a batch system do it to the row's job, if there is one. */
static void send_control(struct execution *execution, const struct plan_row *row, enum batch_control control)
{
    execution->remaining++;
    if (!batch_control_job(execution->engine, row->node, control, NULL, control_done, execution))
        execution->remaining--;
}

/* Jobs that wait in a queue are held there: the records of their nodes say nothing of it. */
static void control_queued(struct execution *execution, struct host *host, enum batch_control control)
{
    for (size_t i = 0; i < execution->count; i++) {
        const struct plan_row *row = &execution->rows[i];
        if (engine_host_of(execution->engine, row->node) == host && batch_is_in_queue(execution->engine, row->node))
            send_control(execution, row, control);
    }
}

/* Which rows a mark is for. */
static bool mark_applies(const struct execution *execution, const struct plan_row *row, enum agent_mark mark)
{
    const struct observation *observation = &execution->engine->observations[row->node];
    if ((mark == AGENT_HOLD || mark == AGENT_RELEASE) && batch_is_in_queue(execution->engine, row->node))
        return false;
    /* Whoever wants some tasks again keeps what the others have done; a job may be refused to run again. */
    if (mark == AGENT_WANT)
        return row->tasks == NULL && row->requeues == NULL && !row->is_job_command;
    if (mark == AGENT_RELEASE)
        return observation->held;
    return mark != AGENT_UNSKIP || observation->skipped;
}

static void mark_rows(struct execution *execution, struct host *host, enum agent_mark mark, const char *what)
{
    struct request *request = request_new(execution, host, execution->count);
    request->mark = mark;
    for (size_t i = 0; i < execution->count; i++) {
        const struct plan_row *row = &execution->rows[i];
        if (engine_host_of(execution->engine, row->node) != host || !mark_applies(execution, row, mark))
            continue;
        request_add(request, row);
        drive_forget_refusal(execution->engine, row->node);
    }
    request_send(request, send_mark, what);
}

static void clean_rows(struct execution *execution, struct host *host)
{
    struct request *request = request_new(execution, host, execution->count);
    request->moves_directories = true;
    for (size_t i = 0; i < execution->count; i++) {
        if (engine_host_of(execution->engine, execution->rows[i].node) == host)
            request_add(request, &execution->rows[i]);
    }
    request_send(request, send_clean, "clean");
}

/* The tasks of arrays: many with one command. */
static void cancel_tasks(struct execution *execution, struct host *host)
{
    size_t *nodes = memory_new_array(execution->count, sizeof *nodes), count = 0, first = 0;
    for (size_t i = 0; i < execution->count; i++)
        if (engine_host_of(execution->engine, execution->rows[i].node) == host)
            nodes[count++] = execution->rows[i].node;
    for (size_t done = 0, some; done < count; done += some) {
        struct text command;
        text_init(&command, 0);
        some = count - done;
        if (array_append_cancel(execution->engine, nodes + done, &some, &first, &command)) {
            execution->remaining++;
            batch_run_command(execution->engine, first, command.data, control_done, execution);
        }
        text_release(&command);
    }
    free(nodes);
}

static void cancel_rows(struct execution *execution, struct host *host)
{
    for (size_t i = 0; i < execution->count; i++) {
        if (engine_host_of(execution->engine, execution->rows[i].node) != host || execution->rows[i].is_job_command)
            continue;
        struct request *request = request_new(execution, host, 1);
        request_add(request, &execution->rows[i]);
        request_send(request, send_cancel, "cancel");
        if (!array_has_task(execution->engine, execution->rows[i].node))
            send_control(execution, &execution->rows[i], BATCH_CANCEL);
    }
    cancel_tasks(execution, host);
}

/* Rows that are nothing but a command of the batch system: what was shown is what runs. */
static void run_commands(struct execution *execution, struct host *host)
{
    for (size_t i = 0; i < execution->count; i++) {
        const struct plan_row *row = &execution->rows[i];
        if (engine_host_of(execution->engine, row->node) != host || !row->is_job_command)
            continue;
        execution->remaining++;
        batch_run_command(execution->engine, row->node, row->command, control_done, execution);
    }
}

static void answer_start(struct execution *execution, size_t node, const struct error *error)
{
    struct error named = {0};
    if (error != NULL && error->status != STATUS_OK)
        (void)error_set(&named, error->status, "%s: %s", execution->engine->workflow->nodes[node].name, error->message);
    one_answered(execution, &named);
}

/* A job that is to run again: what the scheduler says to it follows in the records. */
static void start_answered(void *argument, size_t node, unsigned attempt, const struct error *error)
{
    struct execution *execution = argument;
    for (size_t i = 0; i < execution->count && (error == NULL || error->status == STATUS_OK); i++)
        if (execution->rows[i].node == node && execution->rows[i].attempt == attempt &&
            execution->rows[i].requeues != NULL) {
            execution->asks[i] = true;
            execution->asks_until = loop_now(execution->engine->loop) + ASKED_FOR;
            return;
        }
    answer_start(execution, node, error);
}

void act_requeued(struct engine *engine, size_t node, unsigned attempt, const char *words)
{
    struct error error = {0};
    if (words != NULL)
        (void)error_set(&error, STATUS_REFUSED, "%s", words);
    for (struct execution *execution = engine->executions; execution != NULL; execution = execution->next)
        for (size_t i = 0; i < execution->count; i++)
            if (execution->asks[i] && execution->rows[i].node == node && execution->rows[i].attempt == attempt) {
                execution->asks[i] = false;
                answer_start(execution, node, &error);
            }
}

static bool is_start(const struct plan_row *row)
{
    return !row->want_only && !row->is_job_command;
}

/* Takes the starts of one host that have not gone out yet, but for those that a driver has sent meanwhile. */
static size_t take_starts(struct execution *execution, const struct host *host, size_t *nodes, unsigned *attempts)
{
    struct engine *engine = execution->engine;
    size_t count = 0;
    for (size_t i = 0; i < execution->count; i++) {
        const struct plan_row *row = &execution->rows[i];
        if (!is_start(row) || execution->taken[i] || engine_host_of(engine, row->node) != host)
            continue;
        execution->taken[i] = true;
        if (engine->reconcile.nodes[row->node].starting > 0)
            continue;
        detach_expect_move(engine, row->node, row->attempt);
        task_remember(engine, row->node, row);
        nodes[count] = row->node;
        attempts[count++] = row->attempt;
        drive_forget_refusal(engine, row->node);
    }
    return count;
}

/* Sends the starts of one host, or drops them where words says why they cannot go. */
static void start_rows(struct execution *execution, struct host *host, const char *words)
{
    size_t *nodes = memory_new_array(execution->count, sizeof *nodes);
    unsigned *attempts = memory_new_array(execution->count, sizeof *attempts);
    size_t count = take_starts(execution, host, nodes, attempts);
    if (count > 0 && words != NULL) {
        struct error error = {0};
        (void)error_set(&error, STATUS_REFUSED, "%s", words);
        note_error(execution, &error);
    } else if (count > 0) {
        execution->remaining += count;
        drive_start(host, nodes, attempts, count, execution->is_forced ? 0 : engine_memory_of(host)->jobs,
            start_answered, execution);
    }
    for (size_t i = 0; i < count; i++)
        task_remember(execution->engine, nodes[i], NULL);
    free(nodes);
    free(attempts);
}

static bool has_starts(const struct execution *execution, const struct host *host)
{
    for (size_t i = 0; i < execution->count; i++) {
        const struct plan_row *row = &execution->rows[i];
        if (is_start(row) && !execution->taken[i] && engine_host_of(execution->engine, row->node) == host)
            return true;
    }
    return false;
}

/* Starts where the workflow's name is claimed; elsewhere it is claimed first, and act_claimed goes on. */
static void start_all(struct execution *execution)
{
    struct engine *engine = execution->engine;
    for (size_t i = 0; i < engine->reconcile.host_count; i++) {
        struct host *host = &engine->hosts[i];
        const char *words = host->state == HOST_READY ? owner_obstacle(host) : "the host is not connected";
        if (!has_starts(execution, host))
            continue;
        if (words != NULL || host->ownership == OWNERSHIP_OURS)
            start_rows(execution, host, words);
        else
            owner_claim(host);
    }
}

void act_claimed(struct host *host, const char *words)
{
    for (struct execution *execution = host->engine->executions; execution != NULL; execution = execution->next) {
        if (execution->action == ACTION_START || execution->action == ACTION_RESUBMIT)
            start_rows(execution, host, words);
    }
}

/* Whether starts wait for a claim that is still under way. */
static bool waits_for_claim(const struct execution *execution)
{
    bool starts = execution->action == ACTION_START || execution->action == ACTION_RESUBMIT;
    for (size_t i = 0; starts && i < execution->engine->reconcile.host_count; i++) {
        if (has_starts(execution, &execution->engine->hosts[i]))
            return true;
    }
    return false;
}

static void act_on_host(struct execution *execution, struct host *host)
{
    switch (execution->action) {
    case ACTION_START:
        break;
    case ACTION_RESUBMIT:
        mark_rows(execution, host, AGENT_WANT, "want again");
        run_commands(execution, host);
        break;
    case ACTION_CANCEL:
        cancel_rows(execution, host);
        run_commands(execution, host);
        break;
    case ACTION_HOLD:
        control_queued(execution, host, BATCH_HOLD);
        mark_rows(execution, host, AGENT_HOLD, "hold");
        break;
    case ACTION_RELEASE:
        control_queued(execution, host, BATCH_RELEASE);
        mark_rows(execution, host, AGENT_RELEASE, "release");
        mark_rows(execution, host, AGENT_UNSKIP, "take back the skip of");
        break;
    case ACTION_SKIP:
        mark_rows(execution, host, AGENT_SKIP, "skip");
        break;
    case ACTION_CLEAN:
        clean_rows(execution, host);
        break;
    case ACTION_CHANGE:
        run_commands(execution, host);
        break;
    }
}

void engine_execute(struct engine *engine, const struct plan *plan, agent_done_function *done, void *argument)
{
    struct execution *execution = memory_new(sizeof *execution);
    engine_be_quick(engine);
    execution->engine = engine;
    execution->action = plan->action;
    execution->is_forced = (plan->flags & PLAN_FORCE) != 0;
    execution->done = done;
    execution->argument = argument;
    execution->rows = memory_new_array(plan->count, sizeof *execution->rows);
    execution->taken = memory_new_array(plan->count, sizeof *execution->taken);
    execution->asks = memory_new_array(plan->count, sizeof *execution->asks);
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->rows[i].does_nothing)
            continue;
        struct plan_row *row = &execution->rows[execution->count++];
        *row = plan->rows[i];
        row->tasks = memory_copy_text(row->tasks);
        row->unfinished = memory_copy_text(row->unfinished);
        row->requeues = memory_copy_text(row->requeues);
    }
    execution->next = engine->executions;
    engine->executions = execution;
    for (size_t i = 0; i < engine->reconcile.host_count; i++)
        act_on_host(execution, &engine->hosts[i]);
    if (execution->action == ACTION_START || execution->action == ACTION_RESUBMIT)
        start_all(execution);
    engine_ask_turn(engine);
}

/* The jobs of children that were handed over are to wait for the new jobs. */
static bool waits_for_children(const struct execution *execution)
{
    for (size_t i = 0; i < execution->count; i++)
        if (execution->taken[i] && detach_is_moving(execution->engine, execution->rows[i].node))
            return true;
    return false;
}

static void execution_end(struct execution *execution)
{
    if (execution->done != NULL)
        execution->done(execution->argument, &execution->error);
    for (size_t i = 0; i < execution->count; i++) {
        free(execution->rows[i].tasks);
        free(execution->rows[i].unfinished);
        free(execution->rows[i].requeues);
    }
    free(execution->rows);
    free(execution->taken);
    free(execution->asks);
    free(execution);
}

/* What submits has two minutes; if it was killed, only a driver gives its attempt up. */
static void stop_asking(struct execution *execution)
{
    struct error error = {0};
    for (size_t i = 0; i < execution->count; i++)
        if (execution->asks[i] && loop_now(execution->engine->loop) > execution->asks_until) {
            execution->asks[i] = false;
            (void)error_set(&error, STATUS_TIMEOUT, "its scheduler has not said whether the job runs again");
            answer_start(execution, execution->rows[i].node, &error);
        }
}

void act_finish(struct engine *engine)
{
    struct execution **link = &engine->executions;
    while (*link != NULL) {
        struct execution *execution = *link;
        stop_asking(execution);
        if (execution->remaining > 0 || waits_for_claim(execution) || waits_for_children(execution)) {
            link = &execution->next;
            continue;
        }
        *link = execution->next;
        execution_end(execution);
        /* The caller may have asked for more: begin again. */
        link = &engine->executions;
    }
}

void act_release(struct engine *engine)
{
    while (engine->executions != NULL) {
        struct execution *execution = engine->executions;
        engine->executions = execution->next;
        if (execution->error.status == STATUS_OK && (execution->remaining > 0 || waits_for_claim(execution)))
            (void)error_set(&execution->error, STATUS_CANCELLED, "dagtop stopped before the host had answered");
        execution_end(execution);
    }
}

/* ---- reading ---- */

enum status engine_read_log(struct engine *engine, size_t node, unsigned attempt, const char *task, int64_t offset,
    size_t maximum, agent_log_function *answered, void *argument, struct error *error)
{
    struct host *host = engine_host_of(engine, node);
    struct agent_place place = engine_place(host);
    engine_be_quick(engine);
    if (host->state != HOST_READY)
        return error_set(error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    return agent_read_log(
        host->agent, &place, engine->workflow, node, attempt, task, offset, maximum, answered, argument, error);
}

struct listing {
    struct engine *engine;
    agent_done_function *done;
    void *argument;
};

static struct observation *listing_find(void *argument, size_t node)
{
    struct listing *listing = argument;
    return &listing->engine->observations[node];
}

static void listing_update(void *argument, size_t node)
{
    struct listing *listing = argument;
    (void)node;
    engine_observations_changed(listing->engine);
}

static void listing_done(void *argument, const struct error *error)
{
    struct listing *listing = argument;
    listing->engine->dirty = true;
    listing->done(listing->argument, error);
    free(listing);
}

enum status engine_list_attempts(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error)
{
    struct host *host = engine_host_of(engine, node);
    struct agent_place place = engine_place(host);
    engine_be_quick(engine);
    if (host->state != HOST_READY)
        return error_set(error, STATUS_DISCONNECTED, "%s is not connected", host->name);
    struct listing *listing = memory_new(sizeof *listing);
    *listing = (struct listing){engine, done, argument};
    struct agent_observer observer = {listing_find, listing_update, listing_done, listing};
    enum status status = agent_list_attempts(host->agent, &place, engine->workflow, node, &observer, error);
    if (status != STATUS_OK)
        free(listing);
    return status;
}
