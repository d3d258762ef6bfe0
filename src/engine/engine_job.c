/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch system knows of one job, asked when a person wants to see it: never on a timer. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

enum { ANSWER_WITHIN = 30 * 1000 };

/* One look at a job: up to two questions, one after the other. */
struct job_look {
    struct engine *engine;
    struct host *host;
    size_t node;
    char *job;
    agent_done_function *done;
    void *argument;
};

static void finish(struct job_look *look, const struct error *error)
{
    if (!look->engine->closing)
        engine_observations_changed(look->engine);
    look->done(look->argument, error);
    free(look->job);
    free(look);
}

/* The newest attempt still has that job. */
static bool is_current(const struct job_look *look)
{
    const struct attempt *attempt = observation_newest(&look->engine->observations[look->node]);
    return !look->engine->closing && attempt != NULL && attempt->jobid != NULL &&
           strcmp(attempt->jobid, look->job) == 0;
}

static enum status send(
    struct job_look *look, struct text *command, agent_errand_function *answered, struct error *error)
{
    struct queue *queue = queue_of(look->engine, look->node);
    struct text text;
    text_init(&text, 0);
    if (queue->prologue != NULL)
        text_append_format(&text, "%s\n", queue->prologue);
    text_append_string(&text, command->data);
    struct agent_errand errand = {.text = text.data, .limit = ANSWER_WITHIN};
    queue_count_call(queue);
    enum status status = agent_run_errand(look->host->agent, &errand, answered, look, error);
    text_release(&text);
    text_release(command);
    return status;
}

static void shown(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct job_look *look = argument;
    /* A job that its scheduler has forgotten is no error: the accounting has told what there is. */
    if (error->status == STATUS_OK && is_current(look))
        batch_read_details(queue_of(look->engine, look->node)->system, answer->output,
            &look->engine->observations[look->node].batch.details);
    finish(look, error);
}

static void ask_details(struct job_look *look, const struct error *before)
{
    struct queue *queue = queue_of(look->engine, look->node);
    struct text command;
    struct error error = *before;
    text_init(&command, 0);
    if (before->status == STATUS_OK && look->host->agent != NULL && is_current(look) &&
        batch_append_details(queue->system, queue->cluster, look->job, &command)) {
        if (send(look, &command, shown, &error) == STATUS_OK)
            return;
    } else {
        text_release(&command);
    }
    finish(look, &error);
}

static void listed(void *argument, const struct agent_errand_answer *answer, const struct error *error);

/* The accounting, or the queue where there is none. */
static enum status ask_list(struct job_look *look, struct error *error)
{
    struct queue *queue = queue_of(look->engine, look->node);
    struct text command;
    const char *const ids[] = {look->job};
    text_init(&command, 0);
    if (queue->no_accounting)
        batch_append_queue(queue->system, queue->cluster, agent_facts(look->host->agent)->user, &command);
    else
        batch_append_accounting(queue->system, queue->cluster, ids, 1, &command);
    return send(look, &command, listed, error);
}

static void listed(void *argument, const struct agent_errand_answer *answer, const struct error *error)
{
    struct job_look *look = argument;
    struct queue *queue = queue_of(look->engine, look->node);
    struct batch_list list;
    struct error again = *error;
    bool has_none = error->status == STATUS_OK && !queue->no_accounting && answer->code != 0 &&
                    batch_has_no_accounting(queue->system, answer->errors);
    queue->no_accounting |= has_none;
    if (has_none && is_current(look) && look->host->agent != NULL && ask_list(look, &again) == STATUS_OK)
        return;
    batch_list_init(&list);
    if (error->status == STATUS_OK && is_current(look) && answer->code == 0 &&
        batch_read_list(queue->system, answer->output, answer->length, &list, &again) == STATUS_OK)
        queue_take_history(queue, look->node, &list);
    batch_list_release(&list);
    ask_details(look, error);
}

enum status engine_look_at_job(
    struct engine *engine, size_t node, agent_done_function *done, void *argument, struct error *error)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    struct queue *queue = queue_of(engine, node);
    if (queue == NULL || attempt == NULL || attempt->jobid == NULL)
        return error_set(error, STATUS_NOT_FOUND, "it has no job");
    if (queue->host->state != HOST_READY)
        return error_set(error, STATUS_DISCONNECTED, "%s is not connected", queue->host->name);
    struct job_look *look = memory_new(sizeof *look);
    *look = (struct job_look){engine, queue->host, node, memory_copy_text(attempt->jobid), done, argument};
    enum status status = ask_list(look, error);
    if (status != STATUS_OK) {
        free(look->job);
        free(look);
    }
    return status;
}
