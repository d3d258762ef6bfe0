/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked of a host, and how it is answered. Paths are the host's; a leading "~/" stands for its home.
 *
 * A workflow is named by base and workflow name, a node by its name; the agent keeps the watched nodes of a session by
 * number, as given here: the index of the node in the workflow. A workflow stays as it is until what was asked about it
 * is answered; all else that is given is copied.
 */
#ifndef DAGTOP_AGENT_REQUEST_H
#define DAGTOP_AGENT_REQUEST_H

#include "dagtop/base/status.h"
#include "dagtop/model/observation.h"
#include "dagtop/model/workflow.h"

struct agent;

/* Where a workflow's run directories are on one host. */
struct agent_place {
    const char *base;     /* "~/experiment" */
    const char *workflow; /* its name */
};

/* One thing that was asked has ended. */
typedef void agent_done_function(void *argument, const struct error *error);

/*
 * Observations arrive one node after the other while an answer is read; update is called for each node that changed,
 * with the fields that are new merged into the caller's observation of that node (find returns it, never NULL for an
 * index that was watched). done follows.
 */
struct agent_observer {
    struct observation *(*find)(void *argument, size_t node);
    void (*update)(void *argument, size_t node);
    agent_done_function *done;
    void *argument;
};

/* All records of the given nodes, once, whatever was sent before; the nodes are watched from then on (live ones by
 * poll). */
enum status agent_scan(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error) MUST_CHECK;

/* What has changed since the last answer for the given watched nodes: one request, one answer. */
enum status agent_poll(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, const struct agent_observer *observer, struct error *error) MUST_CHECK;

/*
 * As agent_poll, but the host answers only when something has changed, or after so many seconds (at most 99). Requests
 * that come later wait until then; where others share the connection, it answers at once.
 */
enum status agent_wait(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, unsigned seconds, const struct agent_observer *observer,
    struct error *error) MUST_CHECK;

struct agent_array;

/* How one attempt is to be made. */
struct agent_start {
    size_t node;
    unsigned attempt;       /* compare and set: made only when attempt - 1 is final */
    const char *checksum;   /* of what runs */
    const char *parents;    /* "name=attempt name=attempt", names percent-encoded */
    const char *who, *from; /* user and machine that ask */
    const char *gpus;       /* CUDA_VISIBLE_DEVICES, or NULL */
    const char *prologue;   /* a line of shell text that runs before the script, or NULL */
    const char *nonce;      /* 32 hex digits, of a task with ".NUMBER" behind; or NULL: made here */
    const char *system;     /* "slurm", "lsf": it is submitted, by the shell text in submit; NULL: launched there;
                               "array": as a task of array */
    const char *submit;     /* of a task: its number */
    const struct agent_array *array; /* the same for all starts of a call */
    bool handed_over;                /* the job waits for those of its parents */
    const char *requeues;            /* the job, which has ended, that submit runs again; NULL: a new one */
    const char *tasks, *unfinished;  /* as in struct attempt, or NULL */
};

/* Starts that are submitted together: one job whose tasks they are. */
struct agent_array {
    const char *nonce; /* 32 hex digits */
    const char *system;
    const char *submit; /* shell text, whose first argument names the tasks */
};

/* One answer a start: status OK, REFUSED (with the host's words: attempt exists, missing script...), BUSY (as many jobs
 * run there as may: ask again later) or a lost connection. */
typedef void agent_start_function(void *argument, size_t node, unsigned attempt, const struct error *error);

/* Stages and launches several attempts in one request; answered is called once for each. Those of an array, which may
 * be made in several calls, are not launched: agent_submit_array does it. Scripts are read from this machine. jobs: how
 * many of all that this user has running there, in any workflow, may run then; 0: no limit. */
enum status agent_start(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const struct agent_start *starts, size_t count, unsigned jobs, agent_start_function *answered, void *argument,
    struct error *error) MUST_CHECK;

/*
 * Submits an array whose tasks were made ready: those of the numbers below count whose starts went well. done tells
 * that it is being submitted; what became of it is told by a look.
 */
enum status agent_submit_array(struct agent *agent, const struct agent_place *place, const struct agent_array *array,
    size_t count, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* Cancels an attempt: TERM to its process group, KILL after grace milliseconds. */
enum status agent_cancel(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, int64_t grace, agent_done_function *done, void *argument,
    struct error *error) MUST_CHECK;

/*
 * A command that runs on the host apart from its agent, so that a scheduler which does not answer holds up nothing
 * else. Where share is given (letters, digits, '-', '_', '.'), one answer that is younger than age serves all sessions
 * of the user on that host.
 */
struct agent_errand {
    const char *text; /* for /bin/sh, in which every word is quoted */
    int64_t limit;    /* milliseconds after which it is ended */
    const char *share;
    int64_t age; /* milliseconds */
};

/* How it ended. Borrowed during the call. code: of the shell; errors: what it printed to standard error. */
struct agent_errand_answer {
    int code;
    wall_time began; /* by the host's clock */
    const char *output, *errors;
    size_t length; /* of output, which has no NUL behind it */
};
typedef void agent_errand_function(void *argument, const struct agent_errand_answer *answer, const struct error *error);
enum status agent_run_errand(struct agent *agent, const struct agent_errand *errand, agent_errand_function *answered,
    void *argument, struct error *error) MUST_CHECK;

/* Records the job of an attempt that was found in the queue by its nonce. */
enum status agent_adopt_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *nonce, const char *job, agent_done_function *done, void *argument,
    struct error *error) MUST_CHECK;

