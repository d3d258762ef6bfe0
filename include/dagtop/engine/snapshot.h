/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine shows: everything that a screen or a command prints, read only, valid until the next turn of the
 * loop. */
#ifndef DAGTOP_ENGINE_SNAPSHOT_H
#define DAGTOP_ENGINE_SNAPSHOT_H

#include "dagtop/model/derive.h"
#include "dagtop/model/settings.h"

enum host_state { HOST_CONNECTING, HOST_NEEDS_LOGIN, HOST_READY, HOST_BACKING_OFF, HOST_REFUSED, HOST_AWAY };

struct host_view {
    const char *name;
    enum host_state state;
    const char *trouble; /* last error, or NULL */
    int64_t round_trip;  /* milliseconds, negative: none yet */
    int64_t retry_in;    /* milliseconds until the next attempt to connect; negative: none planned */
    unsigned requests_a_minute, live_nodes;
    uint64_t bytes_a_minute;
    const char *machine; /* uname -n, or NULL */
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
    wall_time oldest_live;                /* oldest observation among live nodes; 0: none live */
    const struct host_view *hosts;
    size_t host_count;
    double progress;     /* of the whole workflow, 0 to 100 */
    const char *message; /* newest message for a person ("node a failed: exit 3"), or NULL */
    uint64_t revision;   /* grows with every change */
};

#endif
