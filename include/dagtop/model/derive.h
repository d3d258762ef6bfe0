/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From observations to states (dagtop(1)): pure, one function for a node, one for the graph. Never stored beside its
 * evidence; no clock is read.
 */
#ifndef DAGTOP_MODEL_DERIVE_H
#define DAGTOP_MODEL_DERIVE_H

#include "dagtop/model/observation.h"
#include "dagtop/model/state.h"
#include "dagtop/model/workflow.h"

/* What is true of a node now. Strings are owned by the view. */
struct node_view {
    enum node_state state;
    bool outdated, stale, from_cache, known;
    double progress;               /* 0 to 100; negative: not known */
    unsigned attempt;              /* number of the attempt that state speaks of; 0: none */
    const struct attempt *current; /* that attempt, borrowed from the observation; NULL: none */
    wall_time submitted, started, ended, observed;
    int exit_code;      /* negative: none */
    int signal;         /* 0: none */
    char *reason;       /* the cause in words ("exit 3", "signal 9 (KILL)", "on login2"), or NULL */
    size_t *blocked_by; /* ancestors that failed, were cancelled, lost or held and keep it waiting; nearest first */
    size_t blocked_by_count;
};

/* How a workflow stands. */
enum workflow_state { WORKFLOW_READY, WORKFLOW_RUNNING, WORKFLOW_FAILED, WORKFLOW_DONE };

/* The settings that a derivation needs besides the evidence. */
struct derive_options {
    wall_time now;
    int64_t stale_after;       /* milliseconds without an observation that make a live node stale; 0: never */
    int64_t queue_stale_after; /* the same for nodes that wait in a batch queue */
    bool driving;              /* a driver may start what is ready */
};

void node_view_init(struct node_view *view);
void node_view_release(struct node_view *view);

/*
 * The state that a node's own records give, parents apart: live, skipped, ended, held, or ready where nothing is known.
 * current (may be NULL) gets the attempt that decides.
 */
enum node_state derive_own_state(
    const struct node *node, const struct observation *observation, const struct attempt **current);

/*
 * All views of a workflow (node_count of each): own states, then milestones, waiting and blocked, outdated and stale.
 * checksums[i] (may be NULL, or hold NULLs) is what would run now, to compare with what ran. views must be initialised;
 * they are overwritten. blocked_by_count is exact, blocked_by lists at most 16.
 */
void derive_views(const struct workflow *workflow, const struct observation *observations, const char *const *checksums,
    const struct derive_options *options, struct node_view *views);

/* What a scheduler's word for a job's state ("PENDING", "CANCELLED by 1000", "RUN") means. */
enum batch_phase {
    BATCH_PHASE_UNKNOWN,
    BATCH_PHASE_QUEUED,
    BATCH_PHASE_HELD,
    BATCH_PHASE_RUNNING,
    BATCH_PHASE_DONE,
    BATCH_PHASE_FAILED,
    BATCH_PHASE_CANCELLED
};
enum batch_phase derive_batch_phase(const char *word);

/* Counts by state; counts has STATE_COUNT places. */
void derive_counts(const struct node_view *views, size_t count, size_t *counts);

/* The workflow's own state. can_start: a driver is on and something may still start. */
enum workflow_state derive_workflow_state(const struct node_view *views, size_t count, bool can_start);
const char *workflow_state_word(enum workflow_state state);

#endif
