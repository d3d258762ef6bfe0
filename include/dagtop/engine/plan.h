/* SPDX-License-Identifier: Apache-2.0 */
/* What an action would do, told before it is done: shown by the dashboard, printed by --dry-run. */
#ifndef DAGTOP_ENGINE_PLAN_H
#define DAGTOP_ENGINE_PLAN_H

#include "dagtop/model/derive.h"

enum action {
    ACTION_START,    /* ready nodes (others with PLAN_FORCE) get an attempt */
    ACTION_CANCEL,   /* live nodes are cancelled */
    ACTION_RESUBMIT, /* ended nodes get a new attempt; with PLAN_DOWNSTREAM all that follows is wanted again */
    ACTION_HOLD,
    ACTION_RELEASE, /* also takes a skip back */
    ACTION_SKIP,
    ACTION_CLEAN, /* run directories of ended nodes are moved aside */
    ACTION_CHANGE /* settings of jobs that wait in a batch queue become others */
};

enum plan_flags {
    PLAN_DOWNSTREAM = 1 << 0, /* the nodes and all that follow */
    PLAN_UPSTREAM = 1 << 1,   /* the nodes and all before them */
    PLAN_FAILED = 1 << 2,     /* only failed and lost ones among them */
    PLAN_FORCE = 1 << 3,      /* though parents are not done */
    PLAN_REQUEUE = 1 << 4     /* resubmit: batch jobs are put into the queue again: live ones within the same attempt */
};

/* What an action is to do to batch jobs beyond its word. */
struct job_wish {
    const struct attributes *changes; /* ACTION_CHANGE: settings ("time") and their new values; else NULL */
    const char *signal;               /* ACTION_CANCEL: send it to the job's script instead ("USR1"); else NULL */
    const char *tasks;                /* of job arrays: only these ("3-6,9"); NULL: all of the job */
};

struct plan_row {
    size_t node;
    enum node_state state; /* now */
    unsigned attempt;      /* that will be made or cancelled; 0: none */
    char *tasks;           /* of a job array that it is about alone; NULL: all */
    char *unfinished;      /* other tasks that had not ended well before; NULL: none */
    char *requeues;        /* the job, which has ended, that is to run again for this attempt; NULL: none */
    bool want_only;        /* only written down as wanted: runs when its parents are done and somebody drives */
    char *what;            /* "start attempt 2", "cancel attempt 1 (TERM, KILL after 10 s)", "nothing: it is done" */
    char *command;         /* what runs on the host, quoted as a shell would need it; NULL: nothing */
    const char *host;      /* borrowed from the workflow */
    bool does_nothing;
    bool is_job_command; /* command is one of its batch system's about its job, and all that is done */
};

struct plan {
    enum action action;
    unsigned flags;
    struct plan_row *rows; /* in topological order */
    size_t count, capacity;
    size_t effective; /* rows that do something */
};

/* The word of an action on the command line and back; false where there is no such word. */
const char *action_word(enum action action);
bool action_from_word(const char *word, enum action *action);

void plan_free(struct plan *plan);

#endif
