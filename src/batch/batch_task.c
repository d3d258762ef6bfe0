/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks of job arrays, as schedulers write them: "7", "3-6%2", "1,3,5-9:2". */
#include <stdlib.h>
#include <string.h>

#include "batch_private.h"
#include "dagtop/base/memory.h"
#include "dagtop/model/derive.h"

enum { TASK_LIMIT = 100000, TASKS_LENGTH_LIMIT = 4096 };

/* first, first + step, ... up to last. */
struct range {
    unsigned first, last, step;
};

/* The number at *text and what follows it; 0 where there is none. */
static unsigned read_number(const char **text)
{
    char *end;
    unsigned long number = strtoul(*text, &end, 10);
    *text = end;
    return number < TASK_LIMIT ? (unsigned)number : TASK_LIMIT;
}

/* The range at *tasks; *tasks is then at what follows it. False where there is none. */
static bool read_range(const char **tasks, struct range *range)
{
    if (**tasks < '0' || **tasks > '9')
        return false;
    range->first = range->last = read_number(tasks);
    range->step = 1;
    if (**tasks == '-') {
        (*tasks)++;
        range->last = read_number(tasks);
    }
    if (**tasks == ':') {
        (*tasks)++;
        range->step = read_number(tasks);
    }
    return true;
}

unsigned batch_count_tasks(const char *task)
{
    unsigned count = 0;
    struct range range;
    while (task && read_range(&task, &range)) {
        count += range.last >= range.first && range.step ? (range.last - range.first) / range.step + 1 : 1;
        if (*task != ',')
            break;
        task++;
    }
    return count > 0 && count < TASK_LIMIT ? count : 1;
}

bool batch_is_tasks(const char *tasks)
{
    struct range range;
    bool more = strlen(tasks) < TASKS_LENGTH_LIMIT;
    while (more) {
        if (!read_range(&tasks, &range) || range.last < range.first || range.step == 0 || range.last >= TASK_LIMIT)
            return false;
        more = *tasks == ',';
        tasks += more;
    }
    return !*tasks;
}

bool batch_has_task(const char *tasks, unsigned task)
{
    struct range range;
    while (tasks && read_range(&tasks, &range)) {
        if (task >= range.first && task <= range.last && range.step && (task - range.first) % range.step == 0)
            return true;
        if (*tasks != ',')
            break;
        tasks++;
    }
    return false;
}

bool batch_has_all_tasks(const char *tasks, const char *wanted)
{
    struct range range;
    while (read_range(&wanted, &range)) {
        for (unsigned task = range.first; task <= range.last && range.step; task += range.step)
            if (!batch_has_task(tasks, task))
                return false;
        if (*wanted != ',')
            break;
        wanted++;
    }
    return true;
}

static void append_task(struct text *tasks, unsigned task)
{
    text_append_format(tasks, "%s%u", tasks->length ? "," : "", task);
}

/* Whether the host and the scheduler have told of every task how it ended. */
static bool is_all_over(const struct batch_observation *batch)
{
    for (size_t i = 0; i < batch->task_count; i++)
        if (derive_batch_phase(batch->tasks[i].state) < BATCH_PHASE_DONE)
            return false;
    return batch->known && batch->task_count > 0;
}

bool batch_append_unfinished(
    const struct batch_observation *batch, const char *before, const char *chosen, struct text *unfinished)
{
    struct range range;
    if (!is_all_over(batch))
        return false;
    for (size_t i = 0; i < batch->task_count; i++) {
        const char *name = batch->tasks[i].task;
        bool ended_well = derive_batch_phase(batch->tasks[i].state) == BATCH_PHASE_DONE;
        for (bool more = !ended_well; more && read_range(&name, &range); more = *name == ',', name += more)
            for (unsigned task = range.first; task <= range.last && range.step; task += range.step)
                if (!batch_has_task(chosen, task))
                    append_task(unfinished, task);
    }
    for (bool more = before != NULL; more && read_range(&before, &range); more = *before == ',', before += more)
        for (unsigned task = range.first; task <= range.last && range.step; task += range.step)
            if (!batch_has_task(chosen, task))
                append_task(unfinished, task);
    return unfinished->length < TASKS_LENGTH_LIMIT;
}
