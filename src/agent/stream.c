/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "agent_program.h"
#include "content.h"
#include "handshake.h"

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"

/* A host that has not answered for so long after a request's time ran out is taken for lost; milliseconds. */
enum { SILENCE_LIMIT = 60000 };

/*
 * On a network: the shortest time that an answer may take, and how many usual ones; how much longer a silent host is
 * believed in; after how much silence it is asked whether it lives; and when the program there ends without requests.
 */
enum { ANSWER_SHORTEST = 4000, ANSWERS_USUAL = 4, SILENCE_LIMIT_REMOTE = 4000, PING_AFTER = 15000, IDLE_SECONDS = 900 };

void request_free(struct request *request)
{
    if (request->operations->release)
        request->operations->release(request);
    free(request->refusal);
    free(request);
}

static void destroy(struct stream *stream)
{
    frame_parser_release(&stream->parser);
    text_release(&stream->waiting);
    free(stream->base);
    free(stream->prologue);
    free(stream->key);
    free(stream->question_text);
    free(stream);
}

void stream_enter(struct stream *stream)
{
    stream->depth++;
}

/* What an agent that is gone has asked for keeps its place in the queue. */
static void free_left(struct stream *stream)
{
    while (stream->left) {
        struct agent *agent = stream->left;
        stream->left = agent->next;
        for (struct request *request = stream->first; request; request = request->next)
            if (request->agent == agent)
                request->agent = NULL;
        free(agent);
    }
}

void stream_leave(struct stream *stream)
{
    if (--stream->depth)
        return;
    while (stream->ended) {
        struct request *request = stream->ended;
        stream->ended = request->next;
        request_free(request);
    }
    free_left(stream);
    if (stream->freed)
        destroy(stream);
}

static void finish(struct request *request, const struct error *result)
{
    if (request->finished)
        return;
    request->finished = true;
    request->operations->finish(request, result);
}

/* Takes the oldest request off the queue and tells its caller. */
static void finish_first(struct stream *stream, const struct error *result)
{
    struct request *request = stream->first;
    stream->first = request->next;
    if (!stream->first)
        stream->last = &stream->first;
    request->next = stream->ended;
    stream->ended = request;
    finish(request, result);
}

static void finish_all(struct stream *stream, const struct error *result)
{
    while (stream->first)
        finish_first(stream, result);
}

/* Gives the stream up; the rest follows when it has closed. */
static void give_up(struct stream *stream, const struct error *reason)
{
    if (stream->state == AGENT_CLOSED || stream->reason.status != STATUS_OK)
        return;
    stream->reason = *reason;
    log_write("agent", "%s", reason->message);
    frame_parser_stop(&stream->parser);
    transport_close(stream->transport);
}

static int64_t silence_limit(const struct stream *stream)
{
    return stream->is_remote ? SILENCE_LIMIT_REMOTE : SILENCE_LIMIT / stream->limit_divisor;
}

/* As long as bytes come, an answer is on its way, however slowly. */
static int64_t deadline_of(const struct stream *stream, const struct request *request)
{
    int64_t flowing = stream->is_remote ? stream->last_received + ANSWER_SHORTEST : 0;
    return request->deadline > flowing ? request->deadline : flowing;
}

/* How long an answer may take: on a network, by what the last ones took. */
static int64_t limit_of(const struct stream *stream, const struct request *request)
{
    if (!stream->is_remote || request->limit != LIMIT_REQUEST || stream->slowest == 0)
        return request->limit / stream->limit_divisor;
    int64_t limit = ANSWERS_USUAL * stream->slowest;
    limit = limit > ANSWER_SHORTEST ? limit : ANSWER_SHORTEST;
    return limit < LIMIT_LONG ? limit : LIMIT_LONG;
}

/* Sets the timer to the next deadline: of the oldest request that waits, or of a host that is silent. */
static void set_timer(struct stream *stream)
{
    const struct request *request = stream->first;
    if (!request || !request->is_sent || stream->state == AGENT_CLOSED || stream->reason.status != STATUS_OK) {
        loop_timer_stop(stream->timer);
        return;
    }
    int64_t next = deadline_of(stream, request) + silence_limit(stream);
    while (request && request->finished)
        request = request->next;
    if (request && request->is_sent && deadline_of(stream, request) < next)
        next = deadline_of(stream, request);
    int64_t now = loop_now(stream->loop);
    loop_timer_start(stream->timer, next > now ? next - now : 0, 0);
}

