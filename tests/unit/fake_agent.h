/* SPDX-License-Identifier: Apache-2.0 */
/* An agent without a shell, in place of src/agent: a host in memory that the test can look into and disturb. */
#ifndef DAGTOP_TESTS_FAKE_AGENT_H
#define DAGTOP_TESTS_FAKE_AGENT_H

#include "dagtop/agent/agent.h"

enum { FAKE_NODES = 128 };

struct fake_host {
    struct observation records[FAKE_NODES]; /* what is on the host */
    unsigned runs[FAKE_NODES];              /* how often each script ran */
    int exit_codes[FAKE_NODES];
    char devices[FAKE_NODES][16];        /* given to each node's last attempt */
    bool keeps_running;                  /* started scripts do not end by themselves */
    bool nothing_new;                    /* is what looks find */
    const char *refuses_starts;          /* words, or NULL */
    unsigned jobs_of_others;             /* that run there too */
    bool refuses_connection, loses_next; /* loses_next: the next answer is a lost connection */
    bool no_hard_links;
    const char *password; /* that hosts over ssh ask for, or NULL */
    unsigned logins;      /* answers that were given */
    char owner_node_set[32], owner_machine[64];
    char driver_machine[64];
    int64_t driver_process;
    wall_time driver_heartbeat;
    const char *errand_output; /* what commands print; NULL: there is no such command */
    char last_errand[4096];
    unsigned errands;
    unsigned arrays; /* submitted, */
    size_t tasks;    /* with so many tasks together */
    unsigned scans, polls, start_requests, connections;
    char log[8192]; /* what was asked that acts, "start n1 1;hold n2;" */
    struct agent *agents[8];
};

/* The host that all agents of this program speak to. */
extern struct fake_host fake_host;

/* Forgets everything; call it before and after each test. */
void fake_host_reset(void);

/* Ends all streams, as if the connection had broken. */
void fake_host_disconnect(void);

#endif