/*
 * Records how the job of an attempt ended whose wrapper could not: the scheduler's word ("NODE_FAIL") and the exit
 * code; NULL for a job of which the scheduler knows nothing any more.
 */
enum status agent_end_job(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *job, const char *word, int code, agent_done_function *done,
    void *argument, struct error *error) MUST_CHECK;

/* Claims `void` for an attempt that has had no decision for 60 seconds by the caller's own clock. */
enum status agent_void(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* A user's decisions about nodes. wanted: lowest attempt number that counts as done, given in attempts[i]. */
enum agent_mark { AGENT_HOLD, AGENT_RELEASE, AGENT_SKIP, AGENT_UNSKIP, AGENT_WANT };
enum status agent_mark(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    enum agent_mark mark, const size_t *nodes, const unsigned *attempts, size_t count, agent_done_function *done,
    void *argument, struct error *error) MUST_CHECK;

/* Bytes of a log. offset negative: from that many bytes before the end. */
struct agent_log {
    int64_t offset, size; /* where the bytes begin, and how long the log is now */
    const char *bytes;
    size_t length;
    unsigned attempt;
};
typedef void agent_log_function(void *argument, const struct agent_log *log, const struct error *error);
enum status agent_read_log(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *task, int64_t offset, size_t maximum, agent_log_function *answered,
    void *argument, struct error *error) MUST_CHECK;

/*
 * As agent_read_log, of another file of the run directory: path is below it ("out/metrics.csv", ".dagtop/2/script").
 * STATUS_REFUSED with the host's words where it is none, or where a link leads out of the run directory.
 */
enum status agent_read_file(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const char *path, int64_t offset, size_t maximum, agent_log_function *answered, void *argument,
    struct error *error) MUST_CHECK;

/* An entry of a run directory. */
enum agent_file_kind { AGENT_FILE_PLAIN, AGENT_FILE_DIRECTORY, AGENT_FILE_LINK };
struct agent_file {
    const char *path; /* from the run directory on, as agent_read_file takes it; it may hold anything but a newline */
    enum agent_file_kind kind;
    int64_t size;
    char changed[32];   /* when, in the host's words: "Nov 20 21:03" */
    const char *target; /* of a link, or NULL */
};

/* The entries of one directory of the run directory ("": itself, with the logs of an attempt's tasks), the newest
 * first. Borrowed during the call. more: how many older ones were left out. */
typedef void agent_files_function(
    void *argument, const struct agent_file *files, size_t count, size_t more, const struct error *error);
enum status agent_list_files(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, unsigned attempt, const char *directory, agent_files_function *answered, void *argument,
    struct error *error) MUST_CHECK;

/* All attempts of one node, with their records, into the observer's observation. */
enum status agent_list_attempts(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    size_t node, const struct agent_observer *observer, struct error *error) MUST_CHECK;

/* Who drives a workflow, and whose it is. Strings are valid during the call; "" where not known. */
struct agent_owner {
    const char *id, *file, *machine, *node_set; /* owner */
    const char *driver_machine;                 /* driver; "" when nobody drives */
    int64_t driver_process;
    wall_time driver_since, driver_heartbeat;
};
typedef void agent_owner_function(void *argument, const struct agent_owner *owner, const struct error *error);

/* Reads owner and driver. */
enum status agent_read_owner(struct agent *agent, const struct agent_place *place, agent_owner_function *answered,
    void *argument, struct error *error) MUST_CHECK;

/* Writes owner where there is none, or anew with adopt; STATUS_REFUSED where another set of nodes owns the name. */
enum status agent_claim_owner(struct agent *agent, const struct agent_place *place, const char *file,
    const char *node_set, bool adopt, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* Writes (or, with process 0, removes) the driver record. */
enum status agent_write_driver(struct agent *agent, const struct agent_place *place, const char *machine,
    int64_t process, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* Moves the run directories of the given nodes aside. */
enum status agent_clean(struct agent *agent, const struct agent_place *place, const struct workflow *workflow,
    const size_t *nodes, size_t count, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

/* Only an answer. */
enum status agent_ping(struct agent *agent, agent_done_function *done, void *argument, struct error *error) MUST_CHECK;

#endif