static void tell_time_ran_out(struct request *request)
{
    struct error error;
    error_set(&error, STATUS_TIMEOUT, "no answer within %d s", (int)((request->deadline - request->sent) / 1000));
    finish(request, &error);
}

/* Deadlines rise along the queue. An answer that comes later is still read, in its place, and thrown away. */
static void call_timer(void *argument)
{
    struct stream *stream = argument;
    int64_t now = loop_now(stream->loop);
    stream_enter(stream);
    struct request *request = stream->first;
    while (request && request->is_sent && deadline_of(stream, request) <= now && !stream->freed) {
        tell_time_ran_out(request);
        request = request->next;
    }
    if (!stream->freed && stream->first && stream->first->is_sent &&
        deadline_of(stream, stream->first) + silence_limit(stream) <= now) {
        struct error error;
        error_set(&error, STATUS_TIMEOUT, "the host does not answer");
        give_up(stream, &error);
    }
    if (!stream->freed)
        set_timer(stream);
    stream_leave(stream);
}

/* What waits behind a long request may take as long. */
static void mark_sent(struct stream *stream, struct request *request)
{
    request->is_sent = true;
    request->sent = loop_now(stream->loop);
    int64_t deadline = request->sent + limit_of(stream, request);
    if (request == stream->first || deadline > stream->last_deadline)
        stream->last_deadline = deadline;
    request->deadline = stream->last_deadline;
}

static bool begin_answer(void *argument, uint64_t id)
{
    const struct stream *stream = argument;
    return stream->first && stream->first->is_sent && stream->first->id == id;
}

static void read_record(void *argument, const char *key, const char *field, const char *value)
{
    struct stream *stream = argument;
    struct request *request = stream->first;
    if (request->finished)
        return;
    if (request->operations->record) {
        request->operations->record(request, key, field, value);
    } else {
        free(request->refusal);
        request->refusal = agent_refusal(value);
    }
}

static void read_data(void *argument, const char *bytes, size_t length)
{
    const struct stream *stream = argument;
    struct request *request = stream->first;
    if (!request->finished && request->operations->data)
        request->operations->data(request, bytes, length);
}

static void note_round_trip(struct stream *stream, int64_t round_trip)
{
    stream->round_trip = round_trip;
    stream->slowest -= stream->slowest / 8;
    if (round_trip >= stream->slowest)
        stream->slowest = round_trip + 1;
}

static void end_answer(void *argument, unsigned code)
{
    struct stream *stream = argument;
    const struct request *request = stream->first;
    struct error result;
    if (code == 0)
        error_set(&result, STATUS_OK, "%s", "");
    else if (request->refusal)
        error_set(&result, STATUS_REFUSED, "%s", request->refusal);
    else
        error_set(&result, STATUS_REFUSED, code == 1 ? "the host refused" : "the host does not take the request");
    if (!request->waits)
        note_round_trip(stream, loop_now(stream->loop) - request->sent);
    finish_first(stream, &result);
    if (!stream->freed)
        set_timer(stream);
}

static void call_received(void *argument, const char *bytes, size_t length)
{
    struct stream *stream = argument;
    struct error error;
    stream->last_received = loop_now(stream->loop);
    stream_enter(stream);
    if (frame_parser_feed(&stream->parser, bytes, length, &error) != STATUS_OK && !stream->freed)
        give_up(stream, &error);
    stream_leave(stream);
}

static void send_or_give_up(struct stream *stream, const struct text *text)
{
    struct error error;
    enum status status = transport_write(stream->transport, text->data, text->length);
    if (status == STATUS_OK)
        return;
    error_set(&error, status, "cannot send to the host: %s", status_text(status));
    give_up(stream, &error);
}

/* Sends what was asked before the agent was ready. */
static void send_waiting(struct stream *stream)
{
    send_or_give_up(stream, &stream->waiting);
    text_release(&stream->waiting);
    for (struct request *request = stream->first; request; request = request->next)
        mark_sent(stream, request);
}

static void ping_finish(struct request *request, const struct error *result)
{
    (void)request;
    (void)result;
}

static const struct request_operations ping_operations = {.finish = ping_finish};

