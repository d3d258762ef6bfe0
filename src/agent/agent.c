/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_private.h"
#include "agent_program.h"
#include "content.h"
#include "errand.h"
#include "frame.h"
#include "watch_list.h"

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/random.h"
#include "dagtop/base/utf8.h"

/* A host that has not answered for so long after a request's time ran out is taken for lost; milliseconds. */
enum { SILENCE_LIMIT = 60000 };

/*
 * On a network: the shortest time that an answer may take, and how many usual ones; how much longer a silent host is
 * believed in; after how much silence it is asked whether it lives; and when the program there ends without requests.
 */
enum { ANSWER_SHORTEST = 4000, ANSWERS_USUAL = 4, SILENCE_LIMIT_REMOTE = 4000, PING_AFTER = 15000, IDLE_SECONDS = 900 };

struct agent {
    struct loop *loop;
    struct transport *transport;
    struct agent_events events;
    enum agent_state state;
    struct frame_parser parser;
    struct agent_facts facts;
    char token[RANDOM_TOKEN_LENGTH + 1];
    char *base, *prologue;
    struct loop_timer *timer;      /* for the next deadline */
    struct request *first, **last; /* without a whole answer yet, in their order */
    struct errand *errands;        /* under way */
    unsigned errand_count;         /* of all so far */
    struct request *ended;         /* to be freed when nobody uses them any more */
    struct text waiting;           /* what is sent once ready */
    struct watch_list watches;
    bool has_looked; /* a look was asked for */
    uint64_t next_id, requests;
    int64_t round_trip, last_deadline;
    int64_t limit_divisor;
    bool is_remote;
    int64_t slowest;          /* of the last answers, falling slowly; remote only */
    int64_t last_received;    /* when bytes came */
    struct loop_timer *pulse; /* remote: for the next ping */
    wall_time driver_since;
    struct error reason; /* why it was given up; status OK: it was not */
    bool closing;        /* agent_close was called */
    bool freed;
    unsigned depth; /* callbacks that are under way */
};

/* The handshake is a request like any other, the first. */
struct handshake {
    struct request request;
    bool protocol_known, is_shell;
};

static void free_request(struct request *request)
{
    if (request->operations->release)
        request->operations->release(request);
    free(request->refusal);
    free(request);
}

static void destroy(struct agent *agent)
{
    frame_parser_release(&agent->parser);
    watch_list_release(&agent->watches);
    text_release(&agent->waiting);
    free(agent->base);
    free(agent->prologue);
    free(agent);
}

/* Around everything that may call back: what was freed meanwhile stays until the outermost end. */
static void enter(struct agent *agent)
{
    agent->depth++;
}

static void leave(struct agent *agent)
{
    if (--agent->depth)
        return;
    while (agent->ended) {
        struct request *request = agent->ended;
        agent->ended = request->next;
        free_request(request);
    }
    if (agent->freed)
        destroy(agent);
}

static void finish(struct request *request, const struct error *result)
{
    if (request->finished)
        return;
    request->finished = true;
    request->operations->finish(request, result);
}

/* Takes the oldest request off the queue and tells its caller. */
static void finish_first(struct agent *agent, const struct error *result)
{
    struct request *request = agent->first;
    agent->first = request->next;
    if (!agent->first)
        agent->last = &agent->first;
    request->next = agent->ended;
    agent->ended = request;
    finish(request, result);
}

static void finish_all(struct agent *agent, const struct error *result)
{
    while (agent->first)
        finish_first(agent, result);
}

/* Gives the stream up; the rest follows when it has closed. */
static void give_up(struct agent *agent, const struct error *reason)
{
    if (agent->state == AGENT_CLOSED || agent->reason.status != STATUS_OK)
        return;
    agent->reason = *reason;
    log_write("agent", "%s", reason->message);
    frame_parser_stop(&agent->parser);
    transport_close(agent->transport);
}

static int64_t silence_limit(const struct agent *agent)
{
    return agent->is_remote ? SILENCE_LIMIT_REMOTE : SILENCE_LIMIT / agent->limit_divisor;
}

