/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host has said of a node: the records of its run directory (docs/attempts.md), its report, and when it was
 * seen. Nothing here is derived; model/derive.h turns it into a state.
 */
#ifndef DAGTOP_MODEL_OBSERVATION_H
#define DAGTOP_MODEL_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dagtop/base/clock.h"
#include "dagtop/model/status_line.h"

/* Milliseconds to which times of two clocks can be compared. */
enum { CLOCK_TOLERANCE = 5000 };

/* What the record `go` says. */
enum attempt_decision { DECISION_NONE, DECISION_RUN, DECISION_VOID, DECISION_CANCELLED };

/* One attempt, as far as its records are known; strings are owned and NULL where not known, times 0. */
struct attempt {
    unsigned number; /* 1, 2, ... */
    char *nonce, *kind, *checksum,
        *parents; /* request; parents: "name=attempt" joined by blanks, names percent-encoded */
    char *who, *from, *command;
    enum attempt_decision decision;
    char *machine, *jobid;
    char *facts;      /* what it ran on: lines "kernel=6.1.0", where that was asked for */
    char *tasks;      /* of a job array: only these run in this attempt ("3-6,9"); NULL: all */
    char *unfinished; /* other tasks of it that had not ended well before; NULL: none */
    char *refusal;    /* why the batch system took no job, in its own words; the attempt is void then */
    int64_t pid;      /* process-group leader; 0 where not known */
    bool gone;        /* its machine says that the process is gone */
    bool elsewhere;   /* the agent that answered is not on the machine of the process */
    bool cancelled;   /* a user asked */
    bool exited;      /* an exit record exists */
    bool lost;        /* a lost record exists */
    bool handed_over; /* its job was submitted to wait for those of its parents */
    bool requeued;    /* its job is that of an attempt before, which had ended */
    int exit_code;    /* 0 to 255, where exited and signal is 0 */
    int signal;       /* 0: none */
    char *cause;      /* "TIMEOUT" and the like from the exit record, or NULL */
    wall_time requested, started, ended, heartbeat;
};

/* One task of a job array. */
struct batch_task {
    char *task;     /* "7"; or "3-6" for tasks that wait together */
    char *state;    /* the scheduler's own word */
    int exit_code;  /* negative: not told */
    unsigned count; /* how many tasks it stands for */
};

/* What the batch system said of the newest attempt's job. */
struct batch_observation {
    bool known;
    char *job;    /* of which job, or NULL */
    char *state;  /* the scheduler's own word; of an array, the word that stands for all its tasks */
    char *reason; /* in its words, or NULL; of an array, how many of its tasks are in which state */
    bool settled; /* it has nothing more to say of how the job ended */
    wall_time observed;
    struct attributes details; /* for people: "partition", "expected start", "time limit"... */
    struct batch_task *tasks;
    size_t task_count, task_capacity;
};

struct observation {
    bool known;         /* the host has answered for this node at least once */
    bool from_cache;    /* not from the host yet, but remembered from an earlier time */
    wall_time observed; /* when the host last answered for it */
    unsigned wanted;    /* lowest attempt number that counts as done */
    bool held, skipped;
    struct attempt *attempts; /* ascending by number; void ones included; perhaps only the newest few */
    size_t attempt_count, attempt_capacity;
    struct batch_observation batch;
    struct report report;
    int64_t log_size;           /* bytes; negative: no log */
    bool log_truncated_history; /* only the last 16 MiB of the log were searched */
    char *trouble;              /* why the last request about this node failed, or NULL */
};

void observation_init(struct observation *observation);
void observation_release(struct observation *observation);
void observation_copy(struct observation *target, const struct observation *source);

/* The batch observation alone; release leaves it empty. */
void batch_observation_release(struct batch_observation *batch);
void batch_observation_copy(struct batch_observation *target, const struct batch_observation *source);

/* The attempt with that number, made when missing (attempts stay sorted). Borrowed until the next call. */
struct attempt *observation_attempt(struct observation *observation, unsigned number);

/* The newest attempt that is not void, or NULL. */
const struct attempt *observation_newest(const struct observation *observation);

void attempt_release(struct attempt *attempt);

/* Sets what an attempt ran on, a key for each fact: "kernel", "slurm", "gpu"... */
void attempt_read_facts(const struct attempt *attempt, struct attributes *facts);

#endif
