/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/agent/agent.h"

#include <stdlib.h>
#include <string.h>

#include "agent_private.h"
#include "agent_program.h"
#include "content.h"
#include "errand.h"
#include "handshake.h"
#include "stream.h"

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

/* ---- what its stream tells ---- */

static void become_ready(struct agent *agent, const struct agent_facts *facts)
{
    agent->facts = *facts;
    agent->state = AGENT_READY;
    agent->events.ready(agent->events.argument);
}

static bool has_own_base(const struct agent *agent)
{
    return strcmp(agent->base, agent->stream->base) != 0;
}

void agent_stream_ready(struct agent *agent)
{
    if (agent->state == AGENT_CONNECTING && !agent->closing && !has_own_base(agent))
        become_ready(agent, &agent->stream->facts);
}

void agent_stream_asked(struct agent *agent, const struct ssh_question *question)
{
    if (agent->state == AGENT_CONNECTING && !agent->closing && agent->events.asked)
        agent->events.asked(agent->events.argument, question);
}

void agent_stream_closed(struct agent *agent, const struct error *reason)
{
    struct error result = *reason;
    if (agent->is_told)
        return;
    result.status = agent->closing ? STATUS_CANCELLED : STATUS_DISCONNECTED;
    agent->state = AGENT_CLOSED;
    agent->is_told = true;
    stream_end_requests(agent->stream, agent, &result);
    errand_end_all(agent, &result);
    if (!agent->freed)
        agent->events.closed(agent->events.argument, reason);
}

/* The greeting of its own base. */
static void greeted(void *argument, const struct agent_facts *facts, const struct error *error)
{
    struct agent *agent = argument;
    if (agent->freed || agent->state != AGENT_CONNECTING || agent->closing)
        return;
    if (error->status == STATUS_OK)
        become_ready(agent, facts);
    else
        agent_stream_closed(agent, error);
}

/* What an agent that has joined a stream is told of what was before, and one that was closed while others go on. */
static void call_hook(void *argument)
{
    struct agent *agent = argument;
    struct stream *stream = agent->stream;
    struct error asked_for = {0};
    stream_enter(stream);
    if (agent->closing)
        agent_stream_closed(agent, &asked_for);
    else if (stream->state == AGENT_READY)
        agent_stream_ready(agent);
    else if (stream->state == AGENT_CONNECTING && stream->question_text)
        agent_stream_asked(agent, &stream->question);
    stream_leave(stream);
}

/* ---- opening ---- */

static struct agent *new_agent(struct stream *stream, const char *base, const struct agent_events *events)
{
    struct agent *agent = memory_new(sizeof *agent);
    agent->stream = stream;
    agent->events = *events;
    agent->base = memory_copy_text(base ? base : AGENT_BASE);
    agent->group = stream->groups++;
    agent->hook = loop_hook_new(stream->loop, call_hook, agent);
    watch_list_init(&agent->watches);
    agent->next = stream->agents;
    stream->agents = agent;
    return agent;
}

/* Hands an agent over, or frees it where its stream has not opened. */
static enum status deliver(struct agent *agent, enum status status, struct agent **result)
{
    if (status == STATUS_OK)
        *result = agent;
    else
        agent_free(agent);
    return status;
}

enum status agent_open_local(struct loop *loop, const char *shell, const char *base, const struct agent_events *events,
    struct agent **result, struct error *error)
{
    struct stream *stream = stream_new(loop, base ? base : AGENT_BASE, NULL, false);
    struct agent *agent = new_agent(stream, base, events);
    return deliver(agent, stream_open_local(stream, shell, error), result);
}

enum status agent_open_here(struct agent_pool *pool, const char *shell, const char *base,
    const struct agent_events *events, struct agent **result, struct error *error)
{
    static char nowhere[] = ""; /* no host of ssh has this name */
    const struct ssh_target here = {.name = nowhere};
    struct stream *stream = agent_pool_find(pool, &here, NULL);
    if (stream)
        return agent_join(stream->agents, base, events, result, error);
    stream = stream_new(agent_pool_loop(pool), base ? base : AGENT_BASE, NULL, false);
    struct agent *agent = new_agent(stream, base, events);
    enum status status = stream_open_local(stream, shell, error);
    if (status == STATUS_OK)
        agent_pool_add(pool, stream, &here);
    return deliver(agent, status, result);
}

enum status agent_open_ssh(struct agent_pool *pool, const struct ssh_target *target, const char *base,
    const char *prologue, const struct agent_events *events, struct agent **result, struct error *error)
{
    struct stream *stream = agent_pool_find(pool, target, prologue);
    if (stream)
        return agent_join(stream->agents, base, events, result, error);
    stream = stream_new(agent_pool_loop(pool), base ? base : AGENT_BASE, prologue, true);
    struct agent *agent = new_agent(stream, base, events);
    enum status status = stream_open_ssh(stream, agent_pool_gate(pool), target, events->asked != NULL, error);
    if (status == STATUS_OK)
        agent_pool_add(pool, stream, target);
    return deliver(agent, status, result);
}

enum status agent_join(struct agent *other, const char *base, const struct agent_events *events, struct agent **result,
    struct error *error)
{
    struct agent *agent = new_agent(other->stream, base, events);
    enum status status = STATUS_OK;
    if (has_own_base(agent)) {
        struct text text;
        agent_text_init(&text);
        agent_append_request(agent, &text, "greet");
        agent_append_path(&text, agent->base);
        status = agent_submit(agent, handshake_new(greeted, agent), &text, LIMIT_HANDSHAKE, error);
    }
    loop_hook_ask(agent->hook);
    return deliver(agent, status, result);
}