/* As long as bytes come, an answer is on its way, however slowly. */
static int64_t deadline_of(const struct agent *agent, const struct request *request)
{
    int64_t flowing = agent->is_remote ? agent->last_received + ANSWER_SHORTEST : 0;
    return request->deadline > flowing ? request->deadline : flowing;
}

/* How long an answer may take: on a network, by what the last ones took. */
static int64_t limit_of(const struct agent *agent, const struct request *request)
{
    if (!agent->is_remote || request->limit != LIMIT_REQUEST || agent->slowest == 0)
        return request->limit / agent->limit_divisor;
    int64_t limit = ANSWERS_USUAL * agent->slowest;
    limit = limit > ANSWER_SHORTEST ? limit : ANSWER_SHORTEST;
    return limit < LIMIT_LONG ? limit : LIMIT_LONG;
}

/* Sets the timer to the next deadline: of the oldest request that waits, or of a host that is silent. */
static void set_timer(struct agent *agent)
{
    const struct request *request = agent->first;
    if (!request || !request->is_sent || agent->state == AGENT_CLOSED || agent->reason.status != STATUS_OK) {
        loop_timer_stop(agent->timer);
        return;
    }
    int64_t next = deadline_of(agent, request) + silence_limit(agent);
    while (request && request->finished)
        request = request->next;
    if (request && request->is_sent && deadline_of(agent, request) < next)
        next = deadline_of(agent, request);
    int64_t now = loop_now(agent->loop);
    loop_timer_start(agent->timer, next > now ? next - now : 0, 0);
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
    struct agent *agent = argument;
    int64_t now = loop_now(agent->loop);
    enter(agent);
    struct request *request = agent->first;
    while (request && request->is_sent && deadline_of(agent, request) <= now && !agent->freed) {
        tell_time_ran_out(request);
        request = request->next;
    }
    if (!agent->freed && agent->first && agent->first->is_sent &&
        deadline_of(agent, agent->first) + silence_limit(agent) <= now) {
        struct error error;
        error_set(&error, STATUS_TIMEOUT, "the host does not answer");
        give_up(agent, &error);
    }
    if (!agent->freed)
        set_timer(agent);
    leave(agent);
}

/* What waits behind a long request may take as long. */
static void mark_sent(struct agent *agent, struct request *request)
{
    request->is_sent = true;
    request->sent = loop_now(agent->loop);
    int64_t deadline = request->sent + limit_of(agent, request);
    if (request == agent->first || deadline > agent->last_deadline)
        agent->last_deadline = deadline;
    request->deadline = agent->last_deadline;
}

