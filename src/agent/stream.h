/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One shell on a host and the agents that share it: what they ask goes out in one queue and is answered in that order.
 *
 * A stream lives as long as one of its agents does. Whatever may call back stands between stream_enter and
 * stream_leave: what is freed meanwhile stays until the outermost end.
 */
#ifndef DAGTOP_STREAM_H
#define DAGTOP_STREAM_H

#include "agent_private.h"
#include "frame.h"
#include "watch_list.h"

struct agent {
    struct stream *stream;
    struct agent *next; /* of the same stream */
    struct agent_events events;
    enum agent_state state;
    struct agent_facts facts;
    char *base;
    unsigned group; /* of the nodes that it watches */
    struct watch_list watches;
    struct errand *errands; /* under way */
    wall_time driver_since;
    struct loop_hook *hook; /* tells it in a turn of its own */
    uint64_t round;         /* of the stream, in which it was told last */
    bool closing;           /* agent_close was called */
    bool is_told;           /* that it is closed */
    bool freed;
};

struct stream {
    struct loop *loop;
    struct transport *transport;
    enum agent_state state;
    struct frame_parser parser;
    char token[RANDOM_TOKEN_LENGTH + 1];
    char *base, *prologue;         /* of the agent that opened it */
    struct agent_facts facts;      /* of that base; valid once ready */
    struct agent *agents;          /* that share it */
    struct agent *left;            /* freed, and perhaps still on the stack */
    unsigned groups;               /* of watched nodes, one an agent so far */
    bool has_looked;               /* a look was asked for */
    uint64_t round;                /* of telling all agents something */
    unsigned errands;              /* of all so far */
    struct agent_pool *pool;       /* where others find it, or NULL; it is found by */
    char *key;                     /* this, */
    struct stream *next;           /* among those */
    struct loop_timer *timer;      /* for the next deadline */
    struct request *first, **last; /* without a whole answer yet, in their order */
    struct request *ended;         /* to be freed when nobody uses them any more */
    struct text waiting;           /* what is sent once ready */
    uint64_t next_id, requests;
    int64_t round_trip, last_deadline;
    int64_t limit_divisor;
    bool is_remote;
    int64_t slowest;          /* of the last answers, falling slowly; remote only */
    int64_t last_received;    /* when bytes came */
    struct loop_timer *pulse; /* remote: for the next ping */
    struct ssh_question question;
    char *question_text; /* of question; NULL: none waits for its answer */
    struct error reason; /* why it was given up; status OK: it was not */
    bool closing;        /* it was asked to */
    bool freed;
    unsigned depth; /* callbacks that are under way */
};

/* A stream without a transport yet; its greeting is the first in its queue. */
struct stream *stream_new(struct loop *loop, const char *base, const char *prologue, bool is_remote);

/* Opens its way. Where that fails the caller frees its agent. */
enum status stream_open_local(struct stream *stream, const char *shell, struct error *error) MUST_CHECK;
enum status stream_open_ssh(struct stream *stream, struct ssh_gate *gate, const struct ssh_target *target, bool can_ask,
    struct error *error) MUST_CHECK;

void stream_enter(struct stream *stream);
void stream_leave(struct stream *stream);

/* Sends a text, or keeps it until the stream is ready. */
enum status stream_send(struct stream *stream, const struct text *text) MUST_CHECK;

/* Adds the request whose text was sent just now. */
void stream_add_request(struct stream *stream, struct request *request, int64_t limit);

/* Tells the callers of an agent's requests; their answers are read, in their places, and thrown away. */
void stream_end_requests(struct stream *stream, const struct agent *agent, const struct error *result);

/* Whether more than one agent uses it. */
bool stream_is_shared(const struct stream *stream);

/* Closes it: its agents are told later. */
void stream_close(struct stream *stream);

/* Takes an agent off; with the last one the stream ends. */
void stream_remove(struct stream *stream, struct agent *agent);

/* Of agent.c: the stream is ready, asks, has closed. */
void agent_stream_ready(struct agent *agent);
void agent_stream_asked(struct agent *agent, const struct ssh_question *question);
void agent_stream_closed(struct agent *agent, const struct error *reason);

/* Of agent_pool.c: the stream of a host, NULL: there is none yet; a new one, for others to join; no more. */
struct stream *agent_pool_find(struct agent_pool *pool, const struct ssh_target *target, const char *prologue);
void agent_pool_add(struct agent_pool *pool, struct stream *stream, const struct ssh_target *target);
void agent_pool_forget(struct stream *stream);
/* A stream is ready: tells those who listen. */
void agent_pool_tell(const struct stream *stream);
struct loop *agent_pool_loop(struct agent_pool *pool);
struct ssh_gate *agent_pool_gate(struct agent_pool *pool);

#endif
