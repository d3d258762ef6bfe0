/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine shows: everything that a screen or a command prints, read only, valid until the next turn of the
 * loop. */
#ifndef DAGTOP_ENGINE_SNAPSHOT_H
#define DAGTOP_ENGINE_SNAPSHOT_H

#include "dagtop/model/derive.h"
#include "dagtop/model/settings.h"

struct agent_facts;

enum host_state {
    HOST_CONNECTING,
    HOST_NEEDS_LOGIN, /* a question waits, or waited in vain: engine_answer, engine_login */
    HOST_READY,
    HOST_BACKING_OFF,
    HOST_REFUSED, /* login or host key: only engine_login tries again */
    HOST_AWAY
};

/* What a host asks while somebody logs in (transport/transport_ssh.h). Text without control characters but newlines. */
enum host_question_kind { HOST_QUESTION_SECRET, HOST_QUESTION_OPEN, HOST_QUESTION_YES_NO, HOST_QUESTION_NOTICE };
struct host_question {
    const char *text;
    enum host_question_kind kind;
    uint64_t number; /* another number: another question */
};

struct host_view {
    const char *name;
    enum host_state state;
    const char *trouble; /* last error, or NULL */
    int64_t round_trip;  /* milliseconds, negative: none yet */
    int64_t retry_in;    /* milliseconds until the next attempt to connect; negative: none planned */
    unsigned requests_a_minute, live_nodes;
    unsigned queue_calls_a_minute; /* commands of batch systems, but for submissions */
    const char *queue_calls;       /* the same for each cluster: "Slurm 4/m, Slurm two 2/m"; NULL: it has no queue */
    uint64_t bytes_a_minute;
    const char *machine;                  /* uname -n, or NULL */
    const char *way;                      /* "local", "libssh", "openssh, because ProxyJump is set"; NULL: not known */
    const char *user;                     /* that the workflow or the config file names, or NULL */
    const struct agent_facts *facts;      /* of the handshake (agent/agent.h); NULL unless ready */
    const struct host_question *question; /* waits for engine_answer; NULL: none */
};

enum driver_kind { DRIVER_NONE, DRIVER_SELF, DRIVER_OTHER };

struct snapshot {
    const struct workflow *workflow;
    const struct node_view *views;          /* node_count of them */
    const struct observation *observations; /* likewise */
    size_t counts[STATE_COUNT];
    size_t outdated, stale, blocked;
    enum workflow_state state;
    bool complete; /* every host has answered for every node at least once, or cannot */
    enum driver_kind driver;
    char driver_text[320]; /* "this dagtop", "login1, process 4711, since 12:03", or "" */
    bool read_only;
    wall_time now, first_start, last_end; /* 0: not known */
    wall_time end;                        /* last_end, when the workflow is done or has failed; 0 before */
    wall_time oldest_live;                /* oldest observation among live nodes; 0: none live */
    const struct host_view *hosts;
    size_t host_count;
    double progress;     /* of the whole workflow, 0 to 100 */
    const char *message; /* newest message for a person ("node a failed: exit 3"), or NULL */
    uint64_t revision;   /* grows with every change */
};

#endif