static bool begin_answer(void *argument, uint64_t id)
{
    const struct agent *agent = argument;
    return agent->first && agent->first->is_sent && agent->first->id == id;
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

static void read_record(void *argument, const char *key, const char *field, const char *value)
{
    struct agent *agent = argument;
    struct request *request = agent->first;
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
    const struct agent *agent = argument;
    struct request *request = agent->first;
    if (!request->finished && request->operations->data)
        request->operations->data(request, bytes, length);
}

static void note_round_trip(struct agent *agent, int64_t round_trip)
{
    agent->round_trip = round_trip;
    agent->slowest -= agent->slowest / 8;
    if (round_trip >= agent->slowest)
        agent->slowest = round_trip + 1;
}

static void end_answer(void *argument, unsigned code)
{
    struct agent *agent = argument;
    const struct request *request = agent->first;
    struct error result;
    if (code == 0)
        error_set(&result, STATUS_OK, "%s", "");
    else if (request->refusal)
        error_set(&result, STATUS_REFUSED, "%s", request->refusal);
    else
        error_set(&result, STATUS_REFUSED, code == 1 ? "the host refused" : "the host does not take the request");
    if (!request->waits)
        note_round_trip(agent, loop_now(agent->loop) - request->sent);
    finish_first(agent, &result);
    if (!agent->freed)
        set_timer(agent);
}

static void call_received(void *argument, const char *bytes, size_t length)
{
    struct agent *agent = argument;
    struct error error;
    agent->last_received = loop_now(agent->loop);
    enter(agent);
    if (frame_parser_feed(&agent->parser, bytes, length, &error) != STATUS_OK && !agent->freed)
        give_up(agent, &error);
    leave(agent);
}

static void read_fact(struct request *request, const char *key, const char *field, const char *value)
{
    (void)key;
    struct handshake *handshake = (struct handshake *)request;
    struct agent_facts *facts = &request->agent->facts;
    bool yes = strcmp(value, "yes") == 0;
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {
        {"machine", facts->machine, sizeof facts->machine},
        {"boot", facts->boot, sizeof facts->boot},
        {"user", facts->user, sizeof facts->user},
        {"home", facts->home, sizeof facts->home},
    };
    const struct {
        const char *name;
        bool *flag, value;
    } flags[] = {
        {"protocol", &handshake->protocol_known, strcmp(value, "1") == 0},
        {"answer", &handshake->is_shell, strcmp(value, "42") == 0},
        /* Where nothing could be written, nobody knows: a start will tell. */
        {"links", &facts->hard_links, strcmp(value, "no") != 0},
        {"links", &facts->unwritable, strcmp(value, "unwritable") == 0},
        {"sbatch", &facts->has_sbatch, yes},
        {"perl", &facts->has_perl, yes},
        {"python", &facts->has_python, yes},
        {"session", &facts->has_setsid, strcmp(value, "setsid") == 0},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(field, texts[i].name) == 0)
            snprintf(texts[i].text, texts[i].size, "%s", value);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(field, flags[i].name) == 0)
            *flags[i].flag = flags[i].value;
    /* The host tells whole seconds: on average half a second has passed since. */
    if (strcmp(field, "clock") == 0)
        facts->clock_difference = strtoll(value, NULL, 10) % 1000000000000 * 1000 + 500 - clock_wall();
    else if (strcmp(field, "processors") == 0)
        facts->processors = (unsigned)strtoul(value, NULL, 10);
}

static void send_or_give_up(struct agent *agent, const struct text *text)
{
    struct error error;
    enum status status = transport_write(agent->transport, text->data, text->length);
    if (status == STATUS_OK)
        return;
    error_set(&error, status, "cannot send to the host: %s", status_text(status));
    give_up(agent, &error);
}

/* Sends what was asked before the agent was ready. */
static void send_waiting(struct agent *agent)
{
    send_or_give_up(agent, &agent->waiting);
    text_release(&agent->waiting);
    for (struct request *request = agent->first; request; request = request->next)
        mark_sent(agent, request);
}

static void ping_finish(struct request *request, const struct error *result)
{
    (void)request;
    (void)result;
}

static const struct request_operations ping_operations = {.finish = ping_finish};

/* After a silence the host is asked whether it lives: what was cut off tells nobody. */
static void call_pulse(void *argument)
{
    struct agent *agent = argument;
    int64_t silence = loop_now(agent->loop) - agent->last_received;
    if (agent->state != AGENT_READY)
        return;
    if (silence >= PING_AFTER && !agent->first) {
        struct request *ping = memory_new(sizeof *ping);
        struct text text;
        struct error error;
        ping->operations = &ping_operations;
        agent_text_init(&text);
        agent_append_request(agent, &text, "ping");
        if (agent_submit(agent, ping, &text, LIMIT_REQUEST, &error) != STATUS_OK)
            log_write("agent", "%s", error.message);
        silence = 0;
    }
    loop_timer_start(agent->pulse, silence < PING_AFTER ? PING_AFTER - silence : PING_AFTER, 0);
}

static void end_handshake(struct request *request, const struct error *result)
{
    const struct handshake *handshake = (struct handshake *)request;
    struct agent *agent = request->agent;
    struct error error = *result;
    if (agent->state == AGENT_CLOSED)
        return;
    if (result->status == STATUS_OK && !handshake->is_shell)
        error_set(&error, STATUS_PROTOCOL, "what answers is no POSIX shell");
    else if (result->status == STATUS_OK && !handshake->protocol_known)
        error_set(&error, STATUS_PROTOCOL, "the agent speaks another version of the protocol");
    if (error.status != STATUS_OK) {
        give_up(agent, &error);
        return;
    }
    agent->state = AGENT_READY;
    if (agent->is_remote)
        loop_timer_start(agent->pulse, PING_AFTER, 0);
    send_waiting(agent);
    agent->events.ready(agent->events.argument);
}

