/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the client's side share: how a request is built, sent and answered.
 *
 * A kind of request is a struct that begins with struct request, and a table of operations. It is made with memory_new,
 * its text written with the functions below, and handed to agent_submit, which owns it from then on.
 */
#ifndef DAGTOP_AGENT_PRIVATE_H
#define DAGTOP_AGENT_PRIVATE_H

#include "dagtop/agent/agent.h"
#include "dagtop/base/text.h"

struct request;

struct request_operations {
    /* A record of the answer, not called any more once finish was. NULL: its value says why it was refused, if it was.
     */
    void (*record)(struct request *request, const char *key, const char *field, const char *value);
    /* A piece of a data block; NULL: none is expected. */
    void (*data)(struct request *request, const char *bytes, size_t length);
    /* Tells the caller how it ended. Called once. */
    void (*finish)(struct request *request, const struct error *result);
    /* Frees what is in it; NULL: nothing. */
    void (*release)(struct request *request);
};

struct request {
    const struct request_operations *operations;
    struct agent *agent;
    struct request *next; /* asked later */
    uint64_t id;
    int64_t limit, sent, deadline; /* milliseconds of the loop's clock */
    bool is_sent;
    bool waits;    /* the host answers late on purpose: that is no round trip */
    bool finished; /* the caller has been told */
    char *refusal; /* the host's words, or NULL */
};

/* Frees a request that was not sent, or that nobody uses any more. */
void request_free(struct request *request);

/*
 * Another agent on the stream of one that is there: the same connection, the same shell, whose answers stay apart.
 * Events as with agent_open_local.
 */
enum status agent_join(struct agent *other, const char *base, const struct agent_events *events, struct agent **agent,
    struct error *error) MUST_CHECK;

/* Where run directories are when nobody says otherwise. */
#define AGENT_BASE "~/experiment"

/* How long a request may take, in milliseconds. */
enum { LIMIT_HANDSHAKE = 20000, LIMIT_REQUEST = 10000, LIMIT_LONG = 60000 };

/* An empty text for requests, as large as the transport takes. */
void agent_text_init(struct text *text);

/* Appends "dagtop_request ID FUNCTION": the next request that is submitted is this one. */
void agent_append_request(const struct agent *agent, struct text *text, const char *function);

/* Appends the line that makes the nodes watched by this agent those of the next poll, where others share its stream. */
void agent_append_group(const struct agent *agent, struct text *text);

/* Appends a blank and a word, quoted. */
void agent_append_word(struct text *text, const char *word);

/* Appends a blank and a path of the host; "~/" at its beginning becomes the host's home. */
void agent_append_path(struct text *text, const char *path);

/* The base of a place, or the default. */
const char *agent_base(const struct agent_place *place);

/* Appends a place: its base and the name of its workflow. */
void agent_append_place(struct text *text, const struct agent_place *place);

/*
 * Sends a request, or keeps it until the agent is ready. text is released in any case; where it fails, so is the
 * request, and nothing calls back.
 */
enum status agent_submit(
    struct agent *agent, struct request *request, struct text *text, int64_t limit, struct error *error) MUST_CHECK;

/* Sends a request of which only the end matters. */
enum status agent_submit_action(
    struct agent *agent, struct text *text, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* What people read of a result: "the disk is full" of "no-space the disk is full". The caller frees it. */
char *agent_refusal(const char *value);

/* Divides all time limits of its stream: for tests that wait for one. */
void agent_hurry(struct agent *agent, int64_t divisor);

/* True once agent_free was called: whoever is in the middle of calling back stops. */
bool agent_is_freed(const struct agent *agent);

/* Since when this client has said that it drives; 0: it does not. */
wall_time *agent_driver_since(struct agent *agent);

/* To be called before each look: the first has the program that looks before it, where the host can run it. */
void agent_open_eyes(struct agent *agent, struct text *text);

/* The watches of this agent. */
struct watch_list *agent_watches(struct agent *agent);

#endif