static void send_ping(struct stream *stream)
{
    struct request *ping = memory_new(sizeof *ping);
    struct text text;
    ping->operations = &ping_operations;
    agent_text_init(&text);
    text_append_format(&text, "dagtop_request %llu dagtop_ping\n", (unsigned long long)stream->next_id);
    if (stream_send(stream, &text) == STATUS_OK)
        stream_add_request(stream, ping, LIMIT_REQUEST);
    else
        request_free(ping);
    text_release(&text);
}

/* After a silence the host is asked whether it lives: what was cut off tells nobody. */
static void call_pulse(void *argument)
{
    struct stream *stream = argument;
    int64_t silence = loop_now(stream->loop) - stream->last_received;
    if (stream->state != AGENT_READY)
        return;
    if (silence >= PING_AFTER && !stream->first) {
        send_ping(stream);
        silence = 0;
    }
    loop_timer_start(stream->pulse, silence < PING_AFTER ? PING_AFTER - silence : PING_AFTER, 0);
}

/* Tells every agent once; whoever is told may free any of them, and open others elsewhere. */
static void tell_agents(struct stream *stream, void (*tell)(struct stream *, struct agent *))
{
    uint64_t round = ++stream->round;
    struct agent *agent = stream->agents;
    while (agent) {
        bool is_new = agent->round != round;
        agent->round = round;
        if (is_new)
            tell(stream, agent);
        agent = is_new ? stream->agents : agent->next;
    }
}

static void tell_ready(struct stream *stream, struct agent *agent)
{
    (void)stream;
    agent_stream_ready(agent);
}

static void tell_question(struct stream *stream, struct agent *agent)
{
    agent_stream_asked(agent, stream->question_text ? &stream->question : NULL);
}

static void tell_closed(struct stream *stream, struct agent *agent)
{
    agent_stream_closed(agent, &stream->reason);
}

static void greeted(void *argument, const struct agent_facts *facts, const struct error *error)
{
    struct stream *stream = argument;
    if (stream->state == AGENT_CLOSED)
        return;
    if (error->status != STATUS_OK) {
        give_up(stream, error);
        return;
    }
    stream->state = AGENT_READY;
    stream->facts = *facts;
    if (stream->is_remote)
        loop_timer_start(stream->pulse, PING_AFTER, 0);
    send_waiting(stream);
    tell_agents(stream, tell_ready);
    agent_pool_tell(stream);
}

/* A prologue may fail, or be no shell text at all, and the agent still starts. */
static void append_prologue(const struct stream *stream, struct text *text)
{
    if (!stream->prologue)
        return;
    text_append_string(text, "command eval");
    agent_append_word(text, stream->prologue);
    text_append_string(text, " </dev/null >/dev/null 2>&1\n");
}

static void append_hello(const struct stream *stream, struct text *text)
{
    append_prologue(stream, text);
    text_append(text, agent_program, agent_program_size);
    text_append_format(text, "\ndagtop_hello %s", stream->token);
    agent_append_word(text, stream->base);
    text_append_byte(text, ' ');
    content_open(text);
    content_append(text, wrapper_program, wrapper_program_size);
    content_close(text);
    text_append_byte(text, '\n');
    if (stream->is_remote)
        text_append_format(text, "dagtop_watchdog %d\n", IDLE_SECONDS);
}

static void call_opened(void *argument)
{
    struct stream *stream = argument;
    struct text hello;
    agent_text_init(&hello);
    append_hello(stream, &hello);
    mark_sent(stream, stream->first);
    send_or_give_up(stream, &hello);
    set_timer(stream);
    text_release(&hello);
}

/* Who joins later is asked too. */
static void keep_question(struct stream *stream, const struct ssh_question *question)
{
    free(stream->question_text);
    stream->question_text = question ? memory_copy_text(question->text) : NULL;
    if (question)
        stream->question = *question;
    stream->question.text = stream->question_text;
}

static void call_closed(void *argument, const struct error *reason)
{
    struct stream *stream = argument;
    if (stream->reason.status == STATUS_OK)
        stream->reason = *reason;
    struct error result = stream->reason;
    result.status = stream->closing ? STATUS_CANCELLED : STATUS_DISCONNECTED;
    stream_enter(stream);
    agent_pool_forget(stream);
    stream->state = AGENT_CLOSED;
    keep_question(stream, NULL);
    frame_parser_stop(&stream->parser);
    set_timer(stream);
    finish_all(stream, &result);
    tell_agents(stream, tell_closed);
    stream_leave(stream);
}