static const struct request_operations handshake_operations = {.record = read_fact, .finish = end_handshake};

/* A prologue may fail, or be no shell text at all, and the agent still starts. */
static void append_prologue(const struct agent *agent, struct text *text)
{
    if (!agent->prologue)
        return;
    text_append_string(text, "command eval");
    agent_append_word(text, agent->prologue);
    text_append_string(text, " </dev/null >/dev/null 2>&1\n");
}

static void append_hello(const struct agent *agent, struct text *text)
{
    append_prologue(agent, text);
    text_append(text, agent_program, agent_program_size);
    text_append_format(text, "\ndagtop_hello %s", agent->token);
    agent_append_word(text, agent->base);
    text_append_byte(text, ' ');
    content_open(text);
    content_append(text, wrapper_program, wrapper_program_size);
    content_close(text);
    text_append_byte(text, '\n');
    if (agent->is_remote)
        text_append_format(text, "dagtop_watchdog %d\n", IDLE_SECONDS);
}

void agent_open_eyes(struct agent *agent, struct text *text)
{
    bool is_first = !agent->has_looked;
    agent->has_looked = true;
    if (!is_first || !agent->facts.has_perl)
        return;
    text_append_string(text, "dagtop_eyes ");
    content_open(text);
    content_append(text, eyes_program, eyes_program_size);
    content_close(text);
    text_append_byte(text, '\n');
}

static void call_opened(void *argument)
{
    struct agent *agent = argument;
    struct text hello;
    agent_text_init(&hello);
    append_hello(agent, &hello);
    mark_sent(agent, agent->first);
    send_or_give_up(agent, &hello);
    set_timer(agent);
    text_release(&hello);
}

static void call_closed(void *argument, const struct error *reason)
{
    struct agent *agent = argument;
    struct error told = agent->reason.status != STATUS_OK ? agent->reason : *reason;
    struct error result = told;
    result.status = agent->closing ? STATUS_CANCELLED : STATUS_DISCONNECTED;
    enter(agent);
    agent->state = AGENT_CLOSED;
    frame_parser_stop(&agent->parser);
    set_timer(agent);
    finish_all(agent, &result);
    errand_end_all(agent, &result);
    if (!agent->freed)
        agent->events.closed(agent->events.argument, &told);
    leave(agent);
}

static void call_asked(void *argument, const struct ssh_question *question)
{
    struct agent *agent = argument;
    enter(agent);
    agent->events.asked(agent->events.argument, question);
    leave(agent);
}

static void add_request(struct agent *agent, struct request *request, int64_t limit)
{
    request->agent = agent;
    request->limit = limit;
    request->id = agent->next_id++;
    request->next = NULL;
    *agent->last = request;
    agent->last = &request->next;
    agent->requests++;
}

/* An agent without a transport yet; the handshake is the first in its queue. */
static struct agent *new_agent(struct loop *loop, const char *base, const struct agent_events *events)
{
    struct agent *agent = memory_new(sizeof *agent);
    const struct frame_events frame_events = {begin_answer, read_record, read_data, end_answer, agent};
    agent->loop = loop;
    agent->events = *events;
    agent->base = memory_copy_text(base ? base : AGENT_BASE);
    agent->last = &agent->first;
    agent->round_trip = -1;
    agent->limit_divisor = 1;
    random_token(agent->token);
    frame_parser_init(&agent->parser, agent->token, &frame_events);
    agent_text_init(&agent->waiting);
    watch_list_init(&agent->watches);
    agent->timer = loop_timer_new(loop, call_timer, agent);
    agent->pulse = loop_timer_new(loop, call_pulse, agent);
    struct handshake *handshake = memory_new(sizeof *handshake);
    handshake->request.operations = &handshake_operations;
    add_request(agent, &handshake->request, LIMIT_HANDSHAKE);
    return agent;
}

