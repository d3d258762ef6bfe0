/* SPDX-License-Identifier: Apache-2.0 */
/* Errands: commands that run on the host apart from its agent, whose answers are fetched when they are there. */
#include "errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_private.h"
#include "content.h"
#include "dagtop/agent/request.h"
#include "dagtop/base/memory.h"
#include "frame.h"

/* Between two looks whether the answer is there, in milliseconds; and the largest answer. */
enum { DELAY_FIRST = 10, DELAY_LIMIT = 500, ANSWER_LIMIT = 64 << 20 };

struct errand {
    struct agent *agent;
    struct errand *next;
    struct loop_timer *timer;
    unsigned number;
    int64_t delay;
    int64_t size; /* of the answer; negative: it is not there yet */
    struct text answer;
    agent_errand_function *answered;
    void *argument;
};

/* One request of an errand. */
struct errand_step {
    struct request request;
    struct errand *errand;
};

static void errand_unlink(struct errand *errand)
{
    struct errand **link = agent_errands(errand->agent);
    while (*link != errand)
        link = &(*link)->next;
    *link = errand->next;
}

static void errand_free(struct errand *errand)
{
    loop_timer_free(errand->timer);
    text_release(&errand->answer);
    free(errand);
}

/* The answer begins with "CODE BEGAN LENGTH": output of that length follows, then what was printed as errors. */
static enum status read_answer(const struct errand *errand, struct agent_errand_answer *answer, struct error *error)
{
    long long began;
    size_t length;
    const char *newline = memchr(errand->answer.data, '\n', errand->answer.length);
    if (!newline || sscanf(errand->answer.data, "%d %lld %zu", &answer->code, &began, &length) != 3 ||
        errand->answer.overflowed || length > errand->answer.length - (size_t)(newline + 1 - errand->answer.data))
        return error_set(error, STATUS_PROTOCOL, "the answer of a command is not whole");
    answer->output = newline + 1;
    answer->length = length;
    answer->errors = newline + 1 + length;
    answer->began = began * 1000;
    return STATUS_OK;
}

/* Tells how it ended. Whoever is told may free the agent. */
static void errand_end(struct errand *errand, const struct error *result)
{
    struct agent_errand_answer answer = {.output = "", .errors = ""};
    struct error error = *result;
    errand_unlink(errand);
    if (error.status == STATUS_OK)
        (void)read_answer(errand, &answer, &error);
    errand->answered(errand->argument, &answer, &error);
    errand_free(errand);
}

void errand_end_all(struct agent *agent, const struct error *result)
{
    while (*agent_errands(agent))
        errand_end(*agent_errands(agent), result);
}

static bool is_linked(struct agent *agent, const struct errand *errand)
{
    const struct errand *at = *agent_errands(agent);
    while (at && at != errand)
        at = at->next;
    return at;
}

static void step_record(struct request *request, const char *key, const char *field, const char *value)
{
    struct errand *errand = ((struct errand_step *)request)->errand;
    (void)key;
    if (strcmp(field, "size") == 0)
        errand->size = strtoll(value, NULL, 10);
    else if (strcmp(field, "run") == 0 && strcmp(value, "started") != 0 && !request->refusal)
        request->refusal = agent_refusal(value);
}

static void step_data(struct request *request, const char *bytes, size_t length)
{
    text_append(&((struct errand_step *)request)->errand->answer, bytes, length);
}

static void ignore_end(void *argument, const struct error *error)
{
    (void)argument;
    (void)error;
}

static void drop_answer(struct errand *errand)
{
    struct text text;
    struct error error;
    agent_text_init(&text);
    agent_append_request(errand->agent, &text, "drop");
    text_append_format(&text, " %u", errand->number);
    /* A host that is gone keeps its copy for a day. */
    if (agent_submit_action(errand->agent, &text, ignore_end, NULL, &error) != STATUS_OK)
        return;
}

static void step_finish(struct request *request, const struct error *result)
{
    struct errand *errand = ((struct errand_step *)request)->errand;
    if (!is_linked(request->agent, errand))
        return;
    bool is_whole = errand->size >= 0 && (int64_t)errand->answer.length >= errand->size;
    if (result->status != STATUS_OK) {
        errand_end(errand, result);
    } else if (is_whole) {
        drop_answer(errand);
        errand_end(errand, result);
    } else {
        loop_timer_start(errand->timer, errand->size >= 0 ? 0 : errand->delay, 0);
        errand->delay = errand->delay * 2 < DELAY_LIMIT ? errand->delay * 2 : DELAY_LIMIT;
    }
}

static const struct request_operations step_operations = {
    .record = step_record, .data = step_data, .finish = step_finish};

static enum status send_step(struct errand *errand, struct text *text, struct error *error)
{
    struct errand_step *step = memory_new(sizeof *step);
    step->request.operations = &step_operations;
    step->errand = errand;
    return agent_submit(errand->agent, &step->request, text, LIMIT_REQUEST, error);
}

static void fetch(void *argument)
{
    struct errand *errand = argument;
    struct text text;
    struct error error;
    agent_text_init(&text);
    agent_append_request(errand->agent, &text, "take");
    text_append_format(&text, " %u %zu", errand->number, errand->answer.length);
    if (send_step(errand, &text, &error) != STATUS_OK)
        errand_end(errand, &error);
}

enum status agent_run_errand(struct agent *agent, const struct agent_errand *asked, agent_errand_function *answered,
    void *argument, struct error *error)
{
    struct errand *errand = memory_new(sizeof *errand);
    struct text text;
    *errand = (struct errand){.agent = agent,
        .timer = loop_timer_new(agent_loop(agent), fetch, errand),
        .number = agent_next_errand(agent),
        .delay = DELAY_FIRST,
        .size = -1,
        .answered = answered,
        .argument = argument};
    text_init(&errand->answer, ANSWER_LIMIT);
    agent_text_init(&text);
    agent_append_request(agent, &text, "run");
    text_append_format(&text, " %u %lld ", errand->number, (long long)(asked->limit + 999) / 1000);
    content_open(&text);
    content_append(&text, asked->text, strlen(asked->text));
    content_close(&text);
    agent_append_word(&text, asked->share ? asked->share : "");
    text_append_format(&text, " %lld", (long long)asked->age / 1000);
    errand->next = *agent_errands(agent);
    *agent_errands(agent) = errand;
    enum status status = send_step(errand, &text, error);
    if (status != STATUS_OK) {
        errand_unlink(errand);
        errand_free(errand);
    }
    return status;
}
