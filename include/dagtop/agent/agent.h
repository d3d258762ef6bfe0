/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent of one host: requests and answers over one transport (docs/agent.md has the wire format). Agents of several
 * workflows share the transport to a host behind ssh.
 *
 * Contract of every request: it fails at once and never calls back, or it calls back exactly once, later: with
 * STATUS_OK, with what the host refused (STATUS_REFUSED and its words), STATUS_TIMEOUT, STATUS_DISCONNECTED or
 * STATUS_CANCELLED (the agent was closed). Answers come in the order of the requests.
 */
#ifndef DAGTOP_AGENT_AGENT_H
#define DAGTOP_AGENT_AGENT_H

#include "dagtop/agent/request.h"
#include "dagtop/transport/transport.h"
#include "dagtop/transport/transport_ssh.h"

struct agent;

enum agent_state { AGENT_CONNECTING, AGENT_READY, AGENT_CLOSED };

/* What the handshake found out about a host. */
struct agent_facts {
    char machine[256]; /* uname -n */
    char boot[64];     /* boot id */
    char user[128], home[512];
    int64_t clock_difference; /* host minus client, milliseconds */
    unsigned processors;
    bool has_sbatch, has_setsid, has_perl, has_python;
    bool hard_links; /* as far as could be tried */
    bool unwritable; /* nothing could be written in the base folder */
};

struct agent_events {
    void (*ready)(void *argument);
    void (*closed)(void *argument, const struct error *reason); /* once; reason->status OK: asked for */
    ssh_ask_function *asked; /* a host asks, or withdraws its question; NULL: nobody can answer */
    void *argument;
};

/*
 * Starts an agent on this machine over a local shell (NULL: /bin/sh). base (NULL: "~/experiment") is where the run
 * directories will be: it is made when missing, and hard links are tried in it. Requests may be queued at once. The
 * events come after it has returned.
 */
enum status agent_open_local(struct loop *loop, const char *shell, const char *base, const struct agent_events *events,
    struct agent **agent, struct error *error) MUST_CHECK;

/* The shells that the agents of a program share: one a host. It outlives its agents. */
struct agent_pool;
struct agent_pool *agent_pool_new(struct loop *loop);
void agent_pool_free(struct agent_pool *pool);

/* Calls function whenever a connection of the pool is ready, until the listener is freed: who was refused may share it.
 */
struct agent_pool_listener;
struct agent_pool_listener *agent_pool_listen(struct agent_pool *pool, loop_function *function, void *argument);
void agent_pool_listener_free(struct agent_pool_listener *listener);

/* Whether there is a connection to a target that is ready: agent_open_ssh would share it. */
bool agent_pool_leads_to(struct agent_pool *pool, const struct ssh_target *target, const char *prologue);

/*
 * Starts an agent on another host through ssh: prologue (NULL: none) is a command line that its shell runs first. Where
 * an agent of the pool has a connection to that target, or is making one, it is shared. The reason of `closed` is that
 * of transport_ssh.h; all agents of a connection are told.
 */
enum status agent_open_ssh(struct agent_pool *pool, const struct ssh_target *target, const char *base,
    const char *prologue, const struct agent_events *events, struct agent **agent, struct error *error) MUST_CHECK;

/* As agent_open_local, with one shell for all agents of the pool that are opened so. */
enum status agent_open_here(struct agent_pool *pool, const char *shell, const char *base,
    const struct agent_events *events, struct agent **agent, struct error *error) MUST_CHECK;

/* Answers the question that waits; NULL cancels it. */
void agent_answer(struct agent *agent, const char *text);

/* Which way leads to the host: "local", or as transport_description. */
const char *agent_description(const struct agent *agent);

/* How far the agent has come. */
enum agent_state agent_state(const struct agent *agent);

/* Valid once ready. */
const struct agent_facts *agent_facts(const struct agent *agent);

/* How far off the host's clock is, in milliseconds: what is taken off the times in its records. What was measured is
 * right to a second or two, so less than CLOCK_TOLERANCE counts as none. */
int64_t agent_clock_difference(const struct agent *agent);

/* Whether another agent uses its connection too: what waits on the host would hold that one up. */
bool agent_is_shared(const struct agent *agent);

/* Of its connection: requests sent, bytes out and in, round trip time of the last answer in milliseconds (negative:
 * none yet). */
void agent_traffic(
    const struct agent *agent, uint64_t *requests, uint64_t *sent, uint64_t *received, int64_t *round_trip);

/* Requests without an answer yet. */
size_t agent_pending(const struct agent *agent);

/*
 * Closes it, and the connection unless others share it; pending requests are answered with STATUS_CANCELLED, then
 * `closed` comes.
 */
void agent_close(struct agent *agent);

/*
 * Frees it, closing first when needed. Pending requests are answered with STATUS_CANCELLED before it returns; `closed`
 * is not called, and after it nothing is.
 */
void agent_free(struct agent *agent);

#endif
