/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/observation.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

enum { FACTS_LIMIT = 64 };

void observation_init(struct observation *observation)
{
    *observation = (struct observation){.log_size = -1};
    report_init(&observation->report);
}

void attempt_release(struct attempt *attempt)
{
    char *const texts[] = {attempt->nonce, attempt->kind, attempt->checksum, attempt->parents, attempt->who,
        attempt->from, attempt->command, attempt->machine, attempt->jobid, attempt->cause, attempt->facts,
        attempt->refusal, attempt->tasks, attempt->unfinished};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    *attempt = (struct attempt){0};
}

void attempt_read_facts(const struct attempt *attempt, struct attributes *facts)
{
    const char *line = attempt->facts ? attempt->facts : "";
    for (size_t count = 0; *line && count < FACTS_LIMIT; count++) {
        size_t length = strcspn(line, "\n"), name = strcspn(line, "=\n");
        if (name > 0 && name < length) {
            char *key = memory_copy_span(line, name), *value = memory_copy_span(line + name + 1, length - name - 1);
            attributes_set(facts, key, value);
            free(key);
            free(value);
        }
        line += length + (line[length] == '\n');
    }
}

void batch_observation_release(struct batch_observation *batch)
{
    free(batch->job);
    free(batch->state);
    free(batch->reason);
    attributes_release(&batch->details);
    for (size_t i = 0; i < batch->task_count; i++) {
        free(batch->tasks[i].task);
        free(batch->tasks[i].state);
    }
    free(batch->tasks);
    *batch = (struct batch_observation){0};
}

void batch_observation_copy(struct batch_observation *target, const struct batch_observation *source)
{
    *target = *source;
    target->job = memory_copy_text(source->job);
    target->state = memory_copy_text(source->state);
    target->reason = memory_copy_text(source->reason);
    target->details = (struct attributes){0};
    attributes_copy(&target->details, &source->details);
    target->tasks = source->task_count ? memory_new_array(source->task_count, sizeof *target->tasks) : NULL;
    target->task_capacity = source->task_count;
    for (size_t i = 0; i < source->task_count; i++) {
        target->tasks[i] = source->tasks[i];
        target->tasks[i].task = memory_copy_text(source->tasks[i].task);
        target->tasks[i].state = memory_copy_text(source->tasks[i].state);
    }
}

void observation_release(struct observation *observation)
{
    for (size_t i = 0; i < observation->attempt_count; i++)
        attempt_release(&observation->attempts[i]);
    free(observation->attempts);
    batch_observation_release(&observation->batch);
    free(observation->trouble);
    report_release(&observation->report);
    observation_init(observation);
}

static void attempt_copy(struct attempt *target, const struct attempt *source)
{
    *target = *source;
    char **const texts[] = {&target->nonce, &target->kind, &target->checksum, &target->parents, &target->who,
        &target->from, &target->command, &target->machine, &target->jobid, &target->cause, &target->facts,
        &target->refusal, &target->tasks, &target->unfinished};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = memory_copy_text(*texts[i]);
}

void observation_copy(struct observation *target, const struct observation *source)
{
    *target = *source;
    target->attempts = source->attempt_count ? memory_new_array(source->attempt_count, sizeof *target->attempts) : NULL;
    target->attempt_capacity = source->attempt_count;
    for (size_t i = 0; i < source->attempt_count; i++)
        attempt_copy(&target->attempts[i], &source->attempts[i]);
    batch_observation_copy(&target->batch, &source->batch);
    target->trouble = memory_copy_text(source->trouble);
    report_copy(&target->report, &source->report);
}

struct attempt *observation_attempt(struct observation *observation, unsigned number)
{
    size_t place = observation->attempt_count;
    while (place > 0 && observation->attempts[place - 1].number >= number)
        place--;
    struct attempt *attempt = observation->attempts ? &observation->attempts[place] : NULL;
    if (place < observation->attempt_count && attempt->number == number)
        return attempt;
    memory_grow(&observation->attempts, &observation->attempt_capacity, observation->attempt_count + 1,
        sizeof *observation->attempts);
    attempt = &observation->attempts[place];
    memmove(attempt + 1, attempt, (observation->attempt_count++ - place) * sizeof *attempt);
    *attempt = (struct attempt){.number = number};
    return attempt;
}

const struct attempt *observation_newest(const struct observation *observation)
{
    for (size_t i = observation->attempt_count; i-- > 0;)
        if (observation->attempts[i].decision != DECISION_VOID)
            return &observation->attempts[i];
    return NULL;
}