enum status agent_open_local(struct loop *loop, const char *shell, const char *base, const struct agent_events *events,
    struct agent **result, struct error *error)
{
    struct agent *agent = new_agent(loop, base, events);
    const struct transport_events transport_events = {call_opened, call_received, call_closed, agent};
    enum status status = transport_open_local(loop, shell, &transport_events, &agent->transport, error);
    if (status == STATUS_OK)
        *result = agent;
    else
        agent_free(agent);
    return status;
}

enum status agent_open_ssh(struct loop *loop, struct ssh_gate *gate, const struct ssh_target *target, const char *base,
    const char *prologue, const struct agent_events *events, struct agent **result, struct error *error)
{
    struct agent *agent = new_agent(loop, base, events);
    const struct transport_events transport_events = {call_opened, call_received, call_closed, agent};
    agent->prologue = memory_copy_text(prologue);
    agent->is_remote = true;
    enum status status = transport_open_ssh(
        loop, gate, target, &transport_events, events->asked ? call_asked : NULL, &agent->transport, error);
    if (status == STATUS_OK)
        *result = agent;
    else
        agent_free(agent);
    return status;
}

void agent_answer(struct agent *agent, const char *text)
{
    if (agent->state == AGENT_CONNECTING)
        transport_answer(agent->transport, text);
}

const char *agent_description(const struct agent *agent)
{
    return transport_description(agent->transport);
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
    *requests = agent->requests;
    *round_trip = agent->round_trip;
    transport_traffic(agent->transport, sent, received);
}

size_t agent_pending(const struct agent *agent)
{
    size_t pending = 0;
    for (const struct request *request = agent->first; request; request = request->next)
        pending += !request->finished && request->operations != &handshake_operations;
    return pending;
}

void agent_close(struct agent *agent)
{
    agent->closing = true;
    frame_parser_stop(&agent->parser);
    transport_close(agent->transport);
}

void agent_free(struct agent *agent)
{
    if (!agent || agent->freed)
        return;
    struct error error;
    error_set(&error, STATUS_CANCELLED, "the connection was closed");
    enter(agent);
    agent->freed = true;
    agent->state = AGENT_CLOSED;
    frame_parser_stop(&agent->parser);
    transport_free(agent->transport);
    loop_timer_free(agent->timer);
    loop_timer_free(agent->pulse);
    agent->timer = agent->pulse = NULL;
    finish_all(agent, &error);
    errand_end_all(agent, &error);
    leave(agent);
}

void agent_text_init(struct text *text)
{
    text_init(text, TRANSPORT_QUEUE_LIMIT);
}

void agent_append_request(const struct agent *agent, struct text *text, const char *function)
{
    text_append_format(text, "dagtop_request %llu dagtop_%s", (unsigned long long)agent->next_id, function);
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

/* Sends a text, or keeps it until the agent is ready. */
static enum status send_text(struct agent *agent, const struct text *text)
{
    if (agent->state == AGENT_CLOSED || agent->closing || agent->reason.status != STATUS_OK)
        return STATUS_DISCONNECTED;
    if (text->overflowed)
        return STATUS_TOO_LARGE;
    if (agent->state == AGENT_READY)
        return transport_write(agent->transport, text->data, text->length);
    if (agent->waiting.limit - agent->waiting.length < text->length)
        return STATUS_TOO_LARGE;
    return text_append(&agent->waiting, text->data, text->length);
}

enum status agent_submit(
    struct agent *agent, struct request *request, struct text *text, int64_t limit, struct error *error)
{
    text_append_byte(text, '\n');
    enum status status = send_text(agent, text);
    text_release(text);
    if (status != STATUS_OK) {
        free_request(request);
        return error_set(error, status, "the request was not sent: %s", status_text(status));
    }
    add_request(agent, request, limit);
    if (agent->state == AGENT_READY)
        mark_sent(agent, request);
    set_timer(agent);
    return STATUS_OK;
}

bool agent_is_freed(const struct agent *agent)
{
    return agent->freed;
}

struct errand **agent_errands(struct agent *agent)
{
    return &agent->errands;
}

struct loop *agent_loop(struct agent *agent)
{
    return agent->loop;
}

unsigned agent_next_errand(struct agent *agent)
{
    return ++agent->errand_count;
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
    agent->limit_divisor = divisor;
}