void agent_answer(struct agent *agent, const char *text)
{
    if (agent->stream->state == AGENT_CONNECTING)
        transport_answer(agent->stream->transport, text);
}

/* ---- what is known of it ---- */

const char *agent_description(const struct agent *agent)
{
    return transport_description(agent->stream->transport);
}

enum agent_state agent_state(const struct agent *agent)
{
    return agent->state;
}

const struct agent_facts *agent_facts(const struct agent *agent)
{
    return &agent->facts;
}

void agent_traffic(
    const struct agent *agent, uint64_t *requests, uint64_t *sent, uint64_t *received, int64_t *round_trip)
{
    *requests = agent->stream->requests;
    *round_trip = agent->stream->round_trip;
    transport_traffic(agent->stream->transport, sent, received);
}

size_t agent_pending(const struct agent *agent)
{
    size_t pending = 0;
    for (const struct request *request = agent->stream->first; request; request = request->next)
        pending += request->agent == agent && !request->finished && !handshake_is(request);
    return pending;
}

bool agent_is_shared(const struct agent *agent)
{
    return stream_is_shared(agent->stream);
}

/* ---- the end ---- */

void agent_close(struct agent *agent)
{
    agent->closing = true;
    if (agent_is_shared(agent))
        loop_hook_ask(agent->hook);
    else
        stream_close(agent->stream);
}

/* The host forgets what this one has watched. */
static void forget_group(const struct agent *agent)
{
    struct text text;
    agent_text_init(&text);
    text_append_format(&text, "dagtop_forget %u\n", agent->group);
    if (agent->stream->agents->next && stream_send(agent->stream, &text) != STATUS_OK)
        log_write("agent", "a host that shall forget cannot be told");
    text_release(&text);
}

void agent_free(struct agent *agent)
{
    if (!agent || agent->freed)
        return;
    struct stream *stream = agent->stream;
    struct error error;
    error_set(&error, STATUS_CANCELLED, "the connection was closed");
    stream_enter(stream);
    agent->freed = true;
    agent->state = AGENT_CLOSED;
    loop_hook_free(agent->hook);
    stream_end_requests(stream, agent, &error);
    errand_end_all(agent, &error);
    forget_group(agent);
    watch_list_release(&agent->watches);
    free(agent->base);
    agent->base = NULL;
    stream_remove(stream, agent);
    stream_leave(stream);
}

/* ---- requests ---- */

void agent_text_init(struct text *text)
{
    text_init(text, TRANSPORT_QUEUE_LIMIT);
}

void agent_append_request(const struct agent *agent, struct text *text, const char *function)
{
    text_append_format(text, "dagtop_request %llu dagtop_%s", (unsigned long long)agent->stream->next_id, function);
}

void agent_append_word(struct text *text, const char *word)
{
    text_append_byte(text, ' ');
    text_append_shell_quoted(text, word);
}

void agent_append_path(struct text *text, const char *path)
{
    bool at_home = strcmp(path, "~") == 0 || strncmp(path, "~/", 2) == 0;
    text_append_string(text, at_home ? " \"$HOME\"" : " ");
    path += at_home;
    if (*path || !at_home)
        text_append_shell_quoted(text, path);
}

const char *agent_base(const struct agent_place *place)
{
    return place->base ? place->base : AGENT_BASE;
}

void agent_append_place(struct text *text, const struct agent_place *place)
{
    agent_append_path(text, agent_base(place));
    agent_append_word(text, place->workflow);
}

void agent_open_eyes(struct agent *agent, struct text *text)
{
    bool is_first = !agent->stream->has_looked;
    agent->stream->has_looked = true;
    if (!is_first || !agent->facts.has_perl)
        return;
    text_append_string(text, "dagtop_eyes ");
    content_open(text);
    content_append(text, eyes_program, eyes_program_size);
    content_close(text);
    text_append_byte(text, '\n');
}

void agent_append_group(const struct agent *agent, struct text *text)
{
    if (agent->stream->groups > 1)
        text_append_format(text, "dagtop_group %u\n", agent->group);
}

enum status agent_submit(
    struct agent *agent, struct request *request, struct text *text, int64_t limit, struct error *error)
{
    text_append_byte(text, '\n');
    bool is_over = agent->state == AGENT_CLOSED || agent->closing;
    enum status status = is_over ? STATUS_DISCONNECTED : stream_send(agent->stream, text);
    text_release(text);
    if (status != STATUS_OK) {
        request_free(request);
        return error_set(error, status, "the request was not sent: %s", status_text(status));
    }
    request->agent = agent;
    stream_add_request(agent->stream, request, limit);
    return STATUS_OK;
}

char *agent_refusal(const char *value)
{
    const char *blank = strchr(value, ' ');
    const char *sentence = blank ? blank + 1 : value;
    struct text safe;
    text_init(&safe, 0);
    utf8_append_safe(&safe, sentence, strlen(sentence));
    return text_take(&safe);
}

bool agent_is_freed(const struct agent *agent)
{
    return agent->freed;
}

struct loop *agent_loop(struct agent *agent)
{
    return agent->stream->loop;
}

unsigned agent_next_errand(struct agent *agent)
{
    return ++agent->stream->errands;
}

struct errand **agent_errands(struct agent *agent)
{
    return &agent->errands;
}

struct watch_list *agent_watches(struct agent *agent)
{
    return &agent->watches;
}

wall_time *agent_driver_since(struct agent *agent)
{
    return &agent->driver_since;
}

void agent_hurry(struct agent *agent, int64_t divisor)
{
    agent->stream->limit_divisor = divisor;
}
