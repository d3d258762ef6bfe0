/* SPDX-License-Identifier: Apache-2.0 */
/* From the rows of a job to what is known of it: one state, and the counts of an array's tasks. */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"
#include "dagtop/model/derive.h"

enum { TASK_LIMIT = 100000 };

static bool is_range(const char *task)
{
    return task[strspn(task, "0123456789")] != '\0';
}

static bool is_over(const char *state)
{
    return derive_batch_phase(state) >= BATCH_PHASE_DONE;
}

static void set_text(char **text, const char *value)
{
    if (*text && value && strcmp(*text, value) == 0)
        return;
    free(*text);
    *text = memory_copy_text(value);
}

static struct batch_task *find_task(struct batch_observation *batch, const char *name)
{
    for (size_t i = 0; i < batch->task_count; i++)
        if (strcmp(batch->tasks[i].task, name) == 0)
            return &batch->tasks[i];
    return NULL;
}

/* Tasks that waited together are listed anew each time, and live ones too; how one has ended is kept. */
static void forget_live_tasks(struct batch_observation *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->task_count; i++) {
        struct batch_task *task = &batch->tasks[i];
        if (is_over(task->state) && !is_range(task->task)) {
            batch->tasks[kept++] = *task;
            continue;
        }
        free(task->task);
        free(task->state);
    }
    batch->task_count = kept;
}

static void fold_task(struct batch_observation *batch, const struct batch_job *job)
{
    struct batch_task *task = find_task(batch, job->task);
    if (!task) {
        if (batch->task_count >= TASK_LIMIT)
            return;
        memory_grow(&batch->tasks, &batch->task_capacity, batch->task_count + 1, sizeof *batch->tasks);
        task = &batch->tasks[batch->task_count++];
        *task = (struct batch_task){.task = memory_copy_text(job->task)};
    }
    set_text(&task->state, job->state);
    task->exit_code = job->exit_code;
    task->count = batch_count_tasks(job->task);
}

/* The array as a whole: it waits until a task runs, and has ended when all have; then the worst end counts. */
static void sum_up_tasks(struct batch_observation *batch)
{
    static const struct {
        enum batch_phase phase;
        const char *word;
    } words[] = {{BATCH_PHASE_DONE, "done"}, {BATCH_PHASE_FAILED, "failed"}, {BATCH_PHASE_CANCELLED, "cancelled"},
        {BATCH_PHASE_RUNNING, "running"}, {BATCH_PHASE_QUEUED, "queued"}, {BATCH_PHASE_HELD, "held"}};
    const char *state_of[BATCH_PHASE_CANCELLED + 1] = {NULL};
    unsigned counts[BATCH_PHASE_CANCELLED + 1] = {0};
    for (size_t i = 0; i < batch->task_count; i++) {
        enum batch_phase phase = derive_batch_phase(batch->tasks[i].state);
        counts[phase] += batch->tasks[i].count;
        state_of[phase] = batch->tasks[i].state;
    }
    struct text reason;
    text_init(&reason, 0);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (counts[words[i].phase])
            text_append_format(&reason, "%s%u %s", reason.length ? " " : "", counts[words[i].phase], words[i].word);
    unsigned over = counts[BATCH_PHASE_DONE] + counts[BATCH_PHASE_FAILED] + counts[BATCH_PHASE_CANCELLED];
    unsigned waiting = counts[BATCH_PHASE_QUEUED] + counts[BATCH_PHASE_HELD];
    const char *state = counts[BATCH_PHASE_RUNNING] || (over && waiting) ? "RUNNING"
                        : waiting ? state_of[counts[BATCH_PHASE_QUEUED] ? BATCH_PHASE_QUEUED : BATCH_PHASE_HELD]
                        : counts[BATCH_PHASE_FAILED]    ? state_of[BATCH_PHASE_FAILED]
                        : counts[BATCH_PHASE_CANCELLED] ? state_of[BATCH_PHASE_CANCELLED]
                                                        : "COMPLETED";
    set_text(&batch->state, state);
    free(batch->reason);
    batch->reason = text_take(&reason);
}

/* Seconds of the clock to people's words of how long a job waited. */
static void add_queue_wait(struct attributes *details)
{
    const char *submitted = attributes_get(details, "submitted"), *start = attributes_get(details, "start");
    wall_time from, to;
    char wait[32];
    if (!submitted || !start || !clock_parse_utc(submitted, &from) || !clock_parse_utc(start, &to) || to < from)
        return;
    clock_format_duration(to - from, wait, sizeof wait);
    attributes_set(details, "queue wait", wait);
}

static void fold_details(struct batch_observation *batch, const struct batch_job *job)
{
    bool waits = derive_batch_phase(job->state) <= BATCH_PHASE_HELD;
    for (size_t i = 0; i < job->details.count; i++) {
        const struct attribute *item = &job->details.items[i];
        const char *name = item->key;
        /* What has not begun yet is expected. */
        if (waits && strcmp(name, "start") == 0)
            name = "expected start";
        if (strcmp(name, "end") == 0 && !is_over(job->state))
            name = "latest end";
        if (strcmp(name, "elapsed") != 0 || !waits)
            attributes_set(&batch->details, name, item->value);
    }
    if (!waits)
        add_queue_wait(&batch->details);
}

static void fold_alone(struct batch_observation *batch, const struct batch_job *job)
{
    set_text(&batch->state, job->state);
    /* The accounting has no reasons: why a job was taken out of the queue, the queue has told. */
    if (job->reason || !is_over(job->state))
        set_text(&batch->reason, job->reason);
}

/* All rows of a job that is one node, be it an array. */
static bool fold_rows(const struct batch_list *list, const char *id, struct batch_observation *batch)
{
    const struct batch_job *first = batch_list_find(list, id), *end = list->jobs + list->count;
    if (!first)
        return false;
    forget_live_tasks(batch);
    /* Only an array has more than one row, and these may stand anywhere behind the first. */
    for (const struct batch_job *job = first; job < (first->task ? end : first + 1); job++) {
        if (strcmp(job->id, id) != 0)
            continue;
        if (job->task)
            fold_task(batch, job);
        else
            fold_alone(batch, job);
        fold_details(batch, job);
    }
    return true;
}

void batch_fold(const struct batch_list *list, const char *id, wall_time observed, struct batch_observation *batch)
{
    if (batch->job && strcmp(batch->job, id) != 0)
        batch_observation_release(batch);
    const struct batch_job *own = strchr(id, '_') ? batch_list_find(list, id) : NULL;
    if (own) {
        fold_alone(batch, own);
        fold_details(batch, own);
    } else if (!fold_rows(list, id, batch)) {
        return;
    }
    if (batch->task_count)
        sum_up_tasks(batch);
    set_text(&batch->job, id);
    batch->known = true;
    batch->observed = observed;
}

void batch_fold_ended(const struct batch_list *list, const char *id, struct batch_observation *batch)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct batch_job *job = &list->jobs[i];
        if (strcmp(job->id, id) != 0 || !job->task || is_range(job->task) || !is_over(job->state))
            continue;
        struct batch_task *known = find_task(batch, job->task);
        if (!known)
            fold_task(batch, job);
        else if (is_over(known->state) && known->exit_code < 0)
            known->exit_code = job->exit_code;
    }
    if (batch->task_count)
        sum_up_tasks(batch);
}
