/* SPDX-License-Identifier: Apache-2.0 */
/* Single tasks of job arrays: which there are, and what is asked of the batch system about them. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "engine_private.h"

/* What an array's option says ("1-100%20"); NULL: the node is none. The caller frees it. */
static char *array_of(const struct engine *engine, size_t node)
{
    const struct batch_system *system = queue_system_of(engine, node);
    struct text script;
    if (system == NULL)
        return NULL;
    batch_read_script(engine, node, &script);
    char *array = batch_array_of(system, &engine->workflow->nodes[node].slurm, script.data);
    text_release(&script);
    return array;
}

bool task_is_array(const struct engine *engine, size_t node)
{
    char *array = array_of(engine, node);
    free(array);
    return array != NULL;
}

enum status task_check(const struct engine *engine, size_t node, const char *tasks, struct error *error)
{
    if (!batch_is_tasks(tasks))
        return error_set(error, STATUS_INVALID, "\"%.60s\" are no tasks, expected something like 7 or 3-6,9", tasks);
    char *array = array_of(engine, node);
    enum status status = STATUS_OK;
    if (array == NULL)
        status = error_set(error, STATUS_REFUSED, "it is no job array");
    else if (!batch_has_all_tasks(array, tasks))
        status = error_set(error, STATUS_INVALID, "its tasks are %.100s, not all of %.60s", array, tasks);
    free(array);
    return status;
}

char *task_job(const char *job, const char *tasks)
{
    if (tasks == NULL)
        return memory_copy_text(job);
    bool is_one = tasks[strspn(tasks, "0123456789")] == '\0';
    return memory_format(is_one ? "%s_%s" : "%s_[%s]", job, tasks);
}

bool task_append_control(
    struct engine *engine, size_t node, enum batch_control control, const struct job_wish *wish, struct text *command)
{
    const struct queue *queue = queue_of(engine, node);
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    if (queue == NULL || attempt == NULL || attempt->jobid == NULL)
        return false;
    char *job = task_job(attempt->jobid, wish->tasks);
    bool has_command = batch_append_control(queue->system, control, queue->cluster, job, wish->signal, command);
    free(job);
    return has_command;
}

enum status task_find_unfinished(
    struct engine *engine, size_t node, const char *tasks, char **unfinished, struct error *error)
{
    const struct attempt *attempt = observation_newest(&engine->observations[node]);
    const struct batch_observation *batch = &engine->observations[node].batch;
    struct text rest;
    text_init(&rest, 0);
    *unfinished = NULL;
    enum status status = STATUS_OK;
    bool is_of_attempt = attempt != NULL && attempt->jobid != NULL && batch->known && batch->job != NULL &&
                         strcmp(batch->job, attempt->jobid) == 0;
    if (!is_of_attempt || !batch_append_unfinished(batch, attempt->unfinished, tasks, &rest))
        status = error_set(error, STATUS_REFUSED,
            "it is not known how all of its tasks ended: without that, only the whole array can be done again");
    else if (rest.length > 0)
        *unfinished = memory_copy_text(rest.data);
    text_release(&rest);
    return status;
}

void task_remember(struct engine *engine, size_t node, const struct plan_row *row)
{
    struct batch_node *memory = &engine->batch_nodes[node];
    free(memory->tasks);
    free(memory->unfinished);
    free(memory->requeues);
    memory->tasks = memory_copy_text(row != NULL ? row->tasks : NULL);
    memory->unfinished = memory_copy_text(row != NULL ? row->unfinished : NULL);
    memory->requeues = memory_copy_text(row != NULL ? row->requeues : NULL);
}

/* How many tasks may run at once stays as the array says. */
void task_set_option(const struct engine *engine, size_t node, struct attributes *options)
{
    const char *tasks = engine->batch_nodes[node].tasks;
    char *array = array_of(engine, node);
    const char *limit = array != NULL ? strchr(array, '%') : NULL;
    char *value = memory_format("%s%s", tasks, limit != NULL ? limit : "");
    attributes_set(options, "array", value);
    free(value);
    free(array);
}