static void call_asked(void *argument, const struct ssh_question *question)
{
    struct stream *stream = argument;
    stream_enter(stream);
    keep_question(stream, question);
    tell_agents(stream, tell_question);
    stream_leave(stream);
}

struct stream *stream_new(struct loop *loop, const char *base, const char *prologue, bool is_remote)
{
    struct stream *stream = memory_new(sizeof *stream);
    const struct frame_events frame_events = {begin_answer, read_record, read_data, end_answer, stream};
    stream->loop = loop;
    stream->base = memory_copy_text(base);
    stream->prologue = memory_copy_text(prologue);
    stream->is_remote = is_remote;
    stream->last = &stream->first;
    stream->round_trip = -1;
    stream->limit_divisor = 1;
    random_token(stream->token);
    frame_parser_init(&stream->parser, stream->token, &frame_events);
    agent_text_init(&stream->waiting);
    stream->timer = loop_timer_new(loop, call_timer, stream);
    stream->pulse = loop_timer_new(loop, call_pulse, stream);
    stream_add_request(stream, handshake_new(greeted, stream), LIMIT_HANDSHAKE);
    return stream;
}

enum status stream_open_local(struct stream *stream, const char *shell, struct error *error)
{
    const struct transport_events events = {call_opened, call_received, call_closed, stream};
    return transport_open_local(stream->loop, shell, &events, &stream->transport, error);
}

enum status stream_open_ssh(
    struct stream *stream, struct ssh_gate *gate, const struct ssh_target *target, bool can_ask, struct error *error)
{
    const struct transport_events events = {call_opened, call_received, call_closed, stream};
    return transport_open_ssh(
        stream->loop, gate, target, &events, can_ask ? call_asked : NULL, &stream->transport, error);
}

enum status stream_send(struct stream *stream, const struct text *text)
{
    if (stream->state == AGENT_CLOSED || stream->closing || stream->reason.status != STATUS_OK)
        return STATUS_DISCONNECTED;
    if (text->overflowed)
        return STATUS_TOO_LARGE;
    if (stream->state == AGENT_READY)
        return transport_write(stream->transport, text->data, text->length);
    if (stream->waiting.limit - stream->waiting.length < text->length)
        return STATUS_TOO_LARGE;
    return text_append(&stream->waiting, text->data, text->length);
}

void stream_add_request(struct stream *stream, struct request *request, int64_t limit)
{
    request->limit = limit;
    request->id = stream->next_id++;
    request->next = NULL;
    *stream->last = request;
    stream->last = &request->next;
    stream->requests++;
    if (stream->state == AGENT_READY)
        mark_sent(stream, request);
    set_timer(stream);
}

void stream_end_requests(struct stream *stream, const struct agent *agent, const struct error *result)
{
    for (struct request *request = stream->first; request; request = request->next)
        if (request->agent == agent)
            finish(request, result);
}

bool stream_is_shared(const struct stream *stream)
{
    unsigned count = 0;
    for (const struct agent *agent = stream->agents; agent; agent = agent->next)
        count += agent->state != AGENT_CLOSED;
    return count > 1;
}

void stream_close(struct stream *stream)
{
    stream->closing = true;
    agent_pool_forget(stream);
    frame_parser_stop(&stream->parser);
    transport_close(stream->transport);
}

static void stream_end(struct stream *stream)
{
    struct error error;
    error_set(&error, STATUS_CANCELLED, "the connection was closed");
    agent_pool_forget(stream);
    stream->freed = true;
    stream->state = AGENT_CLOSED;
    frame_parser_stop(&stream->parser);
    transport_free(stream->transport);
    loop_timer_free(stream->timer);
    loop_timer_free(stream->pulse);
    finish_all(stream, &error);
}

void stream_remove(struct stream *stream, struct agent *agent)
{
    struct agent **link = &stream->agents;
    while (*link != agent)
        link = &(*link)->next;
    *link = agent->next;
    agent->next = stream->left;
    stream->left = agent;
    if (!stream->agents)
        stream_end(stream);
}
